import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant, money, oneOf } from './columns.ts'
import { SALES_CHANNELS } from './events.ts'

/** HELD and RELEASED are the states of a hold, which is a booking that nobody has checked out. */
export const BOOKING_STATUSES = [
  'HELD',
  'RELEASED',
  'PENDING',
  'CONFIRMED',
  'COMPLETED',
  'EXPIRED',
  'CANCELLING',
  'CANCELLED',
  'REFUND_DUE',
  'REFUNDED',
  'CHARGEBACK',
] as const

/** So many tickets of one type at the price that was shown. */
export interface BookingLine {
  readonly ticketTypeId: string
  readonly quantity: number
  readonly unitPrice: number
  /** Since checkout: what is added to this line. */
  readonly fees?: number
  readonly taxes?: number
}

/** The terms under which a buyer may cancel, frozen at checkout. */
export interface CancellationPolicy {
  /** The last instant, ISO 8601. */
  readonly until: string
  /** How much of the price comes back, in basis points. */
  readonly refundBasisPoints: number
  /** How many hours before the event `until` was; missing in bookings from before it was kept. */
  readonly hours?: number
}

/** Holds and what became of them. A hold is a booking in the state HELD, and keeps its id when it is checked out. */
export const bookings = pgTable(
  'bookings',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`uuidv7()`),
    eventId: uuid('event_id').notNull(),
    partnerId: uuid('partner_id').notNull(),
    userId: uuid('user_id').notNull(),
    idempotencyKey: text('idempotency_key').notNull(),
    requestHash: text('request_hash').notNull(),
    status: text('status', { enum: BOOKING_STATUSES }).notNull().default('HELD'),
    quantity: smallint('quantity').notNull(),
    /** General admission only. */
    ticketTypeId: uuid('ticket_type_id'),
    /** Seats only, in the hall's order. */
    seatNos: integer('seat_nos').array(),
    lines: jsonb('lines').$type<readonly BookingLine[]>().notNull(),
    /** What is to be paid; of a hold the tickets alone, since fees and taxes are those of when it was made. */
    total: money('total').notNull(),
    /** Of `total`, since checkout. */
    fees: money('fees').notNull().default(0),
    /** Of `total`, since checkout. */
    taxes: money('taxes').notNull().default(0),
    currency: text('currency').notNull(),
    /** The end of the hold, then the payment deadline. */
    expiresAt: instant('expires_at').notNull(),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
    reference: text('reference'),
    commission: money('commission'),
    policy: jsonb('policy').$type<CancellationPolicy>(),
    checkedOutAt: instant('checked_out_at'),
    confirmedAt: instant('confirmed_at'),
    endedAt: instant('ended_at'),
    endReason: text('end_reason'),
    late: boolean('late').notNull().default(false),
    /** How often a hold was given more time. */
    extensions: smallint('extensions').notNull().default(0),
    /** From whose allotment: what buyers may have is only counted of what is sold to everybody. */
    channel: text('channel', { enum: SALES_CHANNELS }).notNull().default('PUBLIC'),
  },
  (table) => [
    uniqueIndex('bookings_key_once').on(table.userId, table.idempotencyKey),
    // Begins with the user, as the key's does: a plan that was made while the table was empty may take the one for the
    // other's question, and then reads this buyer's bookings instead of everybody's.
    index('bookings_by_user_and_event').on(table.userId, table.eventId),
    // A hold has no reference: what only bookings need costs the hold nothing.
    uniqueIndex('bookings_reference_once')
      .on(table.reference)
      .where(sql`reference is not null`),
    index('bookings_by_user')
      .on(table.userId, table.id)
      .where(sql`reference is not null`),
    index('bookings_by_partner')
      .on(table.partnerId, table.id)
      .where(sql`reference is not null`),
    index('bookings_by_event')
      .on(table.eventId, table.id)
      .where(sql`reference is not null`),
    // What may run out: all with seats, and each ticket type of general admission by itself.
    index('bookings_seated_due')
      .on(table.expiresAt)
      .where(sql`status in ('HELD', 'PENDING') and ticket_type_id is null`),
    index('bookings_admission_due')
      .on(table.ticketTypeId, table.expiresAt)
      .where(sql`status in ('HELD', 'PENDING') and ticket_type_id is not null`),
    // Holds that ended and were never a booking: forgotten after a while. A live hold is not in it.
    index('bookings_ended_holds')
      .on(table.endedAt)
      .where(sql`reference is null and ended_at is not null`),
    check('bookings_status', oneOf('status', BOOKING_STATUSES)),
    check('bookings_channel', oneOf('channel', SALES_CHANNELS)),
    check('bookings_quantity', sql`quantity > 0`),
    check('bookings_total', sql`fees >= 0 and taxes >= 0 and total >= fees + taxes`),
    check('bookings_seats_or_admission', sql`(seat_nos is null) <> (ticket_type_id is null)`),
    check('bookings_seats_fit_quantity', sql`seat_nos is null or cardinality(seat_nos) = quantity`),
    check(
      'bookings_checked_out_has_reference',
      sql`status in ('HELD', 'RELEASED') or status = 'EXPIRED' or reference is not null`,
    ),
  ],
)

/** Payments that reached a booking, and what they were worth: tickets, or a refund because it came too late or twice. */
export const bookingPayments = pgTable(
  'booking_payments',
  {
    paymentId: uuid('payment_id').primaryKey(),
    bookingId: uuid('booking_id')
      .notNull()
      .references(() => bookings.id),
    amount: money('amount').notNull(),
    currency: text('currency').notNull(),
    outcome: text('outcome', { enum: ['TICKETS', 'REFUND'] }).notNull(),
    /** How much of it was asked to be given back, and was not turned down. */
    promised: money('promised').notNull().default(0),
    at: instant('at').notNull(),
  },
  (table) => [
    uniqueIndex('booking_payments_one_good')
      .on(table.bookingId)
      .where(sql`outcome = 'TICKETS'`),
    index('booking_payments_by_booking').on(table.bookingId),
    check('booking_payments_promised_within_amount', sql`promised between 0 and amount`),
    check('booking_payments_outcome', oneOf('outcome', ['TICKETS', 'REFUND'])),
  ],
)

const REFUND_KINDS = ['WHOLE', 'TICKETS', 'GOODWILL', 'REST'] as const
const REFUND_STATUSES = ['REQUESTED', 'SUCCEEDED', 'FAILED', 'REJECTED'] as const

/** Refunds that booking asked payment for. */
export const bookingRefunds = pgTable(
  'booking_refunds',
  {
    refundId: uuid('refund_id').primaryKey(),
    bookingId: uuid('booking_id')
      .notNull()
      .references(() => bookings.id),
    paymentId: uuid('payment_id').notNull(),
    amount: money('amount').notNull(),
    reason: text('reason').notNull(),
    /** All that was left of the payment; for some of the tickets; for none; goodwill that is owed since the booking ended. */
    kind: text('kind', { enum: REFUND_KINDS }).notNull().default('WHOLE'),
    status: text('status', { enum: REFUND_STATUSES }).notNull(),
    requestedAt: instant('requested_at').notNull(),
  },
  (table) => [
    index('booking_refunds_by_payment').on(table.paymentId),
    index('booking_refunds_by_booking').on(table.bookingId),
    uniqueIndex('booking_refunds_one_whole')
      .on(table.paymentId)
      .where(sql`kind = 'WHOLE'`),
    foreignKey({ columns: [table.paymentId], foreignColumns: [bookingPayments.paymentId] }),
    check('booking_refunds_amount', sql`amount > 0`),
    check('booking_refunds_kind', oneOf('kind', REFUND_KINDS)),
    check('booking_refunds_status', oneOf('status', REFUND_STATUSES)),
  ],
)

const DISPUTE_STATUSES = ['OPEN', 'WON', 'LOST'] as const

/** What buyers' banks want back of what was paid, as payment tells of it. */
export const bookingDisputes = pgTable(
  'booking_disputes',
  {
    disputeId: uuid('dispute_id').primaryKey(),
    bookingId: uuid('booking_id')
      .notNull()
      .references(() => bookings.id),
    /** No reference: it may be of a payment that booking was never told of. */
    paymentId: uuid('payment_id').notNull(),
    status: text('status', { enum: DISPUTE_STATUSES }).notNull(),
    /** What the buyer keeps of it for good, beyond what was promised back. */
    lost: money('lost').notNull().default(0),
    /** The tickets that were taken for it, and that go back to their holders when it is won. */
    ticketIds: uuid('ticket_ids')
      .array()
      .notNull()
      .default(sql`'{}'`),
  },
  (table) => [
    index('booking_disputes_by_booking').on(table.bookingId),
    check('booking_disputes_status', oneOf('status', DISPUTE_STATUSES)),
    check('booking_disputes_lost_when_lost', sql`lost = 0 or (lost > 0 and status = 'LOST')`),
  ],
)
