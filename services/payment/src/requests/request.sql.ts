import { and, eq } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { paymentCancellations, paymentRequests, payments } from '../tables.ts'

/** What a booking asks its buyer for. */
export type PaymentRequestRow = typeof paymentRequests.$inferSelect

/** Writes down what a booking asks for; one that is known already stays as it is. */
export async function insertRequest(tx: Transaction, request: PaymentRequestRow): Promise<void> {
  await tx.insert(paymentRequests).values(request).onConflictDoNothing({ target: paymentRequests.bookingId })
}

/** Writes down that a booking no longer wants money. False when that was known. */
export async function insertCancellation(
  tx: Transaction,
  cancellation: typeof paymentCancellations.$inferInsert,
): Promise<boolean> {
  const inserted = await tx
    .insert(paymentCancellations)
    .values(cancellation)
    .onConflictDoNothing({ target: paymentCancellations.bookingId })
    .returning({ bookingId: paymentCancellations.bookingId })
  return inserted.length > 0
}

/** Why the booking no longer wants money; null while it does. */
export async function cancellationReason(tx: Transaction, bookingId: string): Promise<string | null> {
  const [cancellation] = await tx
    .select({ reason: paymentCancellations.reason })
    .from(paymentCancellations)
    .where(eq(paymentCancellations.bookingId, bookingId))
  return cancellation?.reason ?? null
}

/** Whether the booking has asked for money. */
export async function requestExists(db: Queryable, bookingId: string): Promise<boolean> {
  const found = await db
    .select({ bookingId: paymentRequests.bookingId })
    .from(paymentRequests)
    .where(eq(paymentRequests.bookingId, bookingId))
  return found.length > 0
}

/**
 * The request, locked. Whoever changes anything about a booking's money locks request, payment, refund, in this order,
 * and before the first line of log or ledger, whose foreign keys lock payment and refund a little too.
 */
export async function requestForUpdate(tx: Transaction, bookingId: string): Promise<PaymentRequestRow | null> {
  const [request] = await tx
    .select()
    .from(paymentRequests)
    .where(eq(paymentRequests.bookingId, bookingId))
    .for('no key update')
  return request ?? null
}

/** The request of the booking that a payment pays, locked; null when there is no such payment. */
export async function requestOfPaymentForUpdate(tx: Transaction, paymentId: string): Promise<PaymentRequestRow | null> {
  const [found] = await tx
    .select({ request: paymentRequests })
    .from(paymentRequests)
    .innerJoin(payments, eq(payments.bookingId, paymentRequests.bookingId))
    .where(eq(payments.id, paymentId))
    .for('no key update', { of: paymentRequests })
  return found?.request ?? null
}

/** The booking no longer wants money. One that is paid stays paid. */
export async function markRequestCancelled(tx: Transaction, bookingId: string): Promise<void> {
  await tx
    .update(paymentRequests)
    .set({ status: 'CANCELLED' })
    .where(and(eq(paymentRequests.bookingId, bookingId), eq(paymentRequests.status, 'OPEN')))
}

/** The booking has its money, also if it came too late. */
export async function markRequestPaid(tx: Transaction, bookingId: string): Promise<void> {
  await tx.update(paymentRequests).set({ status: 'PAID' }).where(eq(paymentRequests.bookingId, bookingId))
}
