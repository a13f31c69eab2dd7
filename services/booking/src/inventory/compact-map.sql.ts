import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import { seatMapChanges, seatMaps } from '../tables.ts'
import { stateLetter } from './availability.sql.ts'

/** A stored map without its states. */
export interface MapHead {
  readonly version: number
  readonly planId: string
  readonly readAt: Date
  /** Whether it has grown old. */
  readonly isDue: boolean
}

const isOlderThan = (milliseconds: number) =>
  sql<boolean>`${seatMaps.readAt} <= clock_timestamp() - make_interval(secs => ${milliseconds / 1000})`

/** Whether there is a map of the event, and whether it is older than so many milliseconds. */
export async function mapHead(db: Queryable, eventId: string, ageMax: number): Promise<MapHead | undefined> {
  const { version, planId, readAt } = seatMaps
  const [head] = await db
    .select({ version, planId, readAt, isDue: isOlderThan(ageMax) })
    .from(seatMaps)
    .where(eq(seatMaps.eventId, eventId))
  return head
}

/** A stored map with its states. */
export async function storedMap(db: Queryable, eventId: string): Promise<typeof seatMaps.$inferSelect | undefined> {
  const [map] = await db.select().from(seatMaps).where(eq(seatMaps.eventId, eventId))
  return map
}

/** Makes room for the map of an event, so that there is something to lock. Version 0 is a map that nobody has seen. */
export async function insertMap(tx: Transaction, eventId: string, planId: string): Promise<void> {
  const nothing = { eventId, planId, version: 0, states: Buffer.alloc(0), readAt: sql`'epoch'` }
  await tx.insert(seatMaps).values(nothing).onConflictDoNothing()
}

/** Locks the map when it is older than so many milliseconds; undefined when it is not, or somebody else is at work. */
export async function lockOldMap(
  tx: Transaction,
  eventId: string,
  ageMax: number,
): Promise<typeof seatMaps.$inferSelect | undefined> {
  const [map] = await tx
    .select()
    .from(seatMaps)
    .where(and(eq(seatMaps.eventId, eventId), isOlderThan(ageMax)))
    .for('update', { skipLocked: true })
  return map
}

/**
 * The states of all seats of an event as letters, in the order of their numbers, and when that was. Seats of other ticket
 * types than these are blocked. By the clock of this
 * statement: the transaction's is that of before the lock, and a hold that ran out meanwhile would come to life again.
 */
export async function readSeats(
  tx: Transaction,
  eventId: string,
  typeNos: readonly number[],
): Promise<{ letters: string; at: Date }> {
  const { rows } = await tx.execute<{ letters: string | null; at: string }>(sql`
    select string_agg(${stateLetter(sql`statement_timestamp()`, typeNos)}, '' order by seat_no) as letters,
           to_json(statement_timestamp()) #>> '{}' as at
    from event_seats
    where event_id = ${eventId}`)
  const row = rows[0]
  if (!row) throw new Error('an aggregate without a row')
  return { letters: row.letters ?? '', at: new Date(row.at) }
}

/** Says that the seats were read and nothing had changed. */
export async function touchMap(tx: Transaction, eventId: string): Promise<void> {
  // Nothing is lost with it but a reading, and without this every look at a map would wait for the disk.
  await tx.execute(sql`set local synchronous_commit = off`)
  await tx
    .update(seatMaps)
    .set({ readAt: sql`clock_timestamp()` })
    .where(eq(seatMaps.eventId, eventId))
}

/** Replaces the map. */
export async function updateMap(
  tx: Transaction,
  { eventId, version, planId, states, readAt }: typeof seatMaps.$inferSelect,
): Promise<void> {
  await tx.update(seatMaps).set({ version, planId, states, readAt }).where(eq(seatMaps.eventId, eventId))
}

/** Remembers what led to a version, and forgets what led to versions before `oldest`. */
export async function insertChange(
  tx: Transaction,
  change: typeof seatMapChanges.$inferInsert,
  oldest: number,
): Promise<void> {
  await tx.insert(seatMapChanges).values(change)
  await tx
    .delete(seatMapChanges)
    .where(and(eq(seatMapChanges.eventId, change.eventId), lte(seatMapChanges.version, oldest)))
}

/** What led from one version to another, oldest first; one row for each version that is remembered. */
export function changesBetween(
  db: Queryable,
  eventId: string,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<(typeof seatMapChanges.$inferSelect)[]> {
  return db
    .select()
    .from(seatMapChanges)
    .where(
      and(eq(seatMapChanges.eventId, eventId), gt(seatMapChanges.version, after), lte(seatMapChanges.version, upTo)),
    )
    .orderBy(asc(seatMapChanges.version))
}

/** Forgets changes that are older than so many hours: what events that nobody watches any more have left. */
export async function forgetChanges(db: Queryable, hours: number): Promise<void> {
  await db.delete(seatMapChanges).where(sql`${seatMapChanges.at} < now() - make_interval(hours => ${hours})`)
}
