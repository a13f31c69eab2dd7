import { ConfigurationError } from '@tikitu/runtime/config'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const env = {
  DATABASE_URL_PAYMENT: 'postgres://tikitu_payment:secret@127.0.0.1:5432/payment_db',
  IDENTITY_SECRET: 'a secret that is only used in tests, 32+',
  SANDBOX_SECRET_KEY: 'sk_test_sandbox',
  SANDBOX_WEBHOOK_SECRET: 'whsec_sandbox',
}
const stripe = { PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: 'sk_live_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' }

test('new payments go through the sandbox unless another provider is said', () => {
  expect(readConfig(env)).toMatchObject({
    service: 'payment',
    port: 3003,
    provider: 'sandbox',
    capture: 'automatic',
    accounts: {
      sandbox: { secretKey: 'sk_test_sandbox', origin: 'http://127.0.0.1:3014', timeoutMilliseconds: 5_000 },
    },
  })
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

test.each(['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'])('with stripe, %s must be said', (variable) => {
  const read = (value?: string) => () => readConfig({ ...env, ...stripe, [variable]: value })
  expect(read()).toThrow(`${variable}: is missing (expected because PAYMENT_PROVIDER is stripe)`)
  expect(read('secret 1')).toThrow(new RegExp(`${variable}: expected`))
  expect(read('secret 1')).not.toThrow(/secret 1/)
})

test.each(['SANDBOX_SECRET_KEY', 'SANDBOX_WEBHOOK_SECRET'])('with the sandbox, %s must be said', (variable) => {
  expect(() => readConfig({ ...env, [variable]: '' })).toThrow(`${variable}: is missing`)
})

test('payments of the other provider are looked after as long as its account is there', () => {
  expect(readConfig({ ...env, ...stripe }).accounts).toMatchObject({
    stripe: { secretKey: 'sk_live_1', webhookSecret: 'whsec_1', origin: undefined },
    sandbox: { secretKey: 'sk_test_sandbox' },
  })
  const { accounts } = readConfig({ ...env, ...stripe, SANDBOX_SECRET_KEY: '' })
  expect(Object.keys(accounts)).toEqual(['stripe'])
})
