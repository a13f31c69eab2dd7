import type { Transaction } from '@tikitu/runtime/database'
import type { PaymentRow } from '../payments/payment.sql.ts'
import { contestedOf } from './dispute.rules.ts'
import { openDisputesForUpdate, updateDispute } from './dispute.sql.ts'

/** What of a payment is the buyer's, now that something of it was promised, is owed no longer, or was decided. */
export type Claims = Pick<PaymentRow, 'id' | 'status' | 'captured' | 'refundReserved' | 'lost'>

/**
 * Makes open disputes of a payment contest what is left of it, the oldest first, and answers with how much that is. A
 * refund that is promised meanwhile is taken from what they contest: it waits for the bank, and is paid once, by the bank
 * or by us. The caller has locked the payment, and writes the answer down with what it changes.
 */
export async function contest(
  tx: Transaction,
  { id, status, captured, refundReserved, lost }: Claims,
): Promise<number> {
  if (status !== 'DISPUTED') return 0
  let contested = 0
  for (const dispute of await openDisputesForUpdate(tx, id)) {
    const claimed = contestedOf({ captured, refundReserved, contested, lost }, dispute.amount)
    if (claimed !== dispute.contested) await updateDispute(tx, dispute.id, { contested: claimed })
    contested += claimed
  }
  return contested
}
