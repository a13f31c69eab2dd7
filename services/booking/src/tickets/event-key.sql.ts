import { inArray } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { eventKeys } from '../tables.ts'

/** An event's key as it is stored. */
export type EventKeyRow = typeof eventKeys.$inferSelect

/** Gives the event its key, unless it has one. */
export async function insertEventKey(tx: Transaction, key: EventKeyRow): Promise<void> {
  await tx.insert(eventKeys).values(key).onConflictDoNothing()
}

/** The keys of events; an event that was never published has none. */
export function eventKeysByIds(db: Queryable, eventIds: readonly string[]): Promise<EventKeyRow[]> {
  return db
    .select()
    .from(eventKeys)
    .where(inArray(eventKeys.eventId, [...eventIds]))
}
