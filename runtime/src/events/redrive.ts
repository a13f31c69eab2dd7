import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
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

/** An event that was given up. */
export interface DeadRow {
  /** Where it stands in the inbox, as the place to continue a list after. */
  readonly sequence: number
  readonly id: string
  readonly source: string
  readonly type: string
  readonly version: number
  readonly key: string
  readonly correlationId: string
  readonly occurredAt: Date
  readonly receivedAt: Date
  readonly attempts: number
  readonly lastError: string | null
  /** Later events of its key, which wait behind it. */
  readonly blocked: number
}

/** Events that were given up, the oldest first. The facts themselves stay out: they may be about somebody. */
export function deadEvents(db: Queryable, { after, limit }: { after: number; limit: number }): Promise<DeadRow[]> {
  return db
    .select({
      sequence: inbox.sequence,
      id: inbox.id,
      source: inbox.source,
      type: inbox.type,
      version: inbox.version,
      key: inbox.key,
      correlationId: inbox.correlationId,
      occurredAt: inbox.occurredAt,
      receivedAt: inbox.receivedAt,
      attempts: inbox.attempts,
      lastError: inbox.lastError,
      blocked: sql<number>`(
        select count(*)::int from inbox as later
        where later.status = 'waiting' and later.lane = inbox.lane and later.key = inbox.key and later.sequence > inbox.sequence)`,
    })
    .from(inbox)
    .where(and(eq(inbox.status, 'dead'), gt(inbox.sequence, after)))
    .orderBy(asc(inbox.sequence))
    .limit(limit)
}

/** The dead events of these ids, or the oldest `limit` of all, for as long as the transaction lasts. */
export function deadForUpdate(
  tx: Queryable,
  { eventIds, limit }: { eventIds: readonly string[] | undefined; limit: number },
): Promise<{ id: string; type: string; key: string; attempts: number }[]> {
  return tx
    .select({ id: inbox.id, type: inbox.type, key: inbox.key, attempts: inbox.attempts })
    .from(inbox)
    .where(and(eq(inbox.status, 'dead'), eventIds && inArray(inbox.id, [...eventIds])))
    .orderBy(asc(inbox.sequence))
    .limit(limit)
    .for('update')
}
