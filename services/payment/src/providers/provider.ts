/** Who can move money. */
export const PROVIDER_NAMES = ['sandbox', 'stripe'] as const
/** One of them. */
export type ProviderName = (typeof PROVIDER_NAMES)[number]

/** A provider's truth about one attempt to pay. */
export interface Intent {
  /** The provider's name for it. */
  readonly ref: string
  /** Lets the payer's client confirm it, and nobody else. */
  readonly clientSecret: string
  /** Minor units. */
  readonly amount: number
  /** ISO 4217. */
  readonly currency: string
  /** `open` may still take money; the other three are final. `succeeded`: the whole amount was taken. */
  readonly state: 'open' | 'succeeded' | 'failed' | 'cancelled'
  /** Why it failed, in the provider's words; null unless it did. */
  readonly failureCode: string | null
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

/**
 * Whoever moves money for us. Called outside of transactions only. Every call may be repeated: it then answers how
 * things stand and does nothing a second time. Throws `ProviderUnavailable` when it cannot be known what was done.
 */
export interface PaymentProvider {
  /** Opens an attempt. `key` names it for ever; the same key with another amount is a mistake of ours and throws. */
  createIntent(request: { readonly key: string; readonly amount: number; readonly currency: string }): Promise<Intent>
  /** How it stands. */
  fetchIntent(ref: string): Promise<Intent>
  /** Ends it, unless it is final already: read the answer's state. */
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
}

/** A provider of play money, confirmed by us instead of by the payer's client. */
export interface SandboxProvider extends PaymentProvider {
  /** The test instruments there are. */
  readonly instruments: readonly string[]
  /** Pays with one of them, unless the intent is final already: read the answer's state. */
  confirmIntent(ref: string, instrument: string): Promise<Intent>
}

/** The providers that this installation can call. */
export interface Providers {
  readonly sandbox: SandboxProvider
}

/** The provider of that name. Throws when this installation cannot call it. */
export function providerOf(providers: Providers, name: ProviderName): PaymentProvider {
  if (name === 'sandbox') return providers.sandbox
  throw new Error(`this installation cannot call ${name}`)
}

/** No answer: the provider may or may not have done it. Asking again, in the same words, is safe and finds out. */
export class ProviderUnavailable extends Error {
  constructor(provider: string, options?: { readonly cause?: unknown }) {
    super(`${provider} did not answer`, options)
    this.name = 'ProviderUnavailable'
  }
}
