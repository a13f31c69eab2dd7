import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, it } from 'vitest'
import { currencyExponent, formatMoney, isCurrency, shareOf, sumMoney, timesMoney } from './money.ts'

const amount = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })

describe('money', () => {
  it('has as many decimals as its currency', () => {
    expect(['EUR', 'JPY', 'KWD'].map(currencyExponent)).toEqual([2, 0, 3])
    expect([isCurrency('EUR'), isCurrency('XYZ')]).toEqual([true, false])
  })

  it('is written in the reader’s language', () => {
    expect(formatMoney({ amount: 123_456, currency: 'EUR' })).toBe('€1,234.56')
    expect(formatMoney({ amount: 123_456, currency: 'JPY' })).toBe('¥123,456')
    expect(formatMoney({ amount: 123_456, currency: 'EUR' }, 'de').replaceAll(/\s/g, ' ')).toBe('1.234,56 €')
  })

  it('adds up within one currency, and never across two', () => {
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 20 }), (amounts) => {
        const sum = sumMoney(
          amounts.map((one) => ({ amount: one, currency: 'EUR' })),
          'EUR',
        )
        expect(sum).toEqual({ amount: amounts.reduce((left, right) => left + right, 0), currency: 'EUR' })
      }),
    )
    expect(() => sumMoney([{ amount: 1, currency: 'USD' }], 'EUR')).toThrow('cannot add USD to EUR')
  })

  it('does not lose a cent to a number that is too large', () => {
    const much = { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' }
    expect(() => sumMoney([much, much], 'EUR')).toThrow('out of range')
    expect(() => timesMoney(much, 2)).toThrow('out of range')
  })

  it('is shared so that a share and its opposite cancel, and the whole is the whole', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: 10_000 }), (whole, basisPoints) => {
        const share = shareOf(whole, basisPoints)
        expect(share + shareOf(-whole, basisPoints)).toBe(0)
        expect(Math.abs(share * 10_000 - whole * basisPoints)).toBeLessThanOrEqual(5_000)
      }),
    )
    expect([shareOf(1_000, 10_000), shareOf(1_000, 0), shareOf(5, 1_000), shareOf(-5, 1_000)]).toEqual([
      1_000, 0, 1, -1,
    ])
  })
})
