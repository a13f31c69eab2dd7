import { integer, pgTable, primaryKey, timestamp, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'

/**
 * The compact seat map of an event as it was last read from event_seats, which alone decide. Nobody who takes a seat
 * writes here: whoever shows the map reads the seats again when it has grown old, and counts the version up when they differ.
 */
export const seatMaps = pgTable('seat_maps', {
  eventId: uuid('event_id').primaryKey(),
  version: integer('version').notNull(),
  /** The plan whose seats these are. */
  planId: uuid('plan_id').notNull(),
  /** Two bits a seat, in the plan's order. */
  states: bytea('states').notNull(),
  /** When the seats were read. */
  readAt: timestamp('read_at', { withTimezone: true }).notNull(),
})

/** What led from each version of a seat map to the next. Only the newest are kept: who is further behind loads the map again. */
export const seatMapChanges = pgTable(
  'seat_map_changes',
  {
    eventId: uuid('event_id').notNull(),
    /** The version that it led to. */
    version: integer('version').notNull(),
    seatNos: integer('seat_nos').array().notNull(),
    /** Two bits a seat, in the order of `seatNos`. */
    states: bytea('states').notNull(),
    at: instant('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.eventId, table.version] })],
)
