import { on } from '@tikitu/runtime/events'
import { BookingPaymentCancelRequested, BookingPaymentRequested } from '@tikitu/schema/events/booking'
import { cancelRequest, recordRequest } from './requests.ts'

/** What booking says about money it wants, and no longer wants. */
export const requestSubscriptions = [
  on(
    BookingPaymentRequested,
    (tx, { userId, deadline, bookingId, partnerId, eventId, amount, currency, commission }, { at }) =>
      recordRequest(tx, {
        bookingId,
        payerId: userId,
        partnerId,
        eventId,
        amount,
        currency,
        commission,
        deadline: new Date(deadline),
        at,
      }),
  ),
  on(BookingPaymentCancelRequested, (tx, { bookingId, reason }, { at }) =>
    cancelRequest(tx, { bookingId, reason, at }),
  ),
]
