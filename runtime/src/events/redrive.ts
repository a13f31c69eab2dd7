import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Queryable } from '../database.ts'
import { inbox } from './tables.ts'

/** Tries a dead or parked event again at once, from its first attempt. False when there is no such event. */
export async function redriveEvent(tx: Queryable, eventId: string): Promise<boolean> {
  const redriven = await tx
    .update(inbox)
    .set({ status: 'waiting', attempts: 0, nextAttemptAt: null })
    .where(and(eq(inbox.id, eventId), inArray(inbox.status, ['dead', 'waiting'])))
    .returning({ id: inbox.id })
  return redriven.length > 0
}

/** Gives a dead or parked event up for good, so that later events of its key go on. False when there is no such event. */
export async function skipEvent(tx: Queryable, eventId: string): Promise<boolean> {
  const skipped = await tx
    .update(inbox)
    .set({ status: 'skipped', handledAt: sql`now()` })
    .where(and(eq(inbox.id, eventId), inArray(inbox.status, ['dead', 'waiting'])))
    .returning({ id: inbox.id })
  return skipped.length > 0
}
