import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, jsonb, pgTable, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { LANES } from './lanes.ts'

/*
 * The tables of the event machinery. A service re-exports all of them from its own tables.ts
 * (`export * from '@tikitu/runtime/events/tables'`), so that its migrations create them.
 */

/**
 * Facts to be published, written in the transaction that made them true.
 *
 * Code calls `emit`. A PL/pgSQL function on the hot path inserts by itself and gives `type`, `key` and `data`
 * (which must match the event's declared shape and key), `version` when it is not 1, and the trace columns when
 * it was handed them; it never touches `sequence`, `id`, `position` and `created_at`.
 */
export const outbox = pgTable(
  'outbox',
  {
    /** The order in which rows were written. Assigned before the commit, so a lower number may become visible later. */
    sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The event's id, by which every consumer knows a repetition. */
    id: uuid('id')
      .notNull()
      .default(sql`uuidv7()`),
    /** The event type, for example `booking.confirmed`. */
    type: text('type').notNull(),
    /** The version of the shape of `data`. */
    version: integer('version').notNull().default(1),
    /** The partition key: events of one key are handled in order. */
    key: text('key').notNull(),
    /** The fact itself, in the shape that the event type declares. */
    data: jsonb('data').notNull(),
    /** The request that all of this began with; the event's own id when nobody said. */
    correlationId: text('correlation_id'),
    /** The event or job that was being handled. */
    causationId: text('causation_id'),
    /** W3C trace context. */
    traceparent: text('traceparent'),
    createdAt: timestamp('created_at', { withTimezone: true })
      .notNull()
      .default(sql`now()`),
    /** Where the event stands in the order of publication. Null until the relay has seen it committed. */
    position: bigint('position', { mode: 'number' }),
  },
  // One index serves both questions of the relay: what has no position yet, and what comes after a cursor.
  (table) => [index('outbox_position').on(table.position, table.sequence)],
)

/**
 * How far the outbox has been numbered (the row `outbox`) and delivered (a row for each pipe of the transport,
 * for example one for each consumer). Everything up to `position` is durable at the other end.
 */
export const outboxCursors = pgTable('outbox_cursors', {
  name: text('name').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull().default(0),
  movedAt: timestamp('moved_at', { withTimezone: true })
    .notNull()
    .default(sql`now()`),
  /** Since when delivery has failed; null while it works. */
  failingSince: timestamp('failing_since', { withTimezone: true }),
  lastError: text('last_error'),
})

/** Events that other services (or this one) published, each exactly once, with what became of it here. */
export const inbox = pgTable(
  'inbox',
  {
    /** The order of arrival, which within one publisher is its order of publication. */
    sequence: bigint('sequence', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The event's id. A repetition is refused by this constraint. */
    id: uuid('id').notNull().unique('inbox_event_once'),
    /** The publisher, as the envelope names it: `/tikitu/booking`. */
    source: text('source').notNull(),
    type: text('type').notNull(),
    version: integer('version').notNull(),
    key: text('key').notNull(),
    lane: smallint('lane')
      .notNull()
      .generatedAlwaysAs(sql.raw(`(hashtext(key) & ${LANES - 1})::smallint`)),
    /** When the publisher committed the fact, by the publisher's clock. */
    occurredAt: timestamp('occurred_at', { withTimezone: true }).notNull(),
    /** The publisher's own numbering, as text that sorts. */
    position: text('position').notNull(),
    correlationId: text('correlation_id').notNull(),
    causationId: text('causation_id'),
    traceparent: text('traceparent'),
    data: jsonb('data').notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true })
      .notNull()
      .default(sql`now()`),
    /** `dead`: given up until somebody redrives or skips it; later events of its key wait behind it. */
    status: text('status', { enum: ['waiting', 'handled', 'dead', 'skipped'] })
      .notNull()
      .default('waiting'),
    /** How many times handling has failed. */
    attempts: integer('attempts').notNull().default(0),
    /** Not before this instant; null means as soon as possible. Later events of its key wait behind it. */
    nextAttemptAt: timestamp('next_attempt_at', { withTimezone: true }),
    lastError: text('last_error'),
    /** When it was handled or skipped. */
    handledAt: timestamp('handled_at', { withTimezone: true }),
  },
  (table) => [
    check('inbox_status', sql`${table.status} in ('waiting', 'handled', 'dead', 'skipped')`),
    index('inbox_waiting')
      .on(table.lane, table.sequence)
      .where(sql`status = 'waiting'`),
    // Only what blocks its key, which is next to nothing: the rows that wait behind it are found in their lane.
    index('inbox_blocking')
      .on(table.key, table.sequence)
      .where(sql`status = 'dead' or (status = 'waiting' and next_attempt_at is not null)`),
  ],
)
