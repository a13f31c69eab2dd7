import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { and, eq, sql } from 'drizzle-orm'
import { bookings } from '../tables.ts'

/** Moves the end of a hold, and counts that; false when it is no live hold any more, by the clock of this statement. */
export async function prolongHold(tx: Transaction, id: string, until: Date): Promise<boolean> {
  const prolonged = await tx
    .update(bookings)
    .set({ expiresAt: until, extensions: sql`${bookings.extensions} + 1` })
    .where(and(eq(bookings.id, id), eq(bookings.status, 'HELD'), sql`${bookings.expiresAt} > clock_timestamp()`))
    .returning({ id: bookings.id })
  return prolonged.length > 0
}

/**
 * Deletes holds that ended more than so many days ago and never were a booking, at most so many; returns how many. Not
 * those whose key could still be repeated: that would make a new hold of it.
 */
export async function deleteEndedHolds(
  db: Queryable,
  { days, keyHours, atMost }: { readonly days: number; readonly keyHours: number; readonly atMost: number },
): Promise<number> {
  const { rowCount } = await db.execute(sql`
    delete from bookings
    where id in (
      select id from bookings
      where reference is null and ended_at is not null
        and ended_at < now() - greatest(make_interval(days => ${days}), make_interval(hours => ${keyHours}))
      order by ended_at
      limit ${atMost}
      for update skip locked
    )`)
  return rowCount ?? 0
}
