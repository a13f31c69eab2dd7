import { and, asc, eq, sql } from 'drizzle-orm'
import type { Queryable } from '@tikitu/runtime/database'
import { tickets } from '../tables.ts'

/** Where a list of tickets by their last change goes on. */
export interface Place {
  readonly changedIn: number
  readonly id: string
}

/** What a door knows of a ticket. */
export type TicketState = Awaited<ReturnType<typeof ticketsChangedSince>>[number]

/** The oldest transaction that is not over: whatever it and later ones write may not be seen yet. */
export async function oldestUnfinished(db: Queryable): Promise<number> {
  const { rows } = await db.execute<{ oldest: string }>(
    sql`select pg_snapshot_xmin(pg_current_snapshot())::text as oldest`,
  )
  return Number(rows[0]?.oldest)
}

/** Tickets of an event after this place, in the order of the transactions that changed them last. */
export function ticketsChangedSince(
  db: Queryable,
  { eventId, after, limit }: { eventId: string; after: Place; limit: number },
) {
  const { id, codeVersion, status, inside, changedIn } = tickets
  return db
    .select({ id, codeVersion, status, inside, changedIn })
    .from(tickets)
    .where(
      and(eq(tickets.eventId, eventId), sql`(${changedIn}, ${id}) > (${after.changedIn}::bigint, ${after.id}::uuid)`),
    )
    .orderBy(asc(changedIn), asc(id))
    .limit(limit)
}
