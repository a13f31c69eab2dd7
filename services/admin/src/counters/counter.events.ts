import { on, type Subscription } from '@tikitu/runtime/events'
import {
  BookingCancelled,
  BookingConfirmed,
  BookingExpired,
  BookingHeld,
  TicketUsed,
} from '@tikitu/schema/events/booking'
import { PartnerRegistered, PartnerVerified } from '@tikitu/schema/events/partner'
import { PaymentFailed, PaymentSucceeded, RefundSucceeded } from '@tikitu/schema/events/payment'
import { UserRegistered } from '@tikitu/schema/events/user'
import { count, countMoney, countPartner } from './counters.ts'

/** What counts. */
export const counterSubscriptions: readonly Subscription[] = [
  on(UserRegistered, (tx) => count(tx, 'users')),
  on(PartnerRegistered, (tx) => count(tx, 'partnersRegistered')),
  on(PartnerVerified, (tx, { partnerId }) => countPartner(tx, partnerId)),
  on(BookingHeld, (tx) => count(tx, 'holds')),
  on(BookingConfirmed, async (tx, { tickets }) => {
    await count(tx, 'bookingsConfirmed')
    await count(tx, 'ticketsIssued', tickets.length)
  }),
  on(BookingExpired, (tx) => count(tx, 'bookingsExpired')),
  on(BookingCancelled, (tx) => count(tx, 'bookingsCancelled')),
  on(TicketUsed, (tx) => count(tx, 'ticketsUsed')),
  on(PaymentSucceeded, (tx, money) => countMoney(tx, 'gross', money)),
  on(PaymentFailed, (tx) => count(tx, 'paymentsFailed')),
  on(RefundSucceeded, (tx, money) => countMoney(tx, 'refunded', money)),
]
