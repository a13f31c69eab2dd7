import { currencyExponent } from '@tikitu/runtime/money'
import type { PaymentStep } from '../payments/payment-machine.rules.ts'
import type { PaymentStatus } from '../payments/payment.rules.ts'

/** Every state of a refund. */
export const REFUND_STATUSES = [
  'REQUESTED',
  'AWAITING_APPROVAL',
  'PROCESSING',
  'SUCCEEDED',
  'FAILED',
  'MANUAL_REVIEW',
  'REJECTED',
] as const
/** One of them. */
export type RefundStatus = (typeof REFUND_STATUSES)[number]

/** How often a provider may refuse a refund before a person has to look; each time one looks, as often again. */
export const ATTEMPTS_MAX = 3

/** The pause after the first refusal, in seconds. Every next one is five times as long. */
const RETRY_SECONDS = 60

/**
 * Why a refund cannot be taken from a payment; null when it can. Never more than was captured, never another currency.
 * What a bank contests can be promised: it is sent when that is won, and the buyer has it when it is lost.
 */
export function whyNotRefundable(
  payment: RefundablePayment,
  refund: { readonly amount: number; readonly currency: string },
): 'currency_mismatch' | 'exceeds_captured' | null {
  if (refund.currency !== payment.currency) return 'currency_mismatch'
  const { captured, refundReserved, lost } = payment
  return refund.amount > captured - refundReserved - lost ? 'exceeds_captured' : null
}

/** Of a payment, what is left of it. */
export interface RefundablePayment {
  readonly captured: number
  readonly refundReserved: number
  readonly lost: number
  readonly currency: string
}

/**
 * Whether a refund waits for an admin: one that a member of staff decided on, of more than `limit` whole units of its
 * currency. What follows from the rules, as a cancelled event does, is owed and waits for nobody.
 */
export function needsApproval(
  refund: { readonly requestedBy: string | null; readonly amount: number; readonly currency: string },
  limit: number,
): boolean {
  return refund.requestedBy !== null && refund.amount > limit * 10 ** currencyExponent(refund.currency)
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
 * nobody knows whether the provider heard it. While a bank contests the payment none is begun: the buyer may have the
 * money already.
 */
export function attemptDue(refund: RefundFacts, payment: { readonly status: PaymentStatus }, at: Date): number | null {
  if (refund.status === 'PROCESSING') return refund.attempt
  if (payment.status === 'DISPUTED') return null
  if (refund.status === 'REQUESTED') return refund.attempt + 1
  return refund.status === 'FAILED' && refund.checkAt <= at ? refund.attempt + 1 : null
}

/** Whether the attempt of this number, which the provider refused, was the last before a person has to look. */
export function isLastAttempt(attempt: number): boolean {
  return attempt % ATTEMPTS_MAX === 0
}

/** When to make the next attempt after a refusal. */
export function nextAttemptAt(at: Date, attempt: number): Date {
  return new Date(at.getTime() + RETRY_SECONDS * 5 ** ((attempt - 1) % ATTEMPTS_MAX) * 1_000)
}

/** What it is for a payment that so much of it has gone back; one that a bank contests, or has taken, stays so. */
export function stepAfterRefund(status: PaymentStatus, captured: number, refunded: number): PaymentStep {
  const on = 'money has gone back'
  if (status === 'DISPUTED' || status === 'LOST') return { on, when: 'a bank has its word in it' }
  return { on, when: refunded < captured ? 'a part' : 'all of it' }
}
