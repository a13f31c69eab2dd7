import { ConfigurationError, readServiceConfig, readVariables, type ServiceConfig } from '@tikitu/runtime/config'
import { z } from 'zod'
import { PROVIDER_NAMES, type ProviderName } from './providers/provider.ts'
import type { StripeAccount } from './providers/stripe/stripe.ts'

/** The port of the sandbox, counted from PORT_BASE. */
const SANDBOX_PORT = 14

const name = z.enum(PROVIDER_NAMES, { error: 'expected sandbox, which moves no real money, or stripe' })
const seconds = 'expected a whole number of milliseconds from 100 to 30000'

const variables = {
  PORT_BASE: z.coerce.number().default(3000),
  PAYMENT_PROVIDER: name.optional(),
  PAYMENT_CAPTURE: z.enum(['automatic', 'manual'], { error: 'expected automatic or manual' }).default('automatic'),
  PAYMENT_RETURN_URL: z.url({ protocol: /^https?$/, error: 'expected a web address' }).optional(),
  PAYMENT_TIMEOUT_MILLISECONDS: z.coerce
    .number({ error: seconds })
    .int(seconds)
    .min(100, seconds)
    .max(30_000, seconds)
    .default(5_000),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_\w+$/, 'expected a secret key of Stripe, sk_test_… or sk_live_…')
    .optional(),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\S+$/, 'expected the secret of the webhook endpoint, whsec_…')
    .optional(),
  SANDBOX_ORIGIN: z.url({ protocol: /^https?$/, error: 'expected an origin such as http://127.0.0.1:3014' }).optional(),
  SANDBOX_SECRET_KEY: z
    .string()
    .regex(/^sk_test_\S+$/, 'expected what the sandbox was started with, sk_test_…')
    .optional(),
  SANDBOX_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\S+$/, 'expected what the sandbox was started with, whsec_…')
    .optional(),
}

/** What the payment service needs beside what every service does. */
export interface PaymentConfig extends ServiceConfig {
  /** Who moves the money of new payments: `PAYMENT_PROVIDER`. */
  readonly provider: ProviderName
  /** Whether a buyer's money is taken as soon as their bank agrees, or held until we have looked again: `PAYMENT_CAPTURE`. */
  readonly capture: 'automatic' | 'manual'
  /** Our accounts. Payments that were begun elsewhere before are still looked after as long as their account is here. */
  readonly accounts: Readonly<Partial<Record<ProviderName, StripeAccount>>>
}

/**
 * Reads the settings. In production `PAYMENT_PROVIDER` must be said, so that nobody sells tickets for play money without
 * having decided to; elsewhere it is the sandbox unless said. The account of the provider must be complete.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): PaymentConfig {
  const config = readServiceConfig('payment', env)
  const read = readVariables(variables, env)
  const provider = read.PAYMENT_PROVIDER ?? (config.environment === 'production' ? undefined : 'sandbox')
  if (provider === undefined)
    throw missing('PAYMENT_PROVIDER', 'expected sandbox, which moves no real money, or stripe')

  const shared = {
    timeoutMilliseconds: read.PAYMENT_TIMEOUT_MILLISECONDS,
    returnUrl: read.PAYMENT_RETURN_URL ?? `http://127.0.0.1:${read.PORT_BASE}/`,
  }
  const account = (name: ProviderName, origin?: string): StripeAccount | undefined => {
    const [key, webhook] = [`${name.toUpperCase()}_SECRET_KEY`, `${name.toUpperCase()}_WEBHOOK_SECRET`] as const
    const given: Record<string, unknown> = read
    const [secretKey, webhookSecret] = [given[key], given[webhook]]
    if (typeof secretKey === 'string' && typeof webhookSecret === 'string') {
      return { provider: name, secretKey, webhookSecret, origin, ...shared }
    }
    if (name !== provider) return undefined
    throw missing(typeof secretKey === 'string' ? webhook : key, `expected because PAYMENT_PROVIDER is ${name}`)
  }
  const sandboxOrigin = read.SANDBOX_ORIGIN ?? `http://127.0.0.1:${read.PORT_BASE + SANDBOX_PORT}`
  const [sandbox, stripe] = [account('sandbox', sandboxOrigin), account('stripe')]
  const accounts = { ...(sandbox && { sandbox }), ...(stripe && { stripe }) }
  return { ...config, provider, capture: read.PAYMENT_CAPTURE, accounts }
}

function missing(variable: string, expected: string): ConfigurationError {
  return new ConfigurationError([{ variable, expected: `is missing (${expected})` }])
}
