import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import type { Transaction } from '@tikitu/runtime/database'
import { bookingDisputes, bookingPayments, bookingRefunds } from '../tables.ts'

/** Money that reached a booking. */
export type BookingPaymentRow = typeof bookingPayments.$inferSelect

/** The payment that bought the tickets of a booking; null when none did. */
export async function goodPaymentOf(tx: Transaction, bookingId: string): Promise<BookingPaymentRow | null> {
  return (await paymentsOf(tx, bookingId)).find(({ outcome }) => outcome === 'TICKETS') ?? null
}

/** Money that booking wants given back. */
export type BookingRefundRow = typeof bookingRefunds.$inferSelect

/** The payments that reached a booking. */
export function paymentsOf(tx: Transaction, bookingId: string): Promise<BookingPaymentRow[]> {
  return tx.select().from(bookingPayments).where(eq(bookingPayments.bookingId, bookingId))
}

/** Writes down a payment and what it was worth. Answers with a dispute of it that was heard of before, unless it was won. */
export async function insertPayment(
  tx: Transaction,
  payment: Omit<BookingPaymentRow, 'promised'>,
): Promise<string | null> {
  const [inserted] = await tx
    .insert(bookingPayments)
    .values(payment)
    .returning({
      disputeId: sql<string | null>`(select dispute_id from ${bookingDisputes} d
        where d.booking_id = ${payment.bookingId} and d.payment_id = ${payment.paymentId} and d.status <> 'WON' limit 1)`,
    })
  return inserted?.disputeId ?? null
}

/** Writes down that a part of a payment is to be given back. More than there is of it is refused by a constraint. */
export async function insertRefund(tx: Transaction, refund: BookingRefundRow): Promise<void> {
  await tx.insert(bookingRefunds).values(refund)
  await tx
    .update(bookingPayments)
    .set({ promised: sql`${bookingPayments.promised} + ${refund.amount}` })
    .where(eq(bookingPayments.paymentId, refund.paymentId))
}

/** Whether this refund was asked for. */
export async function refundExists(tx: Transaction, refundId: string): Promise<boolean> {
  const found = await tx
    .select({ refundId: bookingRefunds.refundId })
    .from(bookingRefunds)
    .where(eq(bookingRefunds.refundId, refundId))
  return found.length > 0
}

/** Writes down that goodwill was turned down, and returns it; null when it was not asked for, or has ended. */
export async function rejectGoodwill(tx: Transaction, refundId: string): Promise<BookingRefundRow | null> {
  const [rejected] = await tx
    .update(bookingRefunds)
    .set({ status: 'REJECTED' })
    .where(
      and(
        eq(bookingRefunds.refundId, refundId),
        eq(bookingRefunds.kind, 'GOODWILL'),
        eq(bookingRefunds.status, 'REQUESTED'),
      ),
    )
    .returning()
  if (!rejected) return null
  await tx
    .update(bookingPayments)
    .set({ promised: sql`${bookingPayments.promised} - ${rejected.amount}` })
    .where(eq(bookingPayments.paymentId, rejected.paymentId))
  return rejected
}

/** Writes down how a refund ended. What succeeded stays so. False when booking did not ask for it, or knows it already. */
export async function settleRefund(
  tx: Transaction,
  refundId: string,
  status: 'SUCCEEDED' | 'FAILED',
): Promise<boolean> {
  const settled = await tx
    .update(bookingRefunds)
    .set({ status })
    .where(
      and(
        eq(bookingRefunds.refundId, refundId),
        inArray(bookingRefunds.status, ['REQUESTED', 'FAILED']),
        ne(bookingRefunds.status, status),
      ),
    )
    .returning({ id: bookingRefunds.refundId })
  return settled.length > 0
}

/** Whether money of the booking is still to be given back. */
export async function refundsOutstanding(tx: Transaction, bookingId: string): Promise<boolean> {
  const [row] = await tx
    .select({ some: sql<boolean>`count(*) > 0` })
    .from(bookingRefunds)
    .where(and(eq(bookingRefunds.bookingId, bookingId), inArray(bookingRefunds.status, ['REQUESTED', 'FAILED'])))
  return row?.some ?? false
}
