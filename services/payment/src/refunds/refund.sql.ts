import { and, asc, desc, eq, inArray, isNotNull, isNull, lte, ne, or, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import type { PaymentRow } from '../payments/payment.sql.ts'
import type { ProviderName } from '../providers/provider.ts'
import { payments, refunds } from '../tables.ts'
import { rowOf } from '../machine.rules.ts'
import { REFUND_MACHINE, type RefundStep } from './refund-machine.rules.ts'
import type { RefundStatus } from './refund.rules.ts'

/** Money that goes back. */
export type RefundRow = typeof refunds.$inferSelect

/** Writes down a refund. False when there is one of this id already, which stays as it is. */
export async function insertRefund(tx: Transaction, refund: typeof refunds.$inferInsert): Promise<boolean> {
  const inserted = await tx
    .insert(refunds)
    .values(refund)
    .onConflictDoNothing({ target: refunds.id })
    .returning({ id: refunds.id })
  return inserted.length > 0
}

/** Refunds of a booking that wait for this payment to have money, oldest first. */
export async function waitingRefunds(tx: Transaction, payment: PaymentRow): Promise<RefundRow[]> {
  return tx
    .select()
    .from(refunds)
    .where(
      and(
        eq(refunds.bookingId, payment.bookingId),
        isNull(refunds.paymentId),
        or(isNull(refunds.askedPaymentId), eq(refunds.askedPaymentId, payment.id)),
      ),
    )
    .orderBy(asc(refunds.createdAt), asc(refunds.id))
    .for('no key update')
}

/** What is written of a refund beside its state. */
export type RefundChanges = Partial<Omit<typeof refunds.$inferInsert, 'id' | 'status'>>

/** Changes a refund that the caller has locked; its state only `moveRefund` changes. */
export async function updateRefund(tx: Transaction, id: string, changes: RefundChanges): Promise<void> {
  await tx.update(refunds).set(changes).where(eq(refunds.id, id))
}

/**
 * Takes a refund, which the caller has locked, a step further in its machine, and changes what is said beside. What the
 * row publishes is the caller's. Throws when the machine has no such step from the state that it is in.
 */
export async function moveRefund(
  tx: Transaction,
  id: string,
  step: RefundStep,
  changes: RefundChanges = {},
): Promise<void> {
  const { from, to } = rowOf(REFUND_MACHINE, step)
  const moved = await tx
    .update(refunds)
    .set({ ...changes, status: to === 'same' ? sql`${refunds.status}` : to })
    .where(and(eq(refunds.id, id), inArray(refunds.status, [...from])))
    .returning({ id: refunds.id })
  if (moved.length === 0) throw new Error(`refund ${id} is in no state for "${step.on}"`)
}

/** A refund with the payment it is taken from, the refund locked; null when there is none, or it waits for a payment. */
export async function refundForUpdate(
  tx: Transaction,
  id: string,
): Promise<{ refund: RefundRow; payment: PaymentRow } | null> {
  const [found] = await tx
    .select({ refund: refunds, payment: payments })
    .from(refunds)
    .innerJoin(payments, eq(payments.id, refunds.paymentId))
    .where(eq(refunds.id, id))
    .for('no key update', { of: refunds })
  return found ?? null
}

/** The same, both locked: the payment first, as everybody does. */
export async function refundAndPaymentForUpdate(
  tx: Transaction,
  id: string,
): Promise<{ refund: RefundRow; payment: PaymentRow } | null> {
  await tx
    .select({ id: payments.id })
    .from(payments)
    .innerJoin(refunds, eq(payments.id, refunds.paymentId))
    .where(eq(refunds.id, id))
    .for('no key update', { of: payments })
  return refundForUpdate(tx, id)
}

/** The refund whose last attempt a provider calls so; null when it is none of ours. */
export async function refundByProviderRef(db: Queryable, provider: ProviderName, ref: string): Promise<string | null> {
  const [refund] = await db
    .select({ id: refunds.id })
    .from(refunds)
    .innerJoin(payments, eq(payments.id, refunds.paymentId))
    .where(and(eq(payments.provider, provider), eq(refunds.providerRef, ref)))
  return refund?.id ?? null
}

/** Refunds under way that are due to be looked at, the longest due first. */
export async function dueRefunds(db: Queryable, limit: number): Promise<string[]> {
  const due = await db
    .select({ id: refunds.id })
    .from(refunds)
    .innerJoin(payments, eq(payments.id, refunds.paymentId))
    .where(
      and(
        inArray(refunds.status, ['REQUESTED', 'PROCESSING', 'FAILED']),
        isNotNull(refunds.paymentId),
        or(eq(refunds.status, 'PROCESSING'), ne(payments.status, 'DISPUTED')),
        lte(refunds.checkAt, sql`now()`),
      ),
    )
    .orderBy(refunds.checkAt)
    .limit(limit)
  return due.map(({ id }) => id)
}

/** What was, or is to be, taken from these payments, oldest first. */
export async function refundsOfPayments(db: Queryable, paymentIds: readonly string[]): Promise<RefundRow[]> {
  return db
    .select()
    .from(refunds)
    .where(inArray(refunds.paymentId, [...paymentIds]))
    .orderBy(asc(refunds.createdAt), asc(refunds.id))
}

/** Which refunds, and which page of them. */
export interface RefundQuery {
  readonly status?: RefundStatus | undefined
  readonly bookingId?: string | undefined
  readonly after: { readonly instant: Date; readonly id: string } | null
  readonly limit: number
}

/** A page of refunds, newest first. */
export async function refundsPage(
  db: Queryable,
  { status, bookingId, after, limit }: RefundQuery,
): Promise<RefundRow[]> {
  return db
    .select()
    .from(refunds)
    .where(
      and(
        status === undefined ? undefined : eq(refunds.status, status),
        bookingId === undefined ? undefined : eq(refunds.bookingId, bookingId),
        after === null
          ? undefined
          : sql`(${refunds.createdAt}, ${refunds.id}) < (${after.instant.toISOString()}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(desc(refunds.createdAt), desc(refunds.id))
    .limit(limit)
}

/** These refunds. */
export async function refundsByIds(db: Queryable, ids: readonly string[]): Promise<RefundRow[]> {
  return db
    .select()
    .from(refunds)
    .where(inArray(refunds.id, [...ids]))
}
