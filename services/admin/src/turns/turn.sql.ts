import { sql } from 'drizzle-orm'
import type { Transaction } from '@tikitu/runtime/database'

/** The number has no meaning; it must not change. */
const TURN_LOCK = 7_215_430_101

/**
 * Makes this transaction the only one that writes the audit log or the counters, until it ends. Events are handled in
 * several lanes at once, many to a transaction: without turns, two that count the same things in another order would
 * deadlock. A transaction that locks other rows as well locks those first.
 */
export async function takeTurn(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${TURN_LOCK})`)
}
