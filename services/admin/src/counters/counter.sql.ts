import { sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { platformCounters, verifiedPartners } from '../tables.ts'

/** A counter's value. */
export type CounterRow = typeof platformCounters.$inferSelect

/** Adds to a counter. */
export async function addToCounter(tx: Transaction, addend: CounterRow): Promise<void> {
  await tx
    .insert(platformCounters)
    .values(addend)
    .onConflictDoUpdate({
      target: [platformCounters.name, platformCounters.currency],
      set: { value: sql`${platformCounters.value} + excluded.value` },
    })
}

/** All counters, money by currency. */
export function allCounters(db: Queryable): Promise<CounterRow[]> {
  return db.select().from(platformCounters).orderBy(platformCounters.name, platformCounters.currency)
}

/** Remembers that the partner was verified; says whether this is the first time. */
export async function insertVerifiedPartner(tx: Transaction, partnerId: string): Promise<boolean> {
  const inserted = await tx.insert(verifiedPartners).values({ partnerId }).onConflictDoNothing().returning()
  return inserted.length > 0
}
