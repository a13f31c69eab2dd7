import { fc } from '@tikitu/runtime/testing/properties'
import { expect, test } from 'vitest'
import { apportion, NO_FEES, quoteFor } from './price.rules.ts'

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)
const amounts = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 20 })

test('parts add up to the amount, and none is a unit away from its exact share', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), amounts, (amount, weights) => {
      const parts = apportion(amount, weights)
      expect(sum(parts)).toBe(amount)
      const all = sum(weights)
      if (all > 0)
        parts.forEach((part, at) => expect(Math.abs(part - (amount * (weights[at] ?? 0)) / all)).toBeLessThan(1))
      expect(parts.every((part) => part >= 0)).toBe(true)
    }),
  )
})

test('what is left goes to those that lost most by rounding, of equals to the first', () => {
  expect(apportion(100, [1, 1, 1])).toEqual([34, 33, 33])
  expect(apportion(10, [1, 8, 6])).toEqual([1, 5, 4])
  expect(apportion(7, [0, 0])).toEqual([7, 0])
  expect(apportion(0, [3, 4])).toEqual([0, 0])
  expect(apportion(5, [])).toEqual([])
})

test('lines, fees and taxes add up to the price to the cent', () => {
  const lines = fc.array(
    fc.record({ quantity: fc.integer({ min: 1, max: 50 }), unitPrice: fc.integer({ min: 0, max: 1_000_000 }) }),
    { minLength: 1, maxLength: 10 },
  )
  const terms = fc.record({
    feeBasisPoints: fc.integer({ min: 0, max: 10_000 }),
    feeFixedPerTicket: fc.integer({ min: 0, max: 10_000 }),
    taxBasisPoints: fc.integer({ min: 0, max: 10_000 }),
  })
  fc.assert(
    fc.property(lines, terms, (bought, added) => {
      const { lines: quoted, subtotal, fees, taxes, total } = quoteFor(bought, added)
      expect(sum(quoted.map((line) => line.fees))).toBe(fees)
      expect(sum(quoted.map((line) => line.taxes))).toBe(taxes)
      expect(sum(quoted.map((line) => line.quantity * line.unitPrice + line.fees + line.taxes))).toBe(total)
      expect(total).toBe(subtotal + fees + taxes)
      // Rounded once, whatever the number of lines: at most half a unit from the exact percentage each.
      const paid = sum(bought.map(({ quantity, unitPrice }) => (unitPrice > 0 ? quantity : 0)))
      const exact = (subtotal * added.feeBasisPoints) / 10_000 + paid * added.feeFixedPerTicket
      expect(Math.abs(fees - exact)).toBeLessThanOrEqual(0.5)
      expect(Math.abs(taxes - ((subtotal + fees) * added.taxBasisPoints) / 10_000)).toBeLessThanOrEqual(0.5)
    }),
  )
})

test('tickets that cost nothing have no fee, and without terms nothing is added', () => {
  const terms = { feeBasisPoints: 250, feeFixedPerTicket: 99, taxBasisPoints: 2_000 }
  expect(quoteFor([{ quantity: 4, unitPrice: 0 }], terms)).toMatchObject({ fees: 0, taxes: 0, total: 0 })
  const mixed = [
    { quantity: 1, unitPrice: 0 },
    { quantity: 2, unitPrice: 1_000 },
  ]
  expect(quoteFor(mixed, terms)).toMatchObject({
    lines: [
      { fees: 0, taxes: 0 },
      { fees: 248, taxes: 450 },
    ],
    total: 2_698,
  })
  expect(quoteFor(mixed, NO_FEES)).toMatchObject({ fees: 0, taxes: 0, total: 2_000 })
})
