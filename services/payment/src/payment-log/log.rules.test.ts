import { expect, test } from 'vitest'
import { CARD_REMOVED } from '@tikitu/runtime/card-number'
import { redact } from './log.rules.ts'

test('secrets are left out by name, at any depth', () => {
  const body = { ref: 'pi_1', clientSecret: 's', nested: [{ client_secret: 's', authorization: 's', cvc: '123' }] }
  expect(redact(body)).toEqual({
    ref: 'pi_1',
    clientSecret: '[redacted]',
    nested: [{ client_secret: '[redacted]', authorization: '[redacted]', cvc: '[redacted]' }],
  })
})

test('a card number is left out wherever it stands', () => {
  expect(redact({ note: 'card 4242 4242 4242 4242', list: ['5555555555554444'] })).toEqual({
    note: `card ${CARD_REMOVED}`,
    list: [CARD_REMOVED],
  })
})

test('everything else stays as it is', () => {
  const body = { key: 'pi:1', amount: 1200, currency: 'EUR', failureCode: null, ok: true }
  expect(redact(body)).toEqual(body)
})
