import { on } from '@tikitu/runtime/events'
import { BookingRefundRequested } from '@tikitu/schema/events/booking'
import { requestRefund } from './refunds.ts'

/** What booking says about money that goes back. */
export const refundSubscriptions = [
  on(BookingRefundRequested, (tx, { refundId, bookingId, paymentId, amount, currency, reason }, { at }) =>
    requestRefund(tx, { refundId, bookingId, paymentId, amount, currency, reason, at }),
  ),
]
