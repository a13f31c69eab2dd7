import { and, asc, desc, eq, sql, type SQL } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { endedEvents, ledgerEntries, settlements } from '../tables.ts'
import type { SettlementStatus } from './settlement.rules.ts'

/** What a partner is to be paid, or was. */
export type SettlementRow = typeof settlements.$inferSelect

/** Remembers that an event is over; once is enough. */
export async function insertEndedEvent(tx: Transaction, event: typeof endedEvents.$inferInsert): Promise<void> {
  await tx.insert(endedEvents).values(event).onConflictDoNothing()
}

/** Whom something is owed in which currency. */
export interface Creditor {
  readonly partnerId: string
  readonly currency: string
}

/**
 * What is open of events that are over. What a bank contests waits for its decision; what a partner owes us, because a
 * buyer had money back after it was settled, does not wait.
 */
const OPEN: SQL = sql`
    payables p
    join payments pay on pay.id = p.payment_id
    join payment_requests r on r.booking_id = pay.booking_id
    join ended_events e on e.event_id = r.event_id
   where p.amount <> 0 and (p.amount < 0 or pay.status <> 'DISPUTED')`

/** Those who are to be paid something, with what they owe us taken off. */
export async function creditors(db: Queryable, limit: number): Promise<Creditor[]> {
  const { rows } = await db.execute<{ partner_id: string; currency: string }>(sql`
    select p.partner_id, p.currency from ${OPEN}
     group by p.partner_id, p.currency having sum(p.amount) > 0
     order by p.partner_id, p.currency limit ${limit}`)
  return rows.map(({ partner_id: partnerId, currency }) => ({ partnerId, currency }))
}

/**
 * Settles everything that is open between us and a partner in one currency: a line for each payment in the ledger, and
 * one row that says how much it is. False when nothing is to be paid. Two at once settle everything once.
 */
export async function settleOpen(
  tx: Transaction,
  { id, partnerId, currency, at }: Creditor & { readonly id: string; readonly at: Date },
): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    with open as materialized (
      select p.payment_id, p.amount from ${OPEN} and p.partner_id = ${partnerId} and p.currency = ${currency}
       order by p.payment_id for update of p
    ), made as (
      insert into settlements (id, partner_id, currency, amount, payments, status, due_at)
      select ${id}::uuid, ${partnerId}::uuid, ${currency}::text, sum(amount), count(*), 'DUE', ${at.toISOString()}::timestamptz
        from open having sum(amount) > 0
      returning id
    )
    insert into ledger_entries
           (transaction_key, cause, account, amount, currency, payment_id, settlement_id, partner_id, posted_at)
    select 'SETTLEMENT_DUE:' || made.id || ':' || open.payment_id, 'SETTLEMENT_DUE', side.account, side.amount,
           ${currency}::text, open.payment_id, made.id, ${partnerId}::uuid, ${at.toISOString()}::timestamptz
      from made cross join open
     cross join lateral (values ('PARTNER_PAYABLE', -open.amount), ('SETTLEMENT', open.amount)) as side (account, amount)
    returning id`)
  return rows.length > 0
}

/** The settlement, locked. */
export async function settlementForUpdate(tx: Transaction, id: string): Promise<SettlementRow | null> {
  const [settlement] = await tx.select().from(settlements).where(eq(settlements.id, id)).for('no key update')
  return settlement ?? null
}

/** How a settlement was paid. */
export interface Paid {
  readonly paidAt: Date
  readonly paidBy: string
  readonly bankReference: string
}

/** Writes down that a settlement, which the caller has locked, was paid, and posts it for each of its payments. */
export async function markPaid(tx: Transaction, id: string, paid: Paid): Promise<void> {
  await tx
    .update(settlements)
    .set({ status: 'PAID', ...paid })
    .where(eq(settlements.id, id))
  await tx.execute(sql`
    insert into ledger_entries
           (transaction_key, cause, account, amount, currency, payment_id, settlement_id, partner_id, posted_at)
    select 'SETTLEMENT_PAID:' || due.settlement_id || ':' || due.payment_id, 'SETTLEMENT_PAID', side.account, side.amount,
           due.currency, due.payment_id, due.settlement_id, due.partner_id, ${paid.paidAt.toISOString()}::timestamptz
      from ledger_entries due
     cross join lateral (values ('SETTLEMENT', -due.amount), ('PAYOUT', due.amount)) as side (account, amount)
     where due.settlement_id = ${id} and due.cause = 'SETTLEMENT_DUE' and due.account = 'SETTLEMENT'`)
}

/** Which settlements, and which page of them. */
export interface SettlementQuery {
  readonly partnerId?: string | undefined
  readonly status?: SettlementStatus | undefined
  readonly after: { readonly instant: Date; readonly id: string } | null
  readonly limit: number
}

/** A page of settlements, newest first. */
export async function settlementsPage(
  db: Queryable,
  { partnerId, status, after, limit }: SettlementQuery,
): Promise<SettlementRow[]> {
  return db
    .select()
    .from(settlements)
    .where(
      and(
        partnerId === undefined ? undefined : eq(settlements.partnerId, partnerId),
        status === undefined ? undefined : eq(settlements.status, status),
        after === null
          ? undefined
          : sql`(${settlements.dueAt}, ${settlements.id}) < (${after.instant.toISOString()}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(desc(settlements.dueAt), desc(settlements.id))
    .limit(limit)
}

/** Settlements that are to be paid, oldest first. */
export async function oldestDue(db: Queryable, limit: number): Promise<SettlementRow[]> {
  return db
    .select()
    .from(settlements)
    .where(eq(settlements.status, 'DUE'))
    .orderBy(asc(settlements.dueAt), asc(settlements.id))
    .limit(limit)
}

/** One settlement as it is now. */
export async function settlementById(db: Queryable, id: string): Promise<SettlementRow | null> {
  const [settlement] = await db.select().from(settlements).where(eq(settlements.id, id))
  return settlement ?? null
}

/** A payment of a settlement. */
export interface SettlementLine {
  readonly paymentId: string
  readonly bookingId: string
  /** Negative when the buyer had money back after an earlier settlement. */
  readonly amount: number
}

/** The payments of a settlement in the order of their ids, after the one of that id. */
export async function settlementLines(
  db: Queryable,
  { id, after, limit }: { readonly id: string; readonly after: string | null; readonly limit: number },
): Promise<SettlementLine[]> {
  const { rows } = await db.execute<{ payment_id: string; booking_id: string; amount: string }>(sql`
    select due.payment_id, pay.booking_id, due.amount
      from ${ledgerEntries} due join payments pay on pay.id = due.payment_id
     where due.settlement_id = ${id} and due.cause = 'SETTLEMENT_DUE' and due.account = 'SETTLEMENT'
       and (${after}::uuid is null or due.payment_id > ${after}::uuid)
     order by due.payment_id limit ${limit}`)
  return rows.map((row) => ({ paymentId: row.payment_id, bookingId: row.booking_id, amount: Number(row.amount) }))
}
