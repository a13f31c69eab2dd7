import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import type { ProviderName } from '../providers/provider.ts'
import type { RefundRow } from '../refunds/refund.sql.ts'
import { disputes, refunds } from '../tables.ts'
import type { DisputeStatus } from './dispute.rules.ts'

/** A payment that a buyer's bank took back. */
export type DisputeRow = typeof disputes.$inferSelect

/** The dispute that the provider names so, locked; null when nothing was heard of it. */
export async function disputeForUpdate(
  tx: Transaction,
  provider: ProviderName,
  providerRef: string,
): Promise<DisputeRow | null> {
  const [dispute] = await tx
    .select()
    .from(disputes)
    .where(and(eq(disputes.provider, provider), eq(disputes.providerRef, providerRef)))
    .for('no key update')
  return dispute ?? null
}

/** How those of these disputes stand of which we have heard, by the provider's names for them. */
export async function knownDisputes(
  db: Queryable,
  provider: ProviderName,
  refs: readonly string[],
): Promise<ReadonlyMap<string, DisputeStatus>> {
  const rows = await db
    .select({ ref: disputes.providerRef, status: disputes.status })
    .from(disputes)
    .where(and(eq(disputes.provider, provider), inArray(disputes.providerRef, [...refs])))
  return new Map(rows.map(({ ref, status }) => [ref, status]))
}

/** Writes a dispute down. */
export async function insertDispute(tx: Transaction, dispute: typeof disputes.$inferInsert): Promise<DisputeRow> {
  const [inserted] = await tx.insert(disputes).values(dispute).returning()
  if (!inserted) throw new Error(`dispute ${dispute.id} was not written down`)
  return inserted
}

/** Changes a dispute that the caller has locked. */
export async function updateDispute(
  tx: Transaction,
  id: string,
  changes: Partial<typeof disputes.$inferInsert>,
): Promise<void> {
  await tx.update(disputes).set(changes).where(eq(disputes.id, id))
}

/** The disputes of a payment that are not decided, oldest first, locked. */
export async function openDisputesForUpdate(tx: Transaction, paymentId: string): Promise<DisputeRow[]> {
  return tx
    .select()
    .from(disputes)
    .where(and(eq(disputes.paymentId, paymentId), eq(disputes.status, 'OPEN')))
    .orderBy(asc(disputes.openedAt), asc(disputes.id))
    .for('no key update')
}

/** Refunds that are promised a part of this payment and were not sent to the provider, oldest first, locked. */
export async function unsentRefunds(tx: Transaction, paymentId: string): Promise<RefundRow[]> {
  return tx
    .select()
    .from(refunds)
    .where(
      and(
        eq(refunds.paymentId, paymentId),
        eq(refunds.reserved, true),
        inArray(refunds.status, ['REQUESTED', 'AWAITING_APPROVAL', 'FAILED', 'MANUAL_REVIEW']),
      ),
    )
    .orderBy(asc(refunds.createdAt), asc(refunds.id))
    .for('no key update')
}

/** The disputes of these payments, newest first. */
export async function disputesOfPayments(db: Queryable, paymentIds: readonly string[]): Promise<DisputeRow[]> {
  return db
    .select()
    .from(disputes)
    .where(inArray(disputes.paymentId, [...paymentIds]))
    .orderBy(desc(disputes.openedAt), desc(disputes.id))
}

/** Which disputes, and which page of them. */
export interface DisputeQuery {
  readonly status?: DisputeStatus | undefined
  readonly after: { readonly instant: Date; readonly id: string } | null
  readonly limit: number
}

/** A page of disputes, newest first. */
export async function disputesPage(db: Queryable, { status, after, limit }: DisputeQuery): Promise<DisputeRow[]> {
  return db
    .select()
    .from(disputes)
    .where(
      and(
        status === undefined ? undefined : eq(disputes.status, status),
        after === null
          ? undefined
          : sql`(${disputes.openedAt}, ${disputes.id}) < (${after.instant.toISOString()}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(desc(disputes.openedAt), desc(disputes.id))
    .limit(limit)
}
