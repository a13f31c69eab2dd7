import { sql } from 'drizzle-orm'
import {
  boolean,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

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
    /** Which of its places, from 0, is closest to what people look at, and how far that is; null when nobody said. */
    focusPlace: smallint('focus_place'),
    focusDistance: doublePrecision('focus_distance'),
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
