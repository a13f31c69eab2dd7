import { on, type Subscription } from '@tikitu/runtime/events'
import { BookingConfirmed, BookingPaymentRequested } from '@tikitu/schema/events/booking'
import { rememberCustomer } from './partner-customers.ts'

/** A booking makes its buyer known to the partner: when money is asked for, and when a free one is confirmed at once. */
export const partnerCustomerSubscriptions: readonly Subscription[] = [
  on(BookingPaymentRequested, (tx, { partnerId, userId }, { at }) => rememberCustomer(tx, { partnerId, userId, at })),
  on(BookingConfirmed, (tx, { partnerId, userId }, { at }) => rememberCustomer(tx, { partnerId, userId, at })),
]
