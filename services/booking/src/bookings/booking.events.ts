import type { Transaction } from '@tikitu/runtime/database'
import { on, type Subscription } from '@tikitu/runtime/events'
import { tellOfChanges } from '@tikitu/runtime/live'
import {
  BookingCancelled,
  BookingConfirmed,
  BookingExpired,
  BookingRefundRequested,
} from '@tikitu/schema/events/booking'
import {
  PaymentCancelled,
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentFailed,
  PaymentSucceeded,
  RefundFailed,
  RefundRejected,
  RefundSucceeded,
} from '@tikitu/schema/events/payment'
import { BOOKING_TOPIC } from './booking.loaders.ts'
import { endGivenBack } from './cancellation.ts'
import { followDispute } from './chargeback.ts'
import { completeRefund, recordFailedRefund, recordRejectedRefund, settlePayment } from './settlement.ts'

/** The facts that whoever follows a booking is told of. A checkout is none: before it there was no booking to follow. */
export const bookingChanges: Readonly<Record<string, string>> = Object.fromEntries(
  [BookingConfirmed, BookingExpired, BookingCancelled, BookingRefundRequested].map(({ type }) => [type, BOOKING_TOPIC]),
)

/** What booking does about money. Where it publishes nothing, it tells those who follow the booking. */
export const bookingSubscriptions: readonly Subscription[] = [
  on(PaymentSucceeded, async (tx, { paymentId, bookingId, amount, currency }, { at }) => {
    const disputeId = await settlePayment(tx, { paymentId, bookingId, amount, currency }, at)
    if (disputeId !== null) await followDispute(tx, { bookingId, paymentId, disputeId, status: 'OPEN', lost: 0 }, at)
  }),
  on(RefundSucceeded, async (tx, refund, { at }) => {
    await endGivenBack(tx, { ...refund, at })
    await completeRefund(tx, refund, at)
    await tell(tx, refund)
  }),
  on(RefundFailed, async (tx, refund) => {
    await recordFailedRefund(tx, refund)
    await tell(tx, refund)
  }),
  on(RefundRejected, async (tx, refund, { at }) => {
    await recordRejectedRefund(tx, refund, at)
    await tell(tx, refund)
  }),
  on(PaymentDisputed, (tx, { bookingId, paymentId, disputeId }, { at }) =>
    followDispute(tx, { bookingId, paymentId, disputeId, status: 'OPEN', lost: 0 }, at),
  ),
  on(PaymentDisputeClosed, async (tx, { bookingId, paymentId, disputeId, outcome, lost }, { at }) => {
    await followDispute(tx, { bookingId, paymentId, disputeId, status: outcome, lost }, at)
    await tell(tx, { bookingId })
  }),
  // The buyer may try again until the deadline, which alone ends the waiting.
  on(PaymentFailed, tell),
  on(PaymentCancelled, tell),
]

function tell(tx: Transaction, { bookingId }: { bookingId: string }): Promise<void> {
  return tellOfChanges(tx, { topic: BOOKING_TOPIC, id: bookingId })
}
