import type { Transaction } from '@tikitu/runtime/database'
import {
  captureEntries,
  disputeLostEntries,
  disputeOpenedEntries,
  disputeWonEntries,
  refundOwedEntries,
  refundPaidEntries,
  refundReleasedEntries,
  type Cause,
  type Entry,
  type Loss,
} from './ledger.rules.ts'
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

/** A refund, and the platform's share of it. */
interface SharedRefund {
  readonly id: string
  readonly amount: number
  readonly fee: number
  /** How often its promise was taken back before: it may be promised again. 0 unless said. */
  readonly released?: number
}

/** Posts that a part of a payment is the buyer's again, of which the platform returns `fee`. Throws when it was posted before. */
export async function postRefundOwed(tx: Transaction, payment: Posted, refund: SharedRefund, at: Date): Promise<void> {
  const entries = refundOwedEntries(refund.amount, refund.fee)
  await post(tx, payment, { cause: 'REFUND_OWED', refundId: refund.id, round: refund.released, entries, at })
}

/** Posts that what was the buyer's is not any more. Throws when it was posted before. */
export async function postRefundReleased(
  tx: Transaction,
  payment: Posted,
  refund: SharedRefund,
  at: Date,
): Promise<void> {
  const entries = refundReleasedEntries(refund.amount, refund.fee)
  await post(tx, payment, { cause: 'REFUND_RELEASED', refundId: refund.id, round: refund.released, entries, at })
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

/** A dispute, as postings name it. */
interface PostedDispute {
  readonly id: string
  readonly amount: number
}

/** Posts that a bank took money back. Throws when it was posted before. */
export async function postDisputeOpened(
  tx: Transaction,
  payment: Posted,
  dispute: PostedDispute,
  at: Date,
): Promise<void> {
  const entries = disputeOpenedEntries(dispute.amount)
  await post(tx, payment, { cause: 'DISPUTE_OPENED', disputeId: dispute.id, entries, at })
}

/** Posts that a bank gave the money to us again. Throws when it was posted before. */
export async function postDisputeWon(
  tx: Transaction,
  payment: Posted,
  dispute: PostedDispute,
  at: Date,
): Promise<void> {
  const entries = disputeWonEntries(dispute.amount)
  await post(tx, payment, { cause: 'DISPUTE_WON', disputeId: dispute.id, entries, at })
}

/** Posts whose loss it is that a bank keeps the money. Throws when it was posted before. */
export async function postDisputeLost(
  tx: Transaction,
  payment: Posted,
  dispute: { readonly id: string; readonly loss: Loss },
  at: Date,
): Promise<void> {
  const entries = disputeLostEntries(dispute.loss)
  await post(tx, payment, { cause: 'DISPUTE_LOST', disputeId: dispute.id, entries, at })
}

interface Posting {
  readonly cause: Cause
  readonly refundId?: string | null
  readonly disputeId?: string
  readonly round?: number | undefined
  readonly entries: readonly Entry[]
  readonly at: Date
}

async function post(
  tx: Transaction,
  payment: Posted,
  { cause, refundId = null, disputeId, round = 0, entries, at }: Posting,
): Promise<void> {
  const transaction = {
    transactionKey: `${cause}:${refundId ?? disputeId ?? payment.id}${round === 0 ? '' : `:${round + 1}`}`,
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
