import { on, type Subscription } from '@tikitu/runtime/events'
import { readableInstant } from '@tikitu/runtime/instant'
import {
  BookingCancelled,
  BookingConfirmed,
  BookingExpired,
  BookingRescheduled,
  TicketTransferred,
} from '@tikitu/schema/events/booking'
import { PartnerVerified } from '@tikitu/schema/events/partner'
import { PaymentFailed, RefundSucceeded } from '@tikitu/schema/events/payment'
import { UserRegistered } from '@tikitu/schema/events/user'
import { rememberRecipient } from '../recipients/recipients.ts'
import { readableMoney } from './notification.rules.ts'
import { notify } from './notifications.ts'

interface EventSummary {
  readonly title: string
  readonly startsAt: string
  readonly timezone: string
  readonly venueName: string
  readonly city: string
}

const about = ({ title, startsAt, timezone, venueName, city }: EventSummary, language: string) => ({
  title,
  startsAt: readableInstant(new Date(startsAt), timezone, language),
  venueName,
  city,
})

/** Which event is an occasion to tell whom what. */
export const notificationSubscriptions: readonly Subscription[] = [
  on(UserRegistered, async (tx, user, { id, at }) => {
    await rememberRecipient(tx, user)
    await notify(tx, {
      userId: user.userId,
      template: 'welcome',
      causeId: id,
      bookingId: null,
      at,
      variables: () => ({}),
    })
  }),
  on(PartnerVerified, (tx, { ownerId, companyName }, { id, at }) =>
    notify(tx, {
      userId: ownerId,
      template: 'partner-verified',
      causeId: id,
      bookingId: null,
      at,
      variables: () => ({ companyName }),
    }),
  ),
  on(BookingConfirmed, (tx, { userId, bookingId, reference, tickets, total, late, event }, { id, at }) =>
    notify(tx, {
      userId,
      template: 'booking-confirmed',
      causeId: id,
      bookingId,
      at,
      variables: ({ language }) => ({
        reference,
        tickets,
        late,
        total: readableMoney(total, language),
        ...about(event, language),
      }),
    }),
  ),
  on(BookingCancelled, (tx, { userId, bookingId, reference, reason, refund, event }, { id, at }) =>
    notify(tx, {
      userId,
      template: 'booking-cancelled',
      causeId: id,
      bookingId,
      at,
      variables: ({ language }) => ({
        reference,
        reason,
        refund: readableMoney(refund, language),
        ...about(event, language),
      }),
    }),
  ),
  on(BookingExpired, (tx, { userId, bookingId, reference, event }, { id, at }) =>
    notify(tx, {
      userId,
      template: 'booking-expired',
      causeId: id,
      bookingId,
      at,
      variables: ({ language }) => ({ reference, ...about(event, language) }),
    }),
  ),
  on(BookingRescheduled, (tx, { userId, bookingId, reference, reason, refundableUntil, event }, { id, at }) =>
    notify(tx, {
      userId,
      template: 'event-rescheduled',
      causeId: id,
      bookingId,
      at,
      variables: ({ language }) => ({
        reference,
        reason,
        refundableUntil: readableInstant(new Date(refundableUntil), event.timezone, language),
        ...about(event, language),
      }),
    }),
  ),
  on(TicketTransferred, async (tx, { fromUserId, toUserId, bookingId, event }, { id, at }) => {
    const variables = ({ language }: { readonly language: string }) => about(event, language)
    await notify(tx, { userId: fromUserId, template: 'ticket-transferred', causeId: id, bookingId, at, variables })
    // The booking is somebody else's.
    await notify(tx, { userId: toUserId, template: 'ticket-received', causeId: id, bookingId: null, at, variables })
  }),
  on(PaymentFailed, (tx, { userId, bookingId, code }, { id, at }) =>
    notify(tx, { userId, template: 'payment-failed', causeId: id, bookingId, at, variables: () => ({ code }) }),
  ),
  on(RefundSucceeded, (tx, { userId, bookingId, amount, currency }, { id, at }) =>
    notify(tx, {
      userId,
      template: 'refund-sent',
      causeId: id,
      bookingId,
      at,
      variables: ({ language }) => ({ amount: readableMoney({ amount, currency }, language) }),
    }),
  ),
]
