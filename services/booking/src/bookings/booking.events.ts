import { on, type Subscription } from '@tikitu/runtime/events'
import {
  PaymentCancelled,
  PaymentFailed,
  PaymentSucceeded,
  RefundFailed,
  RefundSucceeded,
} from '@tikitu/schema/events/payment'
import { completeRefund, recordFailedRefund, settlePayment } from './settlement.ts'

/** What booking does about money. */
export const bookingSubscriptions: readonly Subscription[] = [
  on(PaymentSucceeded, (tx, { paymentId, bookingId, amount, currency }, { at }) =>
    settlePayment(tx, { paymentId, bookingId, amount, currency }, at),
  ),
  on(RefundSucceeded, (tx, refund, { at }) => completeRefund(tx, refund, at)),
  on(RefundFailed, (tx, refund) => recordFailedRefund(tx, refund)),
  // The buyer may try again until the deadline, which alone ends the waiting.
  on(PaymentFailed, async () => {}),
  on(PaymentCancelled, async () => {}),
]
