import type { Transaction } from '@tikitu/runtime/database'
import { ledgerEntries } from '../tables.ts'

/** A line of the ledger. */
export type LedgerLine = Omit<typeof ledgerEntries.$inferInsert, 'id'>

/** Adds lines to the ledger. There is no statement that changes or removes one. */
export async function insertLedgerLines(tx: Transaction, lines: LedgerLine[]): Promise<void> {
  await tx.insert(ledgerEntries).values(lines)
}
