import type { BookingStatus } from './booking.rules.ts'

/** What can happen to a booking: a command, an event of payment's, or the passing of time. */
export type SagaEvent =
  | 'checkout'
  | 'release'
  | 'deadline passed'
  | 'cancel'
  | 'payment.succeeded'
  | 'payment.failed'
  | 'payment.cancelled'
  | 'refund.succeeded'
  | 'refund.failed'
  | 'refund.rejected'
  | 'payment.disputed'
  | 'payment.dispute_closed'
  | 'refund of tickets'
  | 'refund of goodwill'
  | 'event over'

/** What booking publishes because of it. */
export type SagaFact =
  | 'booking.payment_requested'
  | 'booking.confirmed'
  | 'booking.expired'
  | 'booking.cancelled'
  | 'booking.payment_cancel_requested'
  | 'booking.refund_requested'

/** One row: from any of these states, when that happens and the condition holds, to this state, saying so. */
export interface Transition {
  readonly from: readonly BookingStatus[]
  readonly on: SagaEvent
  /** Tells rows of one event apart; each is explained in `CONDITIONS`. */
  readonly when?: Condition
  /** `same`: the state stays. */
  readonly to: BookingStatus | 'same'
  readonly emits: readonly SagaFact[]
}

/** What the conditions of the table mean. */
export const CONDITIONS = {
  free: 'nothing is to be paid, or nothing is to be given back',
  paid: 'it costs something',
  'in time': 'it is the price, nothing was paid before, and the seats are held until later than now',
  'late, seats free':
    'it is the price, nothing was paid before, the event is on sale, the seats could be taken again and are what was booked, and the buyer stays within the event’s limit',
  'too late':
    'it is the price, nothing was paid before, and the booking was cancelled, the seats are gone or another kind by now, the event is not on sale, or the buyer would have more tickets than the event allows',
  surplus: 'it is not the price, the booking was paid before, or it is not known to have been checked out',
  'it stays': 'it was not cancelled since',
  'it was cancelled': 'it was cancelled since, and what was not given as goodwill is owed as the rest is',
  'won, seats free':
    'banks have decided all disputes of the payment for us, the event is on sale, the seats could be taken again, and the buyer stays within the event’s limit',
  'money is left':
    'no dispute of the payment is open, its tickets cannot be given back, and the buyer has not all of it from their bank or promised back',
  'nothing to do':
    'a dispute of the payment is open, the buyer has all of it back, or the booking kept its tickets or goes back anyway',
  'owed again': 'what was not given as goodwill is left of a payment whose tickets were taken by a dispute',
  'all given back': 'no other refund of the booking is outstanding',
  'not all given back': 'another refund of the booking is outstanding',
} as const

/** The name of a condition. */
export type Condition = keyof typeof CONDITIONS

/** Bookings that buyers see: whatever has been checked out. */
export const CHECKED_OUT = [
  'PENDING',
  'CONFIRMED',
  'COMPLETED',
  'EXPIRED',
  'CANCELLING',
  'CANCELLED',
  'REFUND_DUE',
  'REFUNDED',
  'CHARGEBACK',
] as const satisfies readonly BookingStatus[]

/**
 * The whole saga. What is not here changes nothing: commands are refused, events and timers are ignored. Every row is
 * carried out as one compare-and-set on the state, in one transaction with its effects and the facts it publishes.
 */
export const BOOKING_SAGA = [
  { from: ['HELD'], on: 'release', to: 'RELEASED', emits: [] },
  { from: ['HELD'], on: 'deadline passed', to: 'EXPIRED', emits: [] },
  { from: ['HELD'], on: 'checkout', when: 'paid', to: 'PENDING', emits: ['booking.payment_requested'] },
  { from: ['HELD'], on: 'checkout', when: 'free', to: 'CONFIRMED', emits: ['booking.confirmed'] },

  {
    from: ['PENDING'],
    on: 'deadline passed',
    to: 'EXPIRED',
    emits: ['booking.expired', 'booking.payment_cancel_requested'],
  },
  { from: CHECKED_OUT, on: 'payment.failed', to: 'same', emits: [] },
  { from: CHECKED_OUT, on: 'payment.cancelled', to: 'same', emits: [] },
  { from: ['PENDING'], on: 'payment.succeeded', when: 'in time', to: 'CONFIRMED', emits: ['booking.confirmed'] },
  {
    from: ['PENDING', 'EXPIRED'],
    on: 'payment.succeeded',
    when: 'late, seats free',
    to: 'CONFIRMED',
    emits: ['booking.confirmed'],
  },
  {
    from: ['PENDING', 'EXPIRED', 'CANCELLED'],
    on: 'payment.succeeded',
    when: 'too late',
    to: 'REFUND_DUE',
    emits: ['booking.refund_requested'],
  },
  {
    from: ['HELD', 'RELEASED', ...CHECKED_OUT],
    on: 'payment.succeeded',
    when: 'surplus',
    to: 'same',
    emits: ['booking.refund_requested'],
  },

  {
    from: ['PENDING'],
    on: 'cancel',
    to: 'CANCELLED',
    emits: ['booking.cancelled', 'booking.payment_cancel_requested'],
  },
  { from: ['CONFIRMED'], on: 'cancel', when: 'free', to: 'CANCELLED', emits: ['booking.cancelled'] },
  {
    from: ['CONFIRMED'],
    on: 'cancel',
    when: 'paid',
    to: 'CANCELLING',
    emits: ['booking.cancelled', 'booking.refund_requested'],
  },
  { from: ['CANCELLING'], on: 'refund.succeeded', when: 'all given back', to: 'CANCELLED', emits: [] },
  { from: ['REFUND_DUE'], on: 'refund.succeeded', when: 'all given back', to: 'REFUNDED', emits: [] },
  { from: CHECKED_OUT, on: 'refund.succeeded', when: 'not all given back', to: 'same', emits: [] },
  { from: CHECKED_OUT, on: 'refund.failed', to: 'same', emits: [] },

  { from: ['CONFIRMED'], on: 'refund of tickets', to: 'same', emits: ['booking.refund_requested'] },
  { from: ['CONFIRMED', 'COMPLETED'], on: 'refund of goodwill', to: 'same', emits: ['booking.refund_requested'] },
  { from: CHECKED_OUT, on: 'refund.rejected', when: 'it stays', to: 'same', emits: [] },
  {
    from: ['CANCELLING', 'CANCELLED'],
    on: 'refund.rejected',
    when: 'it was cancelled',
    to: 'CANCELLING',
    emits: ['booking.refund_requested'],
  },

  {
    from: ['REFUND_DUE', 'REFUNDED', 'CHARGEBACK'],
    on: 'refund.rejected',
    when: 'owed again',
    to: 'REFUND_DUE',
    emits: ['booking.refund_requested'],
  },

  { from: ['CONFIRMED'], on: 'payment.disputed', to: 'CHARGEBACK', emits: ['booking.cancelled'] },
  {
    from: ['CHARGEBACK'],
    on: 'payment.dispute_closed',
    when: 'won, seats free',
    to: 'CONFIRMED',
    emits: ['booking.confirmed'],
  },
  {
    from: ['CHARGEBACK'],
    on: 'payment.dispute_closed',
    when: 'money is left',
    to: 'REFUND_DUE',
    emits: ['booking.refund_requested'],
  },
  { from: CHECKED_OUT, on: 'payment.dispute_closed', when: 'nothing to do', to: 'same', emits: [] },

  { from: ['CONFIRMED'], on: 'event over', to: 'COMPLETED', emits: [] },
] as const satisfies readonly Transition[]

/** The row of the table for a state, when there is one. */
export function transitionFrom(status: BookingStatus, on: SagaEvent, when?: Condition): Transition | undefined {
  const rows: readonly Transition[] = BOOKING_SAGA
  return rows.find((row) => row.on === on && row.when === when && row.from.includes(status))
}
