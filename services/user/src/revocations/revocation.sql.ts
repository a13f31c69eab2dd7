import { and, asc, eq, gt, lt, or, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { revocations, type RevocationRow } from '../tables.ts'

export type { RevocationRow } from '../tables.ts'

/** What is said of a person, or of one sign-in of theirs. */
export interface RevocationChange {
  readonly subject: string
  /** Empty for the person. */
  readonly signInId: string
  /** Undefined leaves it as it is. */
  readonly signedOutAt?: Date
  /** Undefined leaves it as it is. */
  readonly isClosed?: boolean
  readonly at: Date
}

/**
 * Lets one transaction after the other write down revocations, so that whoever has read up to a place in their order
 * misses nothing before it. To be the last lock of a transaction.
 */
export async function lockRevocations(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('revocations', 0))`)
}

/** Writes it down, at the end of the order. */
export async function writeRevocation(tx: Transaction, { at, ...change }: RevocationChange): Promise<void> {
  const row = { ...change, changedAt: at, place: sql`nextval('revocations_order')` }
  await tx
    .insert(revocations)
    .values(row)
    .onConflictDoUpdate({
      target: [revocations.subject, revocations.signInId],
      // Another transaction may have begun later and written earlier.
      set: { ...row, signedOutAt: sql`greatest(${revocations.signedOutAt}, excluded.signed_out_at)` },
    })
}

/** What comes after a place in the order; nothing about accounts that are open again for those who have heard nothing yet. */
export function revocationsAfter(db: Queryable, place: number, limit: number): Promise<RevocationRow[]> {
  const isInForce = or(eq(revocations.isClosed, true), sql`${revocations.signedOutAt} is not null`)
  return db
    .select()
    .from(revocations)
    .where(and(gt(revocations.place, place), place === 0 ? isInForce : undefined))
    .orderBy(asc(revocations.place))
    .limit(limit)
}

/** Forgets what was last changed before the instant, but for accounts that are closed. */
export async function deleteRevocations(db: Queryable, before: Date): Promise<void> {
  await db.delete(revocations).where(and(lt(revocations.changedAt, before), eq(revocations.isClosed, false)))
}
