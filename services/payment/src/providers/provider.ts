import type { Json } from '../payment-log/log.rules.ts'
import type { PaymentMethod } from '../payments/payment.rules.ts'

/** Who can move money. */
export const PROVIDER_NAMES = ['sandbox', 'stripe'] as const
/** One of them. */
export type ProviderName = (typeof PROVIDER_NAMES)[number]

/** A provider's truth about one attempt to pay. */
export interface Intent {
  /** The provider's name for it. */
  readonly ref: string
  /** Our name for it, as the provider was told; null when it was not begun by us. */
  readonly paymentId: string | null
  /** Lets the payer's client confirm it, and nobody else. */
  readonly clientSecret: string
  /** Minor units. */
  readonly amount: number
  /** ISO 4217. */
  readonly currency: string
  /**
   * `open` waits for its payer, `action` for what the payer's bank wants of them, `processing` for the bank, `authorized`
   * for us to take what the bank holds; these four may still take money, the other three are final. `succeeded`: the whole
   * amount was taken.
   */
  readonly state: 'open' | 'action' | 'processing' | 'authorized' | 'succeeded' | 'failed' | 'cancelled'
  /** Where the payer has to go; null unless the state is `action`. */
  readonly actionUrl: string | null
  /** Why it failed, in the provider's words; null unless it did. */
  readonly failureCode: string | null
  /** How much of it was given back, in minor units; absent when the answer does not say. Refunds only, no disputes. */
  readonly refunded?: number
}

/** A provider's truth about one attempt to give money back. */
export interface IntentRefund {
  /** The provider's name for it. */
  readonly ref: string
  /** `pending`: it is on its way, and may still fail; the other two are final. */
  readonly state: 'pending' | 'succeeded' | 'failed'
  /** Why it failed, in the provider's words; null unless it did. */
  readonly failureCode: string | null
}

/** A provider's truth about a payer's bank that wants the money of an attempt back. */
export interface IntentDispute {
  /** The provider's name for it. */
  readonly ref: string
  /** The attempt that it is about. */
  readonly intentRef: string
  /** What is wanted back, in minor units; no more than was taken. */
  readonly amount: number
  /** ISO 4217. */
  readonly currency: string
  /** Why, in the provider's words: `fraudulent`. */
  readonly reason: string
  /** `open`: the bank has not decided. `lost`: the money is gone. `won`: it is ours again. */
  readonly state: 'open' | 'won' | 'lost'
  /** Until when it can be answered; null when it no longer can. */
  readonly dueBy: Date | null
}

/** Everything that a provider is told to begin with. */
export interface IntentRequest {
  /** Names the attempt for ever. */
  readonly key: string
  /** Minor units. */
  readonly amount: number
  /** ISO 4217. */
  readonly currency: string
  /** How the payer pays. */
  readonly method: PaymentMethod
  /** Whether the money is taken as soon as the payer's bank agrees, or held until we say so. */
  readonly capture: 'automatic' | 'manual'
  /** Our name for the attempt, which the provider keeps beside its own. */
  readonly paymentId: string
  /** What it pays, which the provider keeps too. */
  readonly bookingId: string
}

/** An attempt as its provider lists it, with what we need to know it again if we had forgotten it. */
export interface ListedIntent {
  /** The provider's name for it. */
  readonly ref: string
  /** Our names for the attempt and for what it pays, as the provider was told. */
  readonly paymentId: string
  readonly bookingId: string
  /** Minor units. */
  readonly amount: number
  /** ISO 4217. */
  readonly currency: string
  readonly method: PaymentMethod
}

/** That something happened at the provider, by its word. Nothing but the names in it is believed; the rest is asked. */
export interface ProviderEvent {
  /** The provider's name for the event; the same in every delivery. */
  readonly id: string
  /** In the provider's words: `payment_intent.succeeded`. */
  readonly type: string
  /** What it is about; null when that is none of ours. */
  readonly about: { readonly kind: 'intent' | 'refund' | 'dispute'; readonly ref: string } | null
  /** When it was signed, by the provider's clock. */
  readonly signedAt: Date
  /** All of it, as it came. */
  readonly body: Json
}

/**
 * Whoever moves money for us. Called outside of transactions only. Every call may be repeated: it then answers how
 * things stand and does nothing a second time. Throws `ProviderUnavailable` when it cannot be known what was done.
 */
export interface PaymentProvider {
  /**
   * Opens an attempt. The same key with another amount is a mistake of ours and throws. Throws `ProviderRefused` when
   * the provider takes no such payment.
   */
  createIntent(request: IntentRequest): Promise<Intent>
  /** How it stands. */
  fetchIntent(ref: string): Promise<Intent>
  /**
   * The attempts of ours that were begun since an instant, the newest first, a page at a time; `after` is where the page
   * before ended, undefined the first. `next` is undefined on the last page.
   */
  intentsSince(
    since: Date,
    after?: string,
  ): Promise<{ readonly intents: readonly ListedIntent[]; readonly next: string | undefined }>
  /** Takes what the payer's bank holds, unless it is final already: read the answer's state. */
  captureIntent(ref: string): Promise<Intent>
  /** Ends it, unless it is final already, or the payer's bank is just deciding: read the answer's state. */
  cancelIntent(ref: string): Promise<Intent>
  /**
   * Gives back a part of what an attempt took, or all of it; never more. `key` names the refund for ever. Repeated, it
   * may answer in the words of the first time: what became of a pending one is asked of `fetchRefund`.
   */
  refundIntent(request: {
    readonly key: string
    readonly ref: string
    readonly amount: number
    readonly currency: string
  }): Promise<IntentRefund>
  /** How a refund stands. */
  fetchRefund(ref: string): Promise<IntentRefund>
  /** How a dispute stands. */
  fetchDispute(ref: string): Promise<IntentDispute>
  /** Every dispute that was opened at that instant or later, to the second, newest first. */
  disputesSince(instant: Date): Promise<readonly IntentDispute[]>
  /**
   * Reads a webhook: the bytes as they came, and the header that signs them. Throws `WebhookForged` unless the provider
   * signed exactly these bytes; says nothing about when.
   */
  readWebhook(bytes: Uint8Array, signature: string): Promise<ProviderEvent>
}

/** A provider of play money, confirmed by us instead of by the payer's client. */
export interface SandboxProvider extends PaymentProvider {
  /** The test instruments there are. */
  readonly instruments: readonly string[]
  /** Pays with one of them, unless the intent is final already: read the answer's state. By card unless said. */
  confirmIntent(ref: string, instrument: string, method?: PaymentMethod): Promise<Intent>
}

/** The providers that this installation can call. */
export interface Providers {
  readonly sandbox: SandboxProvider
  /** Undefined when this installation has no account there. */
  readonly stripe?: PaymentProvider | undefined
}

/** The provider of that name. Throws when this installation cannot call it. */
export function providerOf(providers: Providers, name: ProviderName): PaymentProvider {
  const provider = providers[name]
  if (!provider) throw new Error(`this installation cannot call ${name}`)
  return provider
}

/** No answer: the provider may or may not have done it. Asking again, in the same words, is safe and finds out. */
export class ProviderUnavailable extends Error {
  constructor(provider: string, options?: { readonly cause?: unknown }) {
    super(`${provider} did not answer`, options)
    this.name = 'ProviderUnavailable'
  }
}

/** The provider takes no such payment, however often it is asked: another method or currency may do. */
export class ProviderRefused extends Error {
  /** Why, in the provider's words. */
  readonly code: string

  constructor(provider: string, code: string, options?: { readonly cause?: unknown }) {
    super(`${provider} takes no such payment: ${code}`, options)
    this.name = 'ProviderRefused'
    this.code = code
  }
}

/** Not signed by the provider, or not as it is. */
export class WebhookForged extends Error {
  constructor(options?: { readonly cause?: unknown }) {
    super('the webhook is not signed by its provider', options)
    this.name = 'WebhookForged'
  }
}
