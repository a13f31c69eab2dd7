import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, pgTable, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant, money, oneOf } from './columns.ts'
import { venues, seatingPlans } from './venues.ts'

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

/** Through whom tickets are sold: to everybody, by the partner itself, or at the door. */
export const SALES_CHANNELS = ['PUBLIC', 'PARTNER', 'DOOR'] as const

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
    /** The most that it has been since the event is on sale: who bought by a limit that was lowered keeps the tickets. A trigger writes it. */
    maxTicketsEver: integer('max_tickets_ever').notNull().default(0),
    createdAt: instant('created_at').notNull(),
    publishedAt: instant('published_at'),
    cancelledAt: instant('cancelled_at'),
    /** What its partner told the buyers. */
    cancelReason: text('cancel_reason'),
    /** When its times were changed last, and what its partner told the buyers. */
    rescheduledAt: instant('rescheduled_at'),
    rescheduleReason: text('reschedule_reason'),
    /** Until when whoever bought before `rescheduledAt` may have all their money back. */
    refundableUntil: instant('refundable_until'),
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
    check(
      'events_cancelled_when_and_why',
      sql`cancelled_at is null or (status = 'CANCELLED' and cancel_reason is not null)`,
    ),
    check('events_rescheduled_refundable', sql`(rescheduled_at is null) = (refundable_until is null)`),
    check('events_currency', sql`currency ~ '^[A-Z]{3}$'`),
    check('events_max_tickets', sql`max_tickets_per_buyer between 1 and 100`),
    index('events_by_end')
      .on(table.endsAt)
      .where(sql`status = 'PUBLISHED'`),
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
    /** Null: with the event's sales. Always within them. */
    salesOpenAt: instant('sales_open_at'),
    salesCloseAt: instant('sales_close_at'),
    /** Whose allotment it is. */
    channel: text('channel', { enum: SALES_CHANNELS }).notNull().default('PUBLIC'),
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
    check('ticket_types_channel', oneOf('channel', SALES_CHANNELS)),
    check('ticket_types_sales_close_after_open', sql`sales_close_at > sales_open_at`),
    check('ticket_types_per_booking', sql`min_per_booking between 1 and max_per_booking`),
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
