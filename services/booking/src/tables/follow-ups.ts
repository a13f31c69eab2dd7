import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant, oneOf } from './columns.ts'
import { events } from './events.ts'

export const FOLLOW_UP_KINDS = ['CANCEL', 'RESCHEDULE', 'COMPLETE'] as const

/** What an event's bookings still have to hear or undergo after the event itself was changed: a few at a time. */
export const eventFollowUps = pgTable(
  'event_follow_ups',
  {
    id: uuid('id').primaryKey(),
    eventId: uuid('event_id')
      .notNull()
      .references(() => events.id),
    kind: text('kind', { enum: FOLLOW_UP_KINDS }).notNull(),
    /** How many bookings it concerned when it began. */
    bookings: integer('bookings').notNull(),
    /** Bookings up to this one have had their turn; null at the beginning, and of a pass that begins anew. */
    afterBooking: uuid('after_booking'),
    startedAt: instant('started_at').notNull(),
    /** Nobody looks at it before this: the rate, and who has it in hand. */
    nextAt: instant('next_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    index('event_follow_ups_due')
      .on(table.nextAt)
      .where(sql`finished_at is null`),
    index('event_follow_ups_by_event').on(table.eventId, table.startedAt),
    uniqueIndex('event_follow_ups_one_cancellation')
      .on(table.eventId)
      .where(sql`kind = 'CANCEL'`),
    check('event_follow_ups_kind', oneOf('kind', FOLLOW_UP_KINDS)),
  ],
)
