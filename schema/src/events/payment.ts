import { z } from 'zod'
import { defineEvent } from './define.ts'
import { currency, id, instant, minorUnits } from './shapes.ts'

const payment = { paymentId: id, bookingId: id, userId: id }

/** The provider holds the buyer's money for us. */
export const PaymentSucceeded = defineEvent(
  'payment.succeeded',
  z.object({ ...payment, amount: minorUnits.positive(), currency, providerRef: z.string(), at: instant }),
  (data) => data.bookingId,
)

/** One attempt to pay failed; the buyer may try again until the deadline. */
export const PaymentFailed = defineEvent(
  'payment.failed',
  z.object({ ...payment, code: z.string(), at: instant }),
  (data) => data.bookingId,
)

/** An attempt to pay was given up and can no longer take money. */
export const PaymentCancelled = defineEvent(
  'payment.cancelled',
  z.object({ ...payment, reason: z.string(), at: instant }),
  (data) => data.bookingId,
)

/** The buyer's bank took the money back. Whether for good, the provider will say after `dueBy`, if we answer until then. */
export const PaymentDisputed = defineEvent(
  'payment.disputed',
  z.object({
    ...payment,
    disputeId: id,
    /** What the bank took. */
    amount: minorUnits.positive(),
    currency,
    /** In the provider's words. */
    reason: z.string(),
    /** Until when we may answer; null when we cannot. */
    dueBy: instant.nullable(),
    at: instant,
  }),
  (data) => data.bookingId,
)

/**
 * The buyer's bank has decided: the money that it had taken is ours again (WON), or the buyer keeps it (LOST). Told once
 * for each dispute, also of one that was never heard of before it was over.
 */
export const PaymentDisputeClosed = defineEvent(
  'payment.dispute_closed',
  z.object({
    ...payment,
    disputeId: id,
    /** What the bank had taken. */
    amount: minorUnits.positive(),
    currency,
    outcome: z.enum(['WON', 'LOST']),
    /** What of it the buyer keeps beyond what was promised back to them anyway; 0 when it was won. */
    lost: minorUnits.nonnegative(),
    at: instant,
  }),
  (data) => data.bookingId,
)

const refund = { refundId: id, paymentId: id, bookingId: id, userId: id, amount: minorUnits.positive(), currency }

/** The provider has given the money back. */
export const RefundSucceeded = defineEvent(
  'refund.succeeded',
  z.object({ ...refund, at: instant }),
  (data) => data.bookingId,
)

/** The provider refused to give the money back. */
export const RefundFailed = defineEvent(
  'refund.failed',
  z.object({ ...refund, code: z.string(), at: instant }),
  (data) => data.bookingId,
)

/** An admin decided that goodwill is not given. No ticket was taken for it, and its money was not moved. */
export const RefundRejected = defineEvent(
  'refund.rejected',
  z.object({ ...refund, at: instant }),
  (data) => data.bookingId,
)

const settlement = { settlementId: id, partnerId: id, amount: minorUnits.positive(), currency }

/** A partner is to be paid what its events brought in. */
export const SettlementDue = defineEvent(
  'settlement.due',
  z.object({ ...settlement, at: instant }),
  (data) => data.partnerId,
)

/** A partner was paid. */
export const SettlementPaid = defineEvent(
  'settlement.paid',
  z.object({ ...settlement, bankReference: z.string(), at: instant }),
  (data) => data.partnerId,
)
