import { ConfigurationError } from '@tikitu/runtime/config'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const env = {
  DATABASE_URL_PAYMENT: 'postgres://tikitu_payment:secret@127.0.0.1:5432/payment_db',
  IDENTITY_SECRET: 'a secret that is only used in tests, 32+',
}

test('new payments go through the sandbox unless another provider is said', () => {
  expect(readConfig(env)).toMatchObject({ service: 'payment', port: 3003, provider: 'sandbox' })
})

test('in production the provider must be said', () => {
  expect(() => readConfig({ ...env, NODE_ENV: 'production' })).toThrow(/PAYMENT_PROVIDER: is missing/)
  expect(readConfig({ ...env, NODE_ENV: 'production', PAYMENT_PROVIDER: 'sandbox' })).toMatchObject({
    provider: 'sandbox',
  })
})

test('a provider that there is not is refused by name, and its value is not repeated', () => {
  const read = () => readConfig({ ...env, PAYMENT_PROVIDER: 'sk_live_1' })
  expect(read).toThrow(ConfigurationError)
  expect(read).toThrow(/PAYMENT_PROVIDER: expected sandbox/)
  expect(read).not.toThrow(/sk_live_1/)
})
