/** What happens to a payment with one instrument. */
export interface Behaviour {
  /** What the buyer's bank says: yes, or why not. */
  readonly declineCode?: string
  /** The buyer's bank wants to see the buyer first; what comes of that. Abandoned: the buyer never shows up. */
  readonly authentication?: 'succeeds' | 'fails' | 'abandoned'
  /** The answer says `processing`; the bank decides so much later. `soon` is as fast as a machine. */
  readonly decides?: 'late' | 'soon'
  /** How webhooks about the payment travel, if not as they should. */
  readonly webhooks?: 'delayed' | 'doubled' | 'reordered' | 'lost'
  /** Money given back is under way for a while, and arrives or does not. */
  readonly refunds?: 'pending' | 'failing'
  /** The buyer's bank wants the money back afterwards. */
  readonly disputed?: true
  /** The first so many confirmations are answered so instead, and do nothing. */
  readonly trouble?: { readonly times: number; readonly status: 429 | 500 }
  /** The first confirmation is carried out, and its answer never sent. */
  readonly silent?: true
}

/** Those that Stripe's test mode has too, by its own names. */
const STRIPES_OWN: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: {},
  pm_card_visa_chargeDeclined: { declineCode: 'generic_decline' },
  pm_card_visa_chargeDeclinedInsufficientFunds: { declineCode: 'insufficient_funds' },
  pm_card_chargeDeclinedExpiredCard: { declineCode: 'expired_card' },
  pm_card_authenticationRequired: { authentication: 'succeeds' },
  pm_card_pendingRefund: { refunds: 'pending' },
  pm_card_createDispute: { disputed: true },
}

/** What only the sandbox can play; of each there is one for every type of payment method: `pm_upi_lateSuccess`. */
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  success: {},
  declined: { declineCode: 'generic_decline' },
  insufficientFunds: { declineCode: 'insufficient_funds' },
  expired: { declineCode: 'expired_card' },
  authenticationSucceeds: { authentication: 'succeeds' },
  authenticationFails: { authentication: 'fails' },
  authenticationAbandoned: { authentication: 'abandoned' },
  lateSuccess: { decides: 'late' },
  lateDecline: { decides: 'late', declineCode: 'generic_decline' },
  pendingRefund: { refunds: 'pending' },
  failingRefund: { refunds: 'failing' },
  disputed: { disputed: true },
  webhookDelayed: { decides: 'soon', webhooks: 'delayed' },
  webhookDoubled: { decides: 'soon', webhooks: 'doubled' },
  webhooksReordered: { decides: 'soon', webhooks: 'reordered' },
  webhookLost: { decides: 'soon', webhooks: 'lost' },
  serverError: { trouble: { times: 4, status: 500 } },
  rateLimited: { trouble: { times: 1, status: 429 } },
  timeout: { silent: true },
}

/** The types of payment method that the sandbox's account takes. */
export const METHOD_TYPES = ['card', 'link', 'upi', 'netbanking'] as const
/** One of them. */
export type MethodType = (typeof METHOD_TYPES)[number]

/** What a payment method is and does; undefined when there is none of this name. */
export function methodOf(id: string): { readonly type: MethodType; readonly behaviour: Behaviour } | undefined {
  const own = Object.hasOwn(STRIPES_OWN, id) ? STRIPES_OWN[id] : undefined
  if (own) return { type: 'card', behaviour: own }
  const [, type, name = ''] = /^pm_([a-z]+)_(\w+)$/.exec(id) ?? []
  const known = METHOD_TYPES.find((one) => one === type)
  const behaviour = Object.hasOwn(BEHAVIOURS, name) ? BEHAVIOURS[name] : undefined
  return known && behaviour && { type: known, behaviour }
}

/** Stripe's `code` for why a bank declined. */
export function codeOf(declineCode: string): string {
  return declineCode === 'expired_card' ? 'expired_card' : 'card_declined'
}
