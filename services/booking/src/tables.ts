import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

export * from '@tikitu/runtime/events/tables'
export { idempotencyKeys } from '@tikitu/runtime/idempotency'
export { platformSettings } from '@tikitu/runtime/settings'

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
const money = (name: string) => bigint(name, { mode: 'number' })
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })
const oneOf = (column: string, values: readonly string[]) =>
  sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(', ')})`)

export const PARTNER_STATUSES = ['VERIFIED', 'REJECTED', 'SUSPENDED'] as const
export const EVENT_STATUSES = ['DRAFT', 'PUBLISHED', 'CANCELLED', 'COMPLETED'] as const
export const EVENT_CATEGORIES = [
  'MUSIC',
  'SPORT',
  'THEATRE',
  'COMEDY',
  'CONFERENCE',
  'FESTIVAL',
  'FAMILY',
  'OTHER',
] as const
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
export const TICKET_STATUSES = ['ACTIVE', 'USED', 'CANCELLED', 'EXPIRED'] as const
export const CHECK_IN_REASONS = ['UNKNOWN', 'WRONG_EVENT', 'ALREADY_USED', 'CANCELLED', 'NOT_YET', 'EXPIRED'] as const

/** What booking remembers about partners, from partner's events. */
export const partners = pgTable(
  'partners',
  {
    partnerId: uuid('partner_id').primaryKey(),
    status: text('status', { enum: PARTNER_STATUSES }).notNull(),
    commissionBasisPoints: integer('commission_basis_points').notNull(),
    commissionFixedPerTicket: integer('commission_fixed_per_ticket').notNull(),
    changedAt: instant('changed_at').notNull(),
  },
  () => [check('partners_status', oneOf('status', PARTNER_STATUSES))],
)

/** What booking remembers about venues, from partner's events. */
export const venues = pgTable(
  'venues',
  {
    venueId: uuid('venue_id').primaryKey(),
    partnerId: uuid('partner_id').notNull(),
    name: text('name').notNull(),
    city: text('city').notNull(),
    country: text('country').notNull(),
    latitude: doublePrecision('latitude'),
    longitude: doublePrecision('longitude'),
    timezone: text('timezone').notNull(),
    capacity: integer('capacity').notNull(),
    isActive: boolean('is_active').notNull(),
    version: integer('version').notNull(),
  },
  (table) => [index('venues_by_city').on(sql`lower(city)`), index('venues_by_country').on(table.country)],
)

/** Immutable versions of seating plans, from partner's events. */
export const seatingPlans = pgTable('seating_plans', {
  planId: uuid('plan_id').primaryKey(),
  venueId: uuid('venue_id').notNull(),
  partnerId: uuid('partner_id').notNull(),
  name: text('name').notNull(),
  version: integer('version').notNull(),
  seatCount: integer('seat_count').notNull(),
})

/** The seats of a plan in their order in the hall: `seat_no` counts from 0 through sections, rows and places. */
export const planSeats = pgTable(
  'plan_seats',
  {
    // No foreign key, here and in event_seats: its check was two thirds of the time to insert forty thousand seats,
    // and they are only ever inserted in the transaction of their plan or event.
    planId: uuid('plan_id').notNull(),
    seatNo: integer('seat_no').notNull(),
    seatId: text('seat_id').notNull(),
    rowNo: integer('row_no').notNull(),
    number: text('number').notNull(),
    category: text('category').notNull(),
    accessible: boolean('accessible').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.planId, table.seatNo] }),
    uniqueIndex('plan_seats_id_once').on(table.planId, table.seatId),
  ],
)

/** The rows of a plan: seats `base_seat` to `base_seat + width - 1`. Counted from 0 in the plan's order, which is best first. */
export const planRows = pgTable(
  'plan_rows',
  {
    planId: uuid('plan_id')
      .notNull()
      .references(() => seatingPlans.planId),
    rowNo: integer('row_no').notNull(),
    section: text('section').notNull(),
    row: text('row').notNull(),
    baseSeat: integer('base_seat').notNull(),
    width: integer('width').notNull(),
  },
  (table) => [primaryKey({ columns: [table.planId, table.rowNo] })],
)

/** General-admission areas of a plan. */
export const planAreas = pgTable(
  'plan_areas',
  {
    planId: uuid('plan_id')
      .notNull()
      .references(() => seatingPlans.planId),
    name: text('name').notNull(),
    category: text('category').notNull(),
    capacity: integer('capacity').notNull(),
  },
  (table) => [primaryKey({ columns: [table.planId, table.name] })],
)

export const events = pgTable(
  'events',
  {
    id: uuid('id').primaryKey(),
    partnerId: uuid('partner_id').notNull(),
    venueId: uuid('venue_id')
      .notNull()
      .references(() => venues.venueId),
    seatingPlanId: uuid('seating_plan_id').references(() => seatingPlans.planId),
    title: text('title').notNull(),
    description: text('description'),
    category: text('category', { enum: EVENT_CATEGORIES }).notNull(),
    status: text('status', { enum: EVENT_STATUSES }).notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    doorsAt: instant('doors_at').notNull(),
    timezone: text('timezone').notNull(),
    salesOpenAt: instant('sales_open_at'),
    salesCloseAt: instant('sales_close_at').notNull(),
    currency: text('currency').notNull(),
    imageUrl: text('image_url'),
    maxTicketsPerBuyer: integer('max_tickets_per_buyer').notNull(),
    createdAt: instant('created_at').notNull(),
    publishedAt: instant('published_at'),
    /** Letters and digits only, so that `AC/DC` is two words here and in a search. */
    titleWords: tsvector('title_words').generatedAlwaysAs(
      sql`to_tsvector('simple', regexp_replace(title, '[^[:alnum:]]+', ' ', 'g'))`,
    ),
  },
  (table) => [
    check('events_status', oneOf('status', EVENT_STATUSES)),
    check('events_category', oneOf('category', EVENT_CATEGORIES)),
    check('events_end_after_start', sql`ends_at > starts_at`),
    check('events_doors_before_start', sql`doors_at <= starts_at`),
    check('events_sales_close_after_open', sql`sales_open_at is null or sales_close_at > sales_open_at`),
    check(
      'events_published_when_on_sale',
      sql`status = 'DRAFT' or (published_at is not null and sales_open_at is not null)`,
    ),
    check('events_currency', sql`currency ~ '^[A-Z]{3}$'`),
    check('events_max_tickets', sql`max_tickets_per_buyer between 1 and 100`),
    index('events_by_start').on(table.status, table.startsAt, table.id),
    index('events_by_category').on(table.status, table.category, table.startsAt, table.id),
    index('events_by_partner').on(table.partnerId, table.startsAt, table.id),
    index('events_by_venue').on(table.venueId, table.startsAt, table.id),
    index('events_by_title_words').using('gin', table.titleWords),
  ],
)

/** The kinds of ticket of an event, numbered from 1 within it so that a seat can name its type in two bytes. */
export const ticketTypes = pgTable(
  'ticket_types',
  {
    id: uuid('id').primaryKey(),
    eventId: uuid('event_id')
      .notNull()
      .references(() => events.id),
    no: smallint('no').notNull(),
    name: text('name').notNull(),
    seated: boolean('seated').notNull(),
    category: text('category'),
    price: money('price').notNull(),
    capacity: integer('capacity').notNull(),
    minPerBooking: integer('min_per_booking').notNull(),
    maxPerBooking: integer('max_per_booking').notNull(),
  },
  (table) => [
    uniqueIndex('ticket_types_no_once').on(table.eventId, table.no),
    uniqueIndex('ticket_types_name_once').on(table.eventId, table.name),
    uniqueIndex('ticket_types_seated_category_once')
      .on(table.eventId, table.category)
      .where(sql`seated`),
    check('ticket_types_price', sql`price >= 0`),
    check('ticket_types_capacity', sql`capacity >= 0`),
    check('ticket_types_seated_has_category', sql`not seated or category is not null`),
    check('ticket_types_per_booking', sql`min_per_booking between 1 and max_per_booking`),
  ],
)

/** What is left of a general-admission ticket type: the hot row of a sale, kept apart from everything that does not change. */
export const admissionStock = pgTable(
  'admission_stock',
  {
    ticketTypeId: uuid('ticket_type_id')
      .primaryKey()
      .references(() => ticketTypes.id),
    eventId: uuid('event_id').notNull(),
    capacity: integer('capacity').notNull(),
    available: integer('available').notNull(),
    /** No hold of this type expires before this: while it lies ahead, a shortage is real. */
    nextDue: timestamp('next_due', { withTimezone: true })
      .notNull()
      .default(sql`'infinity'`),
  },
  () => [check('admission_stock_never_oversold', sql`available between 0 and capacity`)],
)

/**
 * One row for each seat of a published event. Free means `expires_at <= now()`; sold means `infinity`. No index but the
 * key, and room on each page, so that taking a seat rewrites its row in place (a HOT update).
 */
export const eventSeats = pgTable(
  'event_seats',
  {
    eventId: uuid('event_id').notNull(),
    seatNo: integer('seat_no').notNull(),
    /** Null: not for sale. */
    ticketTypeNo: smallint('ticket_type_no'),
    /** Who has it, or had it until `expires_at`. */
    bookingId: uuid('booking_id'),
    expiresAt: timestamp('expires_at', { withTimezone: true })
      .notNull()
      .default(sql`'-infinity'`),
  },
  (table) => [primaryKey({ columns: [table.eventId, table.seatNo] })],
)

/**
 * Which seats of a row seem free, as bits: where best-available looks first. It is only a hint, and event_seats decides;
 * a row whose hint was wrong, or in which a hold has run out, is read again from there. Seats of another ticket type and
 * accessible seats are not in the mask. Rows wider than 60 seats are several hints.
 */
export const seatRowHints = pgTable(
  'seat_row_hints',
  {
    eventId: uuid('event_id')
      .notNull()
      .references(() => events.id),
    ticketTypeNo: smallint('ticket_type_no').notNull(),
    /** The seat of bit 0. */
    baseSeat: integer('base_seat').notNull(),
    width: smallint('width').notNull(),
    /** Best first. */
    rank: integer('rank').notNull(),
    /** The seats that may be given out here. */
    mask: bigint('mask', { mode: 'bigint' }).notNull(),
    /** Those of them that seem free. */
    free: bigint('free', { mode: 'bigint' }).notNull(),
    /** Bit n - 1 is set when there is a run of exactly n free seats; see `run_lengths`. */
    runs: bigint('runs', { mode: 'bigint' }).notNull(),
    /** Sold-out rows leave the index, and only then is it written. */
    open: boolean('open')
      .notNull()
      .generatedAlwaysAs(sql`free <> 0`),
    /** No seat outside `free` comes back by itself before this. */
    nextDue: timestamp('next_due', { withTimezone: true })
      .notNull()
      .default(sql`'infinity'`),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.ticketTypeNo, table.baseSeat] }),
    index('seat_row_hints_open')
      .on(table.eventId, table.ticketTypeNo, table.rank)
      .where(sql`open`),
    // Only for those who say `next_due < 'infinity'`: it is small, and a planner without statistics would like it for all.
    index('seat_row_hints_due')
      .on(table.eventId, table.ticketTypeNo, table.nextDue)
      .where(sql`next_due < 'infinity'`),
    check('seat_row_hints_width', sql`width between 1 and 60`),
    check('seat_row_hints_free_within_mask', sql`free & mask = free`),
  ],
)

/** So many tickets of one type at the price that was shown. */
export interface BookingLine {
  readonly ticketTypeId: string
  readonly quantity: number
  readonly unitPrice: number
}

/** The terms under which a buyer may cancel, frozen at checkout. */
export interface CancellationPolicy {
  /** The last instant, ISO 8601. */
  readonly until: string
  /** How much of the price comes back, in basis points. */
  readonly refundBasisPoints: number
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
    total: money('total').notNull(),
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
    check('bookings_status', oneOf('status', BOOKING_STATUSES)),
    check('bookings_quantity', sql`quantity > 0`),
    check('bookings_total', sql`total >= 0`),
    check('bookings_seats_or_admission', sql`(seat_nos is null) <> (ticket_type_id is null)`),
    check('bookings_seats_fit_quantity', sql`seat_nos is null or cardinality(seat_nos) = quantity`),
    check(
      'bookings_checked_out_has_reference',
      sql`status in ('HELD', 'RELEASED') or status = 'EXPIRED' or reference is not null`,
    ),
  ],
)

/** Tickets. At most one that lets somebody in, or has, for each seat of an event: the second line of defence against overselling. */
export const tickets = pgTable(
  'tickets',
  {
    id: uuid('id').primaryKey(),
    bookingId: uuid('booking_id')
      .notNull()
      .references(() => bookings.id),
    eventId: uuid('event_id').notNull(),
    userId: uuid('user_id').notNull(),
    ticketTypeId: uuid('ticket_type_id').notNull(),
    seatNo: integer('seat_no'),
    /** Counts the tickets of the booking from 1, so that repeating an issue cannot add one. */
    no: smallint('no').notNull(),
    price: money('price').notNull(),
    status: text('status', { enum: TICKET_STATUSES }).notNull(),
    codeVersion: smallint('code_version').notNull().default(1),
    holderName: text('holder_name'),
    usedAt: instant('used_at'),
    usedGate: text('used_gate'),
  },
  (table) => [
    uniqueIndex('tickets_one_live_per_seat')
      .on(table.eventId, table.seatNo)
      .where(sql`seat_no is not null and status in ('ACTIVE', 'USED')`),
    uniqueIndex('tickets_no_once').on(table.bookingId, table.no),
    check('tickets_status', oneOf('status', TICKET_STATUSES)),
    check('tickets_used_when_and_where', sql`(status = 'USED') <= (used_at is not null and used_gate is not null)`),
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
    at: instant('at').notNull(),
  },
  (table) => [
    uniqueIndex('booking_payments_one_good')
      .on(table.bookingId)
      .where(sql`outcome = 'TICKETS'`),
    index('booking_payments_by_booking').on(table.bookingId),
    check('booking_payments_outcome', oneOf('outcome', ['TICKETS', 'REFUND'])),
  ],
)

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
    status: text('status', { enum: ['REQUESTED', 'SUCCEEDED', 'FAILED'] }).notNull(),
    requestedAt: instant('requested_at').notNull(),
  },
  (table) => [
    uniqueIndex('booking_refunds_once_per_payment').on(table.paymentId),
    foreignKey({ columns: [table.paymentId], foreignColumns: [bookingPayments.paymentId] }),
    check('booking_refunds_amount', sql`amount > 0`),
    check('booking_refunds_status', oneOf('status', ['REQUESTED', 'SUCCEEDED', 'FAILED'])),
  ],
)

/** Each event's own Ed25519 key pair; the private half is sealed with the service's key. */
export const eventKeys = pgTable('event_keys', {
  eventId: uuid('event_id')
    .primaryKey()
    .references(() => events.id),
  publicKey: bytea('public_key').notNull(),
  sealedPrivateKey: bytea('sealed_private_key').notNull(),
})

/** Every scan at a door, let in or not, for ever. */
export const checkIns = pgTable(
  'check_ins',
  {
    id: uuid('id').primaryKey(),
    eventId: uuid('event_id').notNull(),
    nonce: text('nonce').notNull(),
    /** SHA-256 of what was scanned, in hexadecimal; null for scans from before it was kept, which none repeats. */
    codeHash: text('code_hash'),
    ticketId: uuid('ticket_id'),
    gate: text('gate').notNull(),
    scannedBy: text('scanned_by').notNull(),
    accepted: boolean('accepted').notNull(),
    reason: text('reason', { enum: CHECK_IN_REASONS }),
    at: instant('at').notNull(),
  },
  (table) => [
    uniqueIndex('check_ins_nonce_once').on(table.eventId, table.scannedBy, table.nonce),
    uniqueIndex('check_ins_one_entry')
      .on(table.ticketId)
      .where(sql`accepted`),
    check('check_ins_reason', sql`accepted = (reason is null)`),
  ],
)
