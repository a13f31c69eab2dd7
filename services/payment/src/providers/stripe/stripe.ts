import Stripe from 'stripe'
import type { Logger } from '@tikitu/runtime/log'
import type { Json } from '../../payment-log/log.rules.ts'
import { INSTRUMENTS, paymentMethodOf } from '../instruments.ts'
import {
  ProviderRefused,
  WebhookForged,
  type Intent,
  type IntentRefund,
  type IntentRequest,
  type PaymentProvider,
  type ProviderEvent,
  type ProviderName,
  type SandboxProvider,
} from '../provider.ts'
import { toStripe } from './amount.ts'
import { callsTo, isUnanswered, overhear } from './calls.ts'
import { aboutOf, disputeOf, intentOf, isDeclined, listedIntentOf, METHOD_TYPES, refundOf } from './translate.ts'

/** An account at Stripe, or at the sandbox that speaks as Stripe does. */
export interface StripeAccount {
  readonly provider: ProviderName
  readonly secretKey: string
  /** What the account's webhooks to us are signed with. */
  readonly webhookSecret: string
  /** Where it is called; Stripe's own address unless said. */
  readonly origin?: string | undefined
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMilliseconds: number
  /** Where a payer comes back to from their bank. */
  readonly returnUrl: string
}

/** How many things Stripe lists at once at most. */
const PAGE_MAX = 100

/** A provider that speaks Stripe's protocol, through Stripe's own library. */
export function openStripe(account: StripeAccount, log: Logger): PaymentProvider & SandboxProvider {
  const { provider, timeoutMilliseconds: timeout, returnUrl: return_url } = account
  // Repetitions are ours, so that all of them are inside the breaker.
  const options = { timeout, maxNetworkRetries: 0, telemetry: false, emitEventBodies: true, ...whereIs(account.origin) }
  const stripe = new Stripe(account.secretKey, options)
  overhear(stripe)
  const { call } = callsTo(provider, (isOpen) =>
    log.warn({ provider }, isOpen ? 'the payment provider is given a rest' : 'the payment provider answers again'),
  )

  const retrieve = (ref: string) => call(() => stripe.paymentIntents.retrieve(ref, { expand: ['latest_charge'] }))

  /** Ends what the payer's bank has declined, so that it takes no money after we have said that it failed. */
  const settled = async (found: Stripe.PaymentIntent): Promise<Intent> =>
    intentOf(isDeclined(found) ? await unlessFinal(found.id, () => stripe.paymentIntents.cancel(found.id)) : found)

  /** Does something to an intent, or finds out how it stands when its state does not allow that. */
  const unlessFinal = async (
    ref: string,
    change: () => Promise<Stripe.PaymentIntent>,
  ): Promise<Stripe.PaymentIntent> => {
    try {
      return await call(change)
    } catch (error) {
      if (!isRefused(error) || error.code !== 'payment_intent_unexpected_state') throw error
      return retrieve(ref)
    }
  }

  return {
    instruments: INSTRUMENTS,

    async createIntent({ key, amount, currency, method, capture, paymentId, bookingId }: IntentRequest) {
      const wish = {
        amount: toStripe(amount, currency),
        currency: currency.toLowerCase(),
        payment_method_types: [...METHOD_TYPES[method]],
        capture_method: capture,
        metadata: { payment_id: paymentId, booking_id: bookingId, method },
      }
      try {
        return intentOf(await call(() => stripe.paymentIntents.create(wish, { idempotencyKey: key })))
      } catch (error) {
        if (!isRefused(error)) throw error
        throw new ProviderRefused(provider, error.code ?? error.param ?? 'invalid_request', { cause: error })
      }
    },

    fetchIntent: async (ref) => settled(await retrieve(ref)),

    async intentsSince(since, after) {
      const created = { gte: Math.floor(since.getTime() / 1_000) }
      const page = await call(() =>
        stripe.paymentIntents.list({
          created,
          limit: PAGE_MAX,
          ...(after === undefined ? {} : { starting_after: after }),
        }),
      )
      const intents = page.data.flatMap((found) => listedIntentOf(found) ?? [])
      return { intents, next: page.has_more ? page.data.at(-1)?.id : undefined }
    },

    async confirmIntent(ref, instrument, method = 'CARD') {
      const payment_method = paymentMethodOf(instrument, method)
      const confirm = () => stripe.paymentIntents.confirm(ref, { payment_method, return_url })
      return settled(
        await unlessFinal(ref, confirm).catch((error: unknown) => {
          // The bank said no; the intent says why.
          if (error instanceof Stripe.errors.StripeCardError) return retrieve(ref)
          throw error
        }),
      )
    },

    captureIntent: async (ref) => settled(await unlessFinal(ref, () => stripe.paymentIntents.capture(ref))),

    cancelIntent: async (ref) => settled(await unlessFinal(ref, () => stripe.paymentIntents.cancel(ref))),

    async refundIntent({ key, ref, amount, currency }): Promise<IntentRefund> {
      const wish = { payment_intent: ref, amount: toStripe(amount, currency), metadata: { key } }
      try {
        return refundOf(await call(() => stripe.refunds.create(wish, { idempotencyKey: key })))
      } catch (error) {
        if (!isRefused(error)) throw error
        // It has no name there, because nothing came of it.
        const tooLarge = error.param === 'amount' ? 'amount_too_large' : 'refused'
        return { ref: key, state: 'failed', failureCode: error.code ?? tooLarge }
      }
    },

    fetchRefund: async (ref) => refundOf(await call(() => stripe.refunds.retrieve(ref))),

    fetchDispute: async (ref) => disputeOf(await call(() => stripe.disputes.retrieve(ref))),

    async disputesSince(instant) {
      const found: Stripe.Dispute[] = []
      const created = { gte: Math.floor(instant.getTime() / 1_000) }
      for (let more = true; more;) {
        const last = found.at(-1)
        const after = last ? { starting_after: last.id } : {}
        const page = await call(() => stripe.disputes.list({ created, limit: PAGE_MAX, ...after }))
        found.push(...page.data)
        more = page.has_more && page.data.length > 0
      }
      return found.map(disputeOf)
    },

    readWebhook: async (bytes, signature) => readWebhook(stripe, account.webhookSecret, bytes, signature),
  }
}

function whereIs(origin: string | undefined): Pick<Stripe.StripeConfig, 'host' | 'port' | 'protocol'> {
  if (origin === undefined) return {}
  const { hostname, port, protocol } = new URL(origin)
  return { host: hostname, port, protocol: protocol === 'http:' ? 'http' : 'https' }
}

/** The provider says no, and would say so again. One that we have mixed up keys at is a mistake of ours. */
function isRefused(error: unknown): error is Stripe.errors.StripeInvalidRequestError {
  return error instanceof Stripe.errors.StripeInvalidRequestError && !isUnanswered(error)
}

function readWebhook(stripe: Stripe, secret: string, bytes: Uint8Array, signature: string): ProviderEvent {
  let event: Stripe.Event
  try {
    // Without a tolerance: how old it may be is for the database's clock to say.
    event = stripe.webhooks.constructEvent(Buffer.from(bytes), signature, secret, 0)
  } catch (error) {
    throw new WebhookForged({ cause: error })
  }
  const [, signedAt = '0'] = /(?:^|,)t=(\d+)/.exec(signature) ?? []
  return {
    id: event.id,
    type: event.type,
    about: aboutOf(event),
    signedAt: new Date(Number(signedAt) * 1_000),
    body: JSON.parse(Buffer.from(bytes).toString('utf8')) as Json,
  }
}
