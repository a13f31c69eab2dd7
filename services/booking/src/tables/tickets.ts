import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, integer, pgTable, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant, money, oneOf } from './columns.ts'
import { bookings } from './bookings.ts'

export const TICKET_STATUSES = ['ACTIVE', 'USED', 'CANCELLED', 'EXPIRED'] as const

/** Tickets. At most one that lets somebody in, or has, for each seat of an event: the second line of defence against overselling. */
export const tickets = pgTable(
  'tickets',
  {
    id: uuid('id').primaryKey(),
    bookingId: uuid('booking_id')
      .notNull()
      .references(() => bookings.id),
    eventId: uuid('event_id').notNull(),
    /** Who has it now: the buyer, or whom it was transferred to. */
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
    /** Whether its holder is in the house now. */
    inside: boolean('inside').notNull().default(false),
    /** How often it went through a door with network; each is `check_ins.passage` once. */
    passages: smallint('passages').notNull().default(0),
    /** The transaction that changed it last, written by a trigger: what doors without network ask by. */
    changedIn: bigint('changed_in', { mode: 'number' }).notNull().default(0),
  },
  (table) => [
    uniqueIndex('tickets_one_live_per_seat')
      .on(table.eventId, table.seatNo)
      .where(sql`seat_no is not null and status in ('ACTIVE', 'USED')`),
    index('tickets_by_change').on(table.eventId, table.changedIn, table.id),
    index('tickets_by_user').on(table.userId, table.id),
    uniqueIndex('tickets_no_once').on(table.bookingId, table.no),
    check('tickets_status', oneOf('status', TICKET_STATUSES)),
    check('tickets_inside_was_used', sql`not inside or used_at is not null`),
    check('tickets_used_when_and_where', sql`(status = 'USED') <= (used_at is not null and used_gate is not null)`),
  ],
)
