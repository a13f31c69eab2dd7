import type { Logger } from '@tikitu/runtime/log'
import type { PaymentConfig } from '../config.ts'
import { INSTRUMENTS } from './instruments.ts'
import type { Providers, SandboxProvider } from './provider.ts'
import { openStripe } from './stripe/stripe.ts'

/** Opens the providers at which there is an account. */
export function openProviders(
  { accounts: { sandbox, stripe } }: Pick<PaymentConfig, 'accounts'>,
  log: Logger,
): Providers {
  return {
    sandbox: sandbox ? openStripe(sandbox, log) : withoutAccount(),
    stripe: stripe && openStripe(stripe, log),
  }
}

/** Payments that were begun at the sandbox stand still while nobody says where it is. */
function withoutAccount(): SandboxProvider {
  const refuse = () => {
    throw new Error('there is no account at the sandbox: SANDBOX_SECRET_KEY and SANDBOX_WEBHOOK_SECRET are not set')
  }
  return {
    instruments: INSTRUMENTS,
    createIntent: refuse,
    fetchIntent: refuse,
    intentsSince: async () => ({ intents: [], next: undefined }),
    captureIntent: refuse,
    cancelIntent: refuse,
    confirmIntent: refuse,
    refundIntent: refuse,
    fetchRefund: refuse,
    fetchDispute: refuse,
    disputesSince: () => Promise.resolve([]),
    readWebhook: refuse,
  }
}
