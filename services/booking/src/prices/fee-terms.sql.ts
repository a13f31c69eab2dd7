import { desc, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { feeTerms } from '../tables.ts'
import type { FeeTerms } from './price.rules.ts'

/** Terms, and since when they are in force. */
export type DatedTerms = typeof feeTerms.$inferSelect

/** All terms that there were, newest first. Async, because a query of Drizzle's is asked again by each `await` of it. */
export async function allFeeTerms(db: Queryable): Promise<DatedTerms[]> {
  return db.select().from(feeTerms).orderBy(desc(feeTerms.effectiveAt))
}

/**
 * How long after they are written new terms come into force, in seconds: by then every instance has read them, so that
 * nobody is shown a price by older ones for a hold that is made under them.
 */
const NOTICE_SECONDS = 2

/** Makes other terms those of the future. */
export async function insertFeeTerms(tx: Transaction, terms: FeeTerms): Promise<void> {
  // After all others, two changes within a millisecond included.
  await tx.execute(sql`
    insert into fee_terms (effective_at, fee_basis_points, fee_fixed_per_ticket, tax_basis_points)
    select greatest(clock_timestamp() + make_interval(secs => ${NOTICE_SECONDS}), max(effective_at) + interval '1 ms'),
           ${terms.feeBasisPoints}, ${terms.feeFixedPerTicket}, ${terms.taxBasisPoints}
      from fee_terms`)
}

/** Makes changes of the terms wait for each other. */
export async function lockFeeTerms(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('fee terms', 3))`)
}
