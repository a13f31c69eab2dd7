import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { sql } from 'drizzle-orm'

/** The advisory lock of the instance that expires. The number has no meaning; it must not change. */
const EXPIRY_LOCK = 7_215_430_101

/** Makes this instance the one that expires, until the transaction ends; false when another one is. */
export async function takeExpiryTurn(tx: Transaction): Promise<boolean> {
  const { rows } = await tx.execute<{ taken: boolean }>(sql`select pg_try_advisory_xact_lock(${EXPIRY_LOCK}) as taken`)
  return rows[0]?.taken ?? false
}

/**
 * Ends holds and pending bookings that have run out and puts their general-admission units back on sale; seats have
 * been free since they ran out. Publishes `booking.expired` and `booking.payment_cancel_requested` for those that had
 * been checked out, and the caller wakes the relay. At most `atMost` of each ticket type and of those with seats;
 * returns how many it were. Safe to run in several places at once: each booking expires once.
 *
 * The function is in drizzle/booking, because a hold that finds nothing left calls it too.
 */
export async function expireBookings(db: Queryable, atMost: number): Promise<number> {
  const { rows } = await db.execute<{ expired: number }>(sql`select expire_bookings(${atMost}::integer) as expired`)
  return rows[0]?.expired ?? 0
}
