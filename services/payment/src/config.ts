import { ConfigurationError, readServiceConfig, readVariables, type ServiceConfig } from '@tikitu/runtime/config'
import { z } from 'zod'

/** Who moves the money of new payments. */
const providerName = z.literal('sandbox', { error: 'expected sandbox, which moves no real money' })

/** What the payment service needs beside what every service does. */
export interface PaymentConfig extends ServiceConfig {
  /** Who moves the money of new payments: `PAYMENT_PROVIDER`. */
  readonly provider: z.infer<typeof providerName>
}

/**
 * Reads the settings. In production `PAYMENT_PROVIDER` must be said, so that nobody sells tickets for play money without
 * having decided to; elsewhere it is the sandbox unless said.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): PaymentConfig {
  const config = readServiceConfig('payment', env)
  const { PAYMENT_PROVIDER: provider } = readVariables({ PAYMENT_PROVIDER: providerName.optional() }, env)
  if (provider === undefined && config.environment === 'production') {
    throw new ConfigurationError([
      { variable: 'PAYMENT_PROVIDER', expected: 'is missing (expected sandbox, which moves no real money)' },
    ])
  }
  return { ...config, provider: provider ?? 'sandbox' }
}
