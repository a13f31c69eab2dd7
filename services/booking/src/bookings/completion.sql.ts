import { and, asc, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { bookings, events } from '../tables.ts'
import type { Transition } from './booking.saga.ts'

/** Published events that ended before so many minutes ago, those that ended first first. */
export async function eventsOver(db: Queryable, minutesAgo: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: events.id })
    .from(events)
    .where(and(eq(events.status, 'PUBLISHED'), lte(events.endsAt, sql`now() - make_interval(mins => ${minutesAgo})`)))
    .orderBy(asc(events.endsAt))
    .limit(limit)
  return rows.map(({ id }) => id)
}

/** Carries the row of the saga out for bookings of an event, at most so many; returns which. */
export async function moveBookingsOfEvent(
  tx: Transaction,
  eventId: string,
  { from, to }: Transition,
  atMost: number,
): Promise<string[]> {
  if (to === 'same') return []
  const some = tx
    .select({ id: bookings.id })
    .from(bookings)
    // What has no reference is a hold, and not in the index of an event's bookings.
    .where(and(eq(bookings.eventId, eventId), isNotNull(bookings.reference), inArray(bookings.status, [...from])))
    .orderBy(asc(bookings.id))
    .limit(atMost)
    .for('update')
  const moved = await tx
    .update(bookings)
    .set({ status: to })
    .where(inArray(bookings.id, some))
    .returning({ id: bookings.id })
  return moved.map(({ id }) => id)
}

/** Writes down that an event has happened; undefined when that was known. */
export async function markCompleted(tx: Transaction, eventId: string) {
  const [completed] = await tx
    .update(events)
    .set({ status: 'COMPLETED' })
    .where(and(eq(events.id, eventId), eq(events.status, 'PUBLISHED')))
    .returning({
      partnerId: events.partnerId,
      venueId: events.venueId,
      title: events.title,
      endsAt: events.endsAt,
      at: sql<Date>`now()`.mapWith(events.endsAt),
    })
  return completed
}
