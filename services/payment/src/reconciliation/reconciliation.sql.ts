import { desc, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import type { ProviderName } from '../providers/provider.ts'
import { reconciliations } from '../tables.ts'
import type { OurPayment } from './reconciliation.rules.ts'

/** A report about a day. */
export type ReconciliationRow = typeof reconciliations.$inferSelect

/** A payment to be compared, and how its provider names it. */
export interface Comparable extends OurPayment {
  readonly provider: ProviderName
  readonly providerRef: string
}

/**
 * Payments that had an entry in the ledger on that day, UTC, with all that the ledger says of them up to now: what was
 * captured, and what went back by the provider. In the order of their ids, after the one of that id. What is in flight
 * between the provider and the ledger is not compared.
 */
export async function movedOnDay(
  db: Queryable,
  { day, after, limit }: { readonly day: string; readonly after: string | null; readonly limit: number },
): Promise<Comparable[]> {
  const { rows } = await db.execute<{
    payment_id: string
    provider: ProviderName
    provider_ref: string
    currency: string
    captured: string
    refunded: string
  }>(sql`
    select pay.id as payment_id, pay.provider, pay.provider_ref, pay.currency, all_of.captured, all_of.refunded
      from (
        select distinct payment_id from ledger_entries
         where posted_at >= ${day}::date::timestamp at time zone 'utc'
           and posted_at < (${day}::date + 1)::timestamp at time zone 'utc'
      ) as moved
      join payments pay on pay.id = moved.payment_id
     cross join lateral (
       select coalesce(-sum(e.amount) filter (where e.cause = 'CAPTURE' and e.account = 'BUYER'), 0)::text as captured,
              coalesce(sum(e.amount) filter (where e.cause = 'REFUND_PAID' and e.account = 'BUYER' and not r.paid_outside), 0)::text
                as refunded
         from ledger_entries e left join refunds r on r.id = e.refund_id
        where e.payment_id = pay.id
     ) as all_of
     where pay.provider_ref is not null
       and not exists (select from refunds r where r.payment_id = pay.id and r.status = 'PROCESSING')
       and (${after}::uuid is null or pay.id > ${after}::uuid)
     order by pay.id limit ${limit}`)
  return rows.map((row) => ({
    paymentId: row.payment_id,
    provider: row.provider,
    providerRef: row.provider_ref,
    currency: row.currency,
    captured: Number(row.captured),
    refunded: Number(row.refunded),
  }))
}

/** Writes a report down; one that is made again replaces the first. */
export async function upsertReconciliation(
  tx: Transaction,
  report: typeof reconciliations.$inferInsert,
): Promise<void> {
  const { id: _id, day: _day, provider: _provider, currency: _currency, ...found } = report
  await tx
    .insert(reconciliations)
    .values(report)
    .onConflictDoUpdate({
      target: [reconciliations.day, reconciliations.provider, reconciliations.currency],
      set: found,
    })
}

/** A page of the reports, newest first. */
export async function reconciliationsPage(
  db: Queryable,
  { after, limit }: { readonly after: { readonly day: string; readonly id: string } | null; readonly limit: number },
): Promise<ReconciliationRow[]> {
  return db
    .select()
    .from(reconciliations)
    .where(
      after === null
        ? undefined
        : sql`(${reconciliations.day}, ${reconciliations.id}) < (${after.day}::date, ${after.id}::uuid)`,
    )
    .orderBy(desc(reconciliations.day), desc(reconciliations.id))
    .limit(limit)
}
