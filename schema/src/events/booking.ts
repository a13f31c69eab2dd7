import { z } from 'zod'
import { defineEvent } from './define.ts'
import { currency, id, instant, minorUnits, money } from './shapes.ts'

/** What a mail or a statement says about the event without asking for it. */
const eventSummary = z.object({
  title: z.string(),
  startsAt: instant,
  timezone: z.string(),
  venueName: z.string(),
  city: z.string(),
})

const booking = { bookingId: id, userId: id, eventId: id, partnerId: id }

/** Seats or general-admission units are reserved for a buyer until `expiresAt`. */
export const BookingHeld = defineEvent(
  'booking.held',
  z.object({
    holdId: id,
    userId: id,
    eventId: id,
    partnerId: id,
    seats: z.int().positive(),
    expiresAt: instant,
    total: money,
  }),
  (data) => data.holdId,
)

/** A buyer checked out and owes `amount` until `deadline`. */
export const BookingPaymentRequested = defineEvent(
  'booking.payment_requested',
  z.object({
    ...booking,
    reference: z.string(),
    amount: minorUnits.positive(),
    currency,
    /** The platform's share of `amount`, in minor units, by the partner's terms at the time of sale. */
    commission: minorUnits.min(0),
    deadline: instant,
  }),
  (data) => data.bookingId,
)

/** Tickets were issued; the booking was paid or is free. */
export const BookingConfirmed = defineEvent(
  'booking.confirmed',
  z.object({
    ...booking,
    reference: z.string(),
    tickets: z.array(z.object({ ticketId: id, ticketType: z.string(), seat: z.string().nullable() })).min(1),
    total: money,
    event: eventSummary,
    /** Paid after its deadline, with the seats still free. */
    late: z.boolean(),
    at: instant,
  }),
  (data) => data.bookingId,
)

const ended = {
  ...booking,
  reference: z.string(),
  reason: z.string(),
  seats: z.int().positive(),
  event: eventSummary,
  at: instant,
}

/** The payment deadline passed; the seats are on sale again. */
export const BookingExpired = defineEvent('booking.expired', z.object(ended), (data) => data.bookingId)

/** The booking was cancelled; its tickets are worth nothing and the seats are on sale again. */
export const BookingCancelled = defineEvent(
  'booking.cancelled',
  z.object({ ...ended, refund: money.nullable() }),
  (data) => data.bookingId,
)

/** The event of a booking was moved. Its tickets stay as they are; `event` has the new times. */
export const BookingRescheduled = defineEvent(
  'booking.rescheduled',
  z.object({
    ...booking,
    reference: z.string(),
    event: eventSummary,
    /** What the partner tells its buyers. */
    reason: z.string(),
    /** Until when the buyer may cancel and have all their money back. */
    refundableUntil: instant,
    at: instant,
  }),
  (data) => data.bookingId,
)

/** The booking no longer waits for money: stop any attempt to pay it. */
export const BookingPaymentCancelRequested = defineEvent(
  'booking.payment_cancel_requested',
  z.object({ bookingId: id, reason: z.string(), at: instant }),
  (data) => data.bookingId,
)

/** Money must go back to the buyer. Repeating it under the same `refundId` changes nothing. */
export const BookingRefundRequested = defineEvent(
  'booking.refund_requested',
  z.object({
    refundId: id,
    bookingId: id,
    /** The payment to give back; null means the one that paid the booking. */
    paymentId: id.nullable(),
    amount: minorUnits.positive(),
    currency,
    reason: z.string(),
    /** The member of staff whose decision it was, which may need another's approval; absent when it follows from the rules. */
    decidedBy: z.string().optional(),
    /** No ticket was taken for it, so that nothing is owed unless it is approved. */
    goodwill: z.boolean().optional(),
    at: instant,
  }),
  (data) => data.bookingId,
)

/** A ticket was scanned in at the door. */
export const TicketUsed = defineEvent(
  'ticket.used',
  z.object({ ticketId: id, bookingId: id, eventId: id, partnerId: id, gate: z.string(), at: instant }),
  (data) => data.bookingId,
)

/** A ticket has another name on it, and another code. */
export const TicketRenamed = defineEvent(
  'ticket.renamed',
  z.object({ ticketId: id, bookingId: id, eventId: id, partnerId: id, userId: id, at: instant }),
  (data) => data.bookingId,
)

/** A ticket has another holder, and another code. Its booking stays with the buyer. */
export const TicketTransferred = defineEvent(
  'ticket.transferred',
  z.object({
    ticketId: id,
    bookingId: id,
    eventId: id,
    partnerId: id,
    /** Who had it. */
    fromUserId: id,
    /** Who has it now. */
    toUserId: id,
    event: eventSummary,
    at: instant,
  }),
  (data) => data.bookingId,
)

/** A partner put an event on sale. */
export const EventPublished = defineEvent(
  'event.published',
  z.object({
    eventId: id,
    partnerId: id,
    venueId: id,
    title: z.string(),
    category: z.string(),
    startsAt: instant,
    at: instant,
  }),
  (data) => data.eventId,
)

/** What is said about a published event is another. Carries the whole copy; when it is, only `event.rescheduled` changes. */
export const EventUpdated = defineEvent(
  'event.updated',
  z.object({
    eventId: id,
    partnerId: id,
    venueId: id,
    title: z.string(),
    category: z.string(),
    imageUrl: z.string().nullable(),
    timezone: z.string(),
    startsAt: instant,
    endsAt: instant,
    doorsAt: instant,
    salesOpenAt: instant.nullable(),
    salesCloseAt: instant,
    at: instant,
  }),
  (data) => data.eventId,
)

/** An event was moved; those who have bookings are told by booking.rescheduled. */
export const EventRescheduled = defineEvent(
  'event.rescheduled',
  z.object({
    eventId: id,
    partnerId: id,
    venueId: id,
    title: z.string(),
    timezone: z.string(),
    startsAt: instant,
    endsAt: instant,
    before: z.object({ startsAt: instant, endsAt: instant }),
    reason: z.string(),
    refundableUntil: instant,
    at: instant,
  }),
  (data) => data.eventId,
)

/** An event will not happen. Each of its bookings ends with booking.cancelled, some a second. */
export const EventCancelled = defineEvent(
  'event.cancelled',
  z.object({
    eventId: id,
    partnerId: id,
    venueId: id,
    title: z.string(),
    timezone: z.string(),
    startsAt: instant,
    reason: z.string(),
    /** How many bookings will be ended by it. */
    bookings: z.int().min(0),
    at: instant,
  }),
  (data) => data.eventId,
)

/** An event has happened. */
export const EventCompleted = defineEvent(
  'event.completed',
  z.object({ eventId: id, partnerId: id, venueId: id, title: z.string(), endsAt: instant, at: instant }),
  (data) => data.eventId,
)
