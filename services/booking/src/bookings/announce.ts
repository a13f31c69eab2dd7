import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import {
  BookingCancelled,
  BookingConfirmed,
  BookingPaymentCancelRequested,
  BookingPaymentRequested,
  BookingRefundRequested,
} from '@tikitu/schema/events/booking'
import { namedTickets } from '../tickets/ticket.sql.ts'
import type { SagaFact, Transition } from './booking.saga.ts'
import type { SagaBooking } from './booking.sql.ts'

/** What there is to say about a transition, beside the row of the saga. */
export interface News {
  /** As it is after the transition. */
  readonly booking: SagaBooking
  readonly at: Date
  /** Why it ended, or why money goes back. */
  readonly reason?: string
  /** The refund that was asked for. */
  readonly refund?: RefundOrder
}

/** Money to be given back. */
export interface RefundOrder {
  readonly refundId: string
  readonly paymentId: string
  readonly amount: number
  readonly currency: string
  /** The member of staff whose decision it was; absent when it follows from the rules. */
  readonly decidedBy?: string
  /** No ticket was taken for it. */
  readonly goodwill?: boolean
}

/** Publishes what the row of the saga says, in its order. */
export async function announce(tx: Transaction, { emits }: Transition, news: News): Promise<void> {
  for (const fact of emits) await TELL[fact](tx, news)
}

const TELL: Readonly<Record<SagaFact, (tx: Transaction, news: News) => Promise<void>>> = {
  'booking.payment_requested': (tx, { booking }) =>
    emit(tx, BookingPaymentRequested, {
      ...named(booking),
      amount: booking.total,
      currency: booking.currency,
      commission: booking.commission ?? 0,
      deadline: booking.expiresAt.toISOString(),
    }),

  'booking.confirmed': async (tx, { booking, at }) => {
    const tickets = await namedTickets(tx, booking.id)
    await emit(tx, BookingConfirmed, {
      ...named(booking),
      tickets: tickets.map(({ ticketId, ticketType, section, row, number }) => ({
        ticketId,
        ticketType,
        seat: section === null ? null : `${section}, row ${row}, seat ${number}`,
      })),
      total: { amount: booking.total, currency: booking.currency },
      event: summary(booking),
      late: booking.late,
      at: at.toISOString(),
    })
  },

  'booking.expired': () => {
    throw new Error('only announce_expired says that a booking has expired')
  },

  'booking.cancelled': (tx, { booking, at, reason, refund }) =>
    emit(tx, BookingCancelled, {
      ...named(booking),
      reason: required(reason),
      seats: booking.quantity,
      event: summary(booking),
      at: at.toISOString(),
      refund: refund ? { amount: refund.amount, currency: refund.currency } : null,
    }),

  'booking.payment_cancel_requested': (tx, { booking, at, reason }) =>
    emit(tx, BookingPaymentCancelRequested, { bookingId: booking.id, reason: required(reason), at: at.toISOString() }),

  'booking.refund_requested': (tx, { booking, at, reason, refund }) =>
    emit(tx, BookingRefundRequested, {
      ...required(refund),
      bookingId: booking.id,
      reason: required(reason),
      at: at.toISOString(),
    }),
}

const named = ({ id, userId, eventId, partnerId, reference }: SagaBooking) => ({
  bookingId: id,
  userId,
  eventId,
  partnerId,
  reference: required(reference),
})

const summary = ({ event: { title, startsAt, timezone, venueName, city } }: SagaBooking) => ({
  title,
  startsAt: startsAt.toISOString(),
  timezone,
  venueName,
  city,
})

function required<Value>(value: Value | null | undefined): Value {
  if (value == null) throw new Error('a fact about a booking lacks what it has to say')
  return value
}
