import { and, countDistinct, eq } from 'drizzle-orm'
import type { Transaction } from '@tikitu/runtime/database'
import { ledgerEntries } from '../tables.ts'

/** A line of the ledger. */
export type LedgerLine = Omit<typeof ledgerEntries.$inferInsert, 'id'>

/** Adds lines to the ledger. There is no statement that changes or removes one. */
export async function insertLedgerLines(tx: Transaction, lines: LedgerLine[]): Promise<void> {
  await tx.insert(ledgerEntries).values(lines)
}

/** How often what was promised to a refund of this payment was taken back. */
export async function timesReleased(tx: Transaction, paymentId: string, refundId: string): Promise<number> {
  const [found] = await tx
    .select({ times: countDistinct(ledgerEntries.transactionKey) })
    .from(ledgerEntries)
    .where(
      and(
        eq(ledgerEntries.paymentId, paymentId),
        eq(ledgerEntries.refundId, refundId),
        eq(ledgerEntries.cause, 'REFUND_RELEASED'),
      ),
    )
  return found?.times ?? 0
}
