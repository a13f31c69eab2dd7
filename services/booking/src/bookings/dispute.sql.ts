import { eq, sql } from 'drizzle-orm'
import type { Transaction } from '@tikitu/runtime/database'
import { bookingDisputes } from '../tables.ts'

/** A bank that wants back, or wanted, what was paid for a booking. */
export type BookingDisputeRow = typeof bookingDisputes.$inferSelect

/** What is heard of a dispute. */
export type HeardDispute = Omit<BookingDisputeRow, 'ticketIds'>

/** Writes down how a dispute stands. What was decided stays so: an older word about it, or the same again, is not news. */
export async function noteDispute(tx: Transaction, { disputeId, status, lost, ...rest }: HeardDispute): Promise<void> {
  await tx
    .insert(bookingDisputes)
    .values({ disputeId, status, lost, ...rest })
    .onConflictDoUpdate({
      target: bookingDisputes.disputeId,
      set: { status, lost },
      setWhere: sql`${bookingDisputes.status} = 'OPEN'`,
    })
}

/** Remembers which tickets were taken for a dispute. */
export async function noteTakenTickets(
  tx: Transaction,
  disputeId: string,
  ticketIds: readonly string[],
): Promise<void> {
  await tx
    .update(bookingDisputes)
    .set({ ticketIds: [...ticketIds] })
    .where(eq(bookingDisputes.disputeId, disputeId))
}

/** Forgets which tickets were taken for the disputes of a payment: their holders have them again. */
export async function forgetTakenTickets(tx: Transaction, paymentId: string): Promise<void> {
  await tx.update(bookingDisputes).set({ ticketIds: [] }).where(eq(bookingDisputes.paymentId, paymentId))
}

/** The disputes of one of the payments of a booking. */
export async function disputesOf(
  tx: Transaction,
  { bookingId, paymentId }: { readonly bookingId: string; readonly paymentId: string },
): Promise<BookingDisputeRow[]> {
  const all = await tx.select().from(bookingDisputes).where(eq(bookingDisputes.bookingId, bookingId))
  return all.filter((dispute) => dispute.paymentId === paymentId)
}
