import { and, eq, ne, sql } from 'drizzle-orm'
import type { Transaction } from '@tikitu/runtime/database'
import { bookingPayments, bookingRefunds } from '../tables.ts'

/** Money that reached a booking. */
export type BookingPaymentRow = typeof bookingPayments.$inferSelect

/** Money that booking wants given back. */
export type BookingRefundRow = typeof bookingRefunds.$inferSelect

/** The payments that reached a booking. */
export function paymentsOf(tx: Transaction, bookingId: string): Promise<BookingPaymentRow[]> {
  return tx.select().from(bookingPayments).where(eq(bookingPayments.bookingId, bookingId))
}

/** Writes down a payment and what it was worth. */
export async function insertPayment(tx: Transaction, payment: BookingPaymentRow): Promise<void> {
  await tx.insert(bookingPayments).values(payment)
}

/** Writes down that a payment is to be given back; there is one refund of each. */
export async function insertRefund(tx: Transaction, refund: BookingRefundRow): Promise<void> {
  await tx.insert(bookingRefunds).values(refund)
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
        ne(bookingRefunds.status, 'SUCCEEDED'),
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
    .where(and(eq(bookingRefunds.bookingId, bookingId), ne(bookingRefunds.status, 'SUCCEEDED')))
  return row?.some ?? false
}
