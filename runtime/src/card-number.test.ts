import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, test } from 'vitest'
import { CARD_REMOVED, hasCardNumber, withoutCardNumbers } from './card-number.ts'

/** Numbers that the networks publish for tests. */
const CARDS = {
  visa: '4242424242424242',
  'visa of 13 digits': '4222222222222',
  mastercard: '5555555555554444',
  'mastercard of the new range': '2223003122003222',
  amex: '378282246310005',
  discover: '6011111111111117',
  'diners club': '3056930009020004',
  jcb: '3566002020360505',
  unionpay: '6200000000000005',
}

describe.each(Object.entries(CARDS))('%s', (_network, number) => {
  test('is found however it is written', () => {
    const grouped = number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')
    for (const text of [number, grouped, grouped.replaceAll(' ', '-'), `pay with ${number}, please`, `key_${number}`]) {
      expect(hasCardNumber(text)).toBe(true)
      expect(withoutCardNumbers(text)).toContain(CARD_REMOVED)
      expect(withoutCardNumbers(text).replaceAll(/\D/g, '')).not.toContain(number)
    }
  })
})

test('a card number is found between other numbers', () => {
  expect(withoutCardNumbers('12 4242 4242 4242 4242 12/30 123')).toBe(`12 ${CARD_REMOVED} 12/30 123`)
  expect(withoutCardNumbers('4242424242424242 5555555555554444')).toBe(`${CARD_REMOVED} ${CARD_REMOVED}`)
})

test.each([
  ['an id', '01970000-4242-7242-8242-424242424242'],
  ['an id without dashes', '01970000424272428242424242424242'],
  ['an id after a word', 'checkout:01970000-4242-7242-8242-424242424242'],
  ['the time in milliseconds', 'pay-1732300000005'],
  ['a wrong check digit', '4242424242424241'],
  ['a phone number', '+442079460958'],
  ['an instrument', 'tok_insufficient_funds'],
  ['more digits than a card has', '42424242424242424242424242'],
])('%s is not taken for a card number', (_what, text) => {
  expect(withoutCardNumbers(text)).toBe(text)
})

test.each([...Object.values(CARDS), '1', '4', '01970000-4242-7242-8242-424242424242'])(
  'whoever sends %s again and again holds nobody up',
  (number) => {
    const text = `${number} `.repeat(256_000 / number.length)
    const startedAt = performance.now()
    withoutCardNumbers(text)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  },
)

test('no id is ever taken for a card number', () => {
  fc.assert(fc.property(fc.uuid(), (id) => withoutCardNumbers(id) === id))
})

test('what is cleaned is clean', () => {
  const piece = fc.oneof(fc.constantFrom(...Object.values(CARDS)), fc.string(), fc.stringMatching(/^\d{1,6}$/))
  fc.assert(
    fc.property(fc.array(piece), fc.constantFrom(' ', '-', 'x', ''), (pieces, glue) => {
      const cleaned = withoutCardNumbers(pieces.join(glue))
      return !hasCardNumber(cleaned)
    }),
  )
})
