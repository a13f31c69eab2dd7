import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import { events, ticketTypes } from './events.ts'

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
    /** The bit that is closest to what people look at: where groups are put first. Null: from the left. */
    focus: smallint('focus'),
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
