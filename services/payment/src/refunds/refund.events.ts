import { on } from '@tikitu/runtime/events'
import { BookingRefundRequested } from '@tikitu/schema/events/booking'
import { requestRefund } from './refunds.ts'

/** What booking says about money that goes back. */
export const refundSubscriptions = [
  on(BookingRefundRequested, (tx, { decidedBy, goodwill, at: _said, ...refund }, { at }) =>
    requestRefund(tx, { ...refund, requestedBy: decidedBy ?? null, goodwill: goodwill ?? false, at }),
  ),
]
