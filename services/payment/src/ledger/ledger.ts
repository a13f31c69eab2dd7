import type { Transaction } from '@tikitu/runtime/database'
import { captureEntries, refundOwedEntries, refundPaidEntries, type Cause, type Entry } from './ledger.rules.ts'
import { insertLedgerLines } from './ledger.sql.ts'

/** The payment that a posting is about. */
export interface Posted {
  readonly id: string
  readonly partnerId: string
  readonly currency: string
}

/** Posts a buyer's money. Throws when it was posted before. */
export async function postCapture(
  tx: Transaction,
  payment: Posted & { readonly captured: number; readonly commission: number },
  at: Date,
): Promise<void> {
  await post(tx, payment, {
    cause: 'CAPTURE',
    refundId: null,
    entries: captureEntries(payment.captured, payment.commission),
    at,
  })
}

/** Posts that a part of a payment is the buyer's again, of which the platform returns `fee`. Throws when it was posted before. */
export async function postRefundOwed(
  tx: Transaction,
  payment: Posted,
  refund: { readonly id: string; readonly amount: number; readonly fee: number },
  at: Date,
): Promise<void> {
  const entries = refundOwedEntries(refund.amount, refund.fee)
  await post(tx, payment, { cause: 'REFUND_OWED', refundId: refund.id, entries, at })
}

/** Posts that the provider gave a refund back. Throws when it was posted before. */
export async function postRefundPaid(
  tx: Transaction,
  payment: Posted,
  refund: { readonly id: string; readonly amount: number },
  at: Date,
): Promise<void> {
  await post(tx, payment, { cause: 'REFUND_PAID', refundId: refund.id, entries: refundPaidEntries(refund.amount), at })
}

interface Posting {
  readonly cause: Cause
  readonly refundId: string | null
  readonly entries: readonly Entry[]
  readonly at: Date
}

async function post(tx: Transaction, payment: Posted, { cause, refundId, entries, at }: Posting): Promise<void> {
  const transaction = {
    transactionKey: `${cause}:${refundId ?? payment.id}`,
    cause,
    refundId,
    paymentId: payment.id,
    partnerId: payment.partnerId,
    currency: payment.currency,
    postedAt: at,
  }
  await insertLedgerLines(
    tx,
    entries.map((entry) => ({ ...transaction, ...entry })),
  )
}
