import { on, onMany, type Subscription } from '@tikitu/runtime/events'
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

/** What counts. At a rush there are hundreds in a second, and one row for all of them: so they are added up beforehand. */
export const counterSubscriptions: readonly Subscription[] = [
  onMany(UserRegistered, (tx, users) => count(tx, 'users', users.length)),
  onMany(PartnerRegistered, (tx, partners) => count(tx, 'partnersRegistered', partners.length)),
  on(PartnerVerified, (tx, { partnerId }) => countPartner(tx, partnerId)),
  onMany(BookingHeld, (tx, holds) => count(tx, 'holds', holds.length)),
  onMany(BookingConfirmed, async (tx, bookings) => {
    await count(tx, 'bookingsConfirmed', bookings.length)
    await count(tx, 'ticketsIssued', bookings.flatMap(({ tickets }) => tickets).length)
  }),
  onMany(BookingExpired, (tx, bookings) => count(tx, 'bookingsExpired', bookings.length)),
  onMany(BookingCancelled, (tx, bookings) => count(tx, 'bookingsCancelled', bookings.length)),
  onMany(TicketUsed, (tx, tickets) => count(tx, 'ticketsUsed', tickets.length)),
  onMany(PaymentSucceeded, (tx, payments) => countMoney(tx, 'gross', payments)),
  onMany(PaymentFailed, (tx, payments) => count(tx, 'paymentsFailed', payments.length)),
  onMany(RefundSucceeded, (tx, refunds) => countMoney(tx, 'refunded', refunds)),
]
