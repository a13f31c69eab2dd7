import { fc } from '@tikitu/runtime/testing/properties'
import { expect, test } from 'vitest'
import { captureEntries, feeToReturn, refundOwedEntries, refundPaidEntries, type Entry } from './ledger.rules.ts'

const sum = (entries: readonly Entry[]) => entries.reduce((total, { amount }) => total + amount, 0)

test('the commission of a sale is the platform’s, the rest the partner’s', () => {
  expect(captureEntries(10_000, 500)).toEqual([
    { account: 'BUYER', amount: -10_000 },
    { account: 'PLATFORM_FEE', amount: 500 },
    { account: 'PARTNER_PAYABLE', amount: 9_500 },
  ])
})

test('a refund is owed by platform and partner, and then paid to the buyer', () => {
  expect(refundOwedEntries(4_000, 200)).toEqual([
    { account: 'PLATFORM_FEE', amount: -200 },
    { account: 'PARTNER_PAYABLE', amount: -3_800 },
    { account: 'REFUND', amount: 4_000 },
  ])
  expect(refundPaidEntries(4_000)).toEqual([
    { account: 'REFUND', amount: -4_000 },
    { account: 'BUYER', amount: 4_000 },
  ])
})

test('an account into which nothing flows is not mentioned', () => {
  expect(captureEntries(10_000, 0).map(({ account }) => account)).toEqual(['BUYER', 'PARTNER_PAYABLE'])
  expect(captureEntries(10_000, 10_000).map(({ account }) => account)).toEqual(['BUYER', 'PLATFORM_FEE'])
})

/** A sale, and a way to give all of it back in parts. */
const sales = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 9_000_000_000 })),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.array(fc.nat(), { maxLength: 20 }),
  )
  .map(([captured, share, cuts]) => {
    const places = [...new Set(cuts.map((cut) => 1 + (cut % captured)))].toSorted((left, right) => left - right)
    const ends = places.at(-1) === captured ? places : [...places, captured]
    return {
      captured,
      commission: Math.round(captured * share),
      parts: ends.map((end, index) => end - (ends[index - 1] ?? 0)),
    }
  })

test('however a sale is given back in parts, every posting balances and nothing is left anywhere', () => {
  fc.assert(
    fc.property(sales, ({ captured, commission, parts }) => {
      const entries = captureEntries(captured, commission)
      let refundReserved = 0
      for (const amount of parts) {
        const fee = feeToReturn({ captured, commission, returned: refundReserved }, amount)
        expect(fee).toBeGreaterThanOrEqual(0)
        expect(fee).toBeLessThanOrEqual(amount)
        const postings = [refundOwedEntries(amount, fee), refundPaidEntries(amount)]
        for (const posting of postings) expect(sum(posting)).toBe(0)
        entries.push(...postings.flat())
        refundReserved += amount
      }
      for (const balance of Map.groupBy(entries, ({ account }) => account).values()) expect(sum(balance)).toBe(0)
    }),
    { numRuns: 1_000 },
  )
})
