/** Every state of a refund. */
export const REFUND_STATUSES = [
  'REQUESTED',
  'AWAITING_APPROVAL',
  'PROCESSING',
  'SUCCEEDED',
  'FAILED',
  'MANUAL_REVIEW',
] as const
/** One of them. */
export type RefundStatus = (typeof REFUND_STATUSES)[number]

/** How often a provider may refuse a refund before a person has to look. */
export const ATTEMPTS_MAX = 3

/** The pause after the first refusal, in seconds. Every next one is five times as long. */
const RETRY_SECONDS = 60

/** Why a refund cannot be taken from a payment; null when it can. Never more than was captured, never another currency. */
export function whyNotRefundable(
  payment: { readonly captured: number; readonly refundReserved: number; readonly currency: string },
  refund: { readonly amount: number; readonly currency: string },
): 'currency_mismatch' | 'exceeds_captured' | null {
  if (refund.currency !== payment.currency) return 'currency_mismatch'
  return refund.amount > payment.captured - payment.refundReserved ? 'exceeds_captured' : null
}

/** Of a refund, what decides about it. */
export interface RefundFacts {
  readonly status: RefundStatus
  /** Which attempt is under way, or was the last; 0 before the first. */
  readonly attempt: number
  /** Not to be looked at before. */
  readonly checkAt: Date
}

/**
 * Which attempt to make now; null when none is due. One that is under way is made again under its own number, because
 * nobody knows whether the provider heard it.
 */
export function attemptDue(refund: RefundFacts, at: Date): number | null {
  if (refund.status === 'PROCESSING') return refund.attempt
  if (refund.status === 'REQUESTED') return 1
  return refund.status === 'FAILED' && refund.checkAt <= at ? refund.attempt + 1 : null
}

/** What becomes of a refund whose attempt of this number the provider refused. */
export function afterRefusal(attempt: number): 'FAILED' | 'MANUAL_REVIEW' {
  return attempt < ATTEMPTS_MAX ? 'FAILED' : 'MANUAL_REVIEW'
}

/** When to make the next attempt after a refusal. */
export function nextAttemptAt(at: Date, attempt: number): Date {
  return new Date(at.getTime() + RETRY_SECONDS * 5 ** (attempt - 1) * 1_000)
}

/** The state of a payment of which so much has gone back. */
export function statusAfterRefund(captured: number, refunded: number): 'PARTIALLY_REFUNDED' | 'REFUNDED' {
  return refunded < captured ? 'PARTIALLY_REFUNDED' : 'REFUNDED'
}
