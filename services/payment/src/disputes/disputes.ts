import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { newId } from '@tikitu/runtime/ids'
import { PaymentDisputeClosed, PaymentDisputed, RefundFailed, RefundSucceeded } from '@tikitu/schema/events/payment'
import { feeToReturn } from '../ledger/ledger.rules.ts'
import { postDisputeLost, postDisputeOpened, postDisputeWon } from '../ledger/ledger.ts'
import { isGood } from '../payments/payment.rules.ts'
import type { IntentDispute } from '../providers/provider.ts'
import { movePayment, paymentForUpdate, type PaymentRow } from '../payments/payment.sql.ts'
import { moveRefund, type RefundRow } from '../refunds/refund.sql.ts'
import { release } from '../refunds/refunds.ts'
import { requestOfPaymentForUpdate } from '../requests/request.sql.ts'
import { contest } from './contesting.ts'
import { contestedOf, disputeSteps, refundsCovered, stepAfterDispute, type DisputeStatus } from './dispute.rules.ts'
import {
  disputeForUpdate,
  insertDispute,
  openDisputesForUpdate,
  unsentRefunds,
  updateDispute,
  type DisputeRow,
} from './dispute.sql.ts'

/** What a provider says about a buyer's bank that takes a payment back. */
export interface DisputeFact {
  /** The payment, by our id. */
  readonly paymentId: string
  /** The dispute as the provider has it now. */
  readonly dispute: IntentDispute
  readonly at: Date
}

/** What a dispute is with us, by what the provider says it is. */
export const STATUS_OF: Readonly<Record<IntentDispute['state'], DisputeStatus>> = {
  open: 'OPEN',
  won: 'WON',
  lost: 'LOST',
}

/**
 * Makes our books agree with what the provider says about a dispute. Hearing it again, late or out of order changes
 * nothing. The caller has made our payment agree with the provider's before: money that we do not know of throws.
 */
export async function noteDispute(tx: Transaction, fact: DisputeFact): Promise<void> {
  const request = await requestOfPaymentForUpdate(tx, fact.paymentId)
  const payment = await paymentForUpdate(tx, fact.paymentId)
  if (!request || !payment) throw new Error(`there is no payment ${fact.paymentId}`)
  if (!isGood(payment.status)) throw new Error(`payment ${payment.id} is disputed and has taken no money`)
  if (fact.dispute.currency !== payment.currency)
    throw new Error(`dispute ${fact.dispute.ref} is not about the money of payment ${payment.id}`)

  const known = await disputeForUpdate(tx, payment.provider, fact.dispute.ref)
  let [current, dispute]: [PaymentRow, DisputeRow | null] = [payment, known]
  for (const step of disputeSteps(known?.status ?? null, STATUS_OF[fact.dispute.state])) {
    if (step === 'open') [current, dispute] = await open(tx, current, fact)
    else if (dispute && step === 'win') current = await win(tx, current, dispute, fact.at)
    else if (dispute)
      current = await lose(tx, { payment: current, dispute, commission: request.commission, at: fact.at })
  }
}

async function open(
  tx: Transaction,
  payment: PaymentRow,
  { dispute: said, at }: DisputeFact,
): Promise<[PaymentRow, DisputeRow]> {
  const { ref: providerRef, amount, currency, reason, dueBy } = said
  const { id: paymentId, bookingId, partnerId, provider, payerId: userId, contested } = payment
  const dispute = await insertDispute(tx, {
    id: newId(),
    paymentId,
    bookingId,
    partnerId,
    provider,
    providerRef,
    amount,
    currency,
    contested: contestedOf(payment, amount),
    reason,
    status: 'OPEN',
    dueBy,
    openedAt: at,
  })
  const changes = { contested: contested + dispute.contested }
  const disputed = await movePayment(tx, paymentId, { on: 'dispute opened' }, changes)
  await postDisputeOpened(tx, payment, dispute, at)
  await emit(tx, PaymentDisputed, {
    paymentId,
    bookingId,
    userId,
    disputeId: dispute.id,
    amount,
    currency,
    reason,
    dueBy: dueBy?.toISOString() ?? null,
    at: at.toISOString(),
  })
  return [disputed, dispute]
}

/** The refunds that waited for the decision go on: the reconciler finds them due. */
async function win(tx: Transaction, payment: PaymentRow, dispute: DisputeRow, at: Date): Promise<PaymentRow> {
  await updateDispute(tx, dispute.id, { status: 'WON', closedAt: at })
  await postDisputeWon(tx, payment, dispute, at)
  await tellClosed(tx, payment, { dispute, outcome: 'WON', lost: 0, at })
  const isOpen = (await openDisputesForUpdate(tx, payment.id)).length > 0
  const step = stepAfterDispute({ isOpen, isLost: payment.lost > 0 })
  return movePayment(tx, payment.id, step, { contested: await contest(tx, payment) })
}

interface Losing {
  readonly payment: PaymentRow
  readonly dispute: DisputeRow
  /** How much of the payment is the platform's. */
  readonly commission: number
  readonly at: Date
}

async function lose(tx: Transaction, losing: Losing): Promise<PaymentRow> {
  const { payment, dispute, commission, at } = losing
  const promised = await unsentRefunds(tx, payment.id)
  const { covered, refunds, excess } = refundsCovered(dispute, promised)
  const partlyPaid = excess > 0 ? promised.findLast((refund) => !covered.includes(refund)) : undefined
  if (partlyPaid) return lose(tx, await withhold(tx, losing, partlyPaid))
  const { captured, refundReserved, lost } = payment
  const undone = dispute.contested
  const fee = feeToReturn({ captured, commission, returned: refundReserved + lost }, undone)
  await updateDispute(tx, dispute.id, { status: 'LOST', closedAt: at })
  await postDisputeLost(tx, payment, { id: dispute.id, loss: { refunds, undone, fee, excess } }, at)
  for (const { id: refundId, amount, currency } of covered) {
    const { id: paymentId, bookingId, payerId: userId } = payment
    const changes = { failureCode: null, providerRef: dispute.providerRef }
    await moveRefund(tx, refundId, { on: 'a bank has paid it, by a dispute' }, changes)
    const facts = { refundId, paymentId, bookingId, userId, amount, currency }
    await emit(tx, RefundSucceeded, { ...facts, at: at.toISOString() })
  }
  await tellClosed(tx, payment, { dispute, outcome: 'LOST', lost: undone + excess, at })
  const rest = { contested: payment.contested - undone, lost: lost + undone }
  const isOpen = (await openDisputesForUpdate(tx, payment.id)).length > 0
  const step = stepAfterDispute({ isOpen, isLost: true })
  return movePayment(tx, payment.id, step, { ...rest, refunded: payment.refunded + refunds })
}

/**
 * The bank has paid a part of a promised refund: sent in full, the buyer would have more than they paid. Its promise is
 * taken back, so that the dispute takes what it took from the payment, and a person sees what is left.
 */
async function withhold(tx: Transaction, losing: Losing, refund: RefundRow): Promise<Losing> {
  const { payment, dispute, at } = losing
  const { id: refundId, amount, currency } = refund
  const { id: paymentId, bookingId, payerId: userId } = payment
  const code = 'exceeds_captured'
  await moveRefund(tx, refundId, { on: 'a bank has paid a part of it, by a dispute' }, { failureCode: code })
  const freed = await release(tx, refund, losing)
  await emit(tx, RefundFailed, { refundId, paymentId, bookingId, userId, amount, currency, code, at: at.toISOString() })
  const contesting = await disputeForUpdate(tx, payment.provider, dispute.providerRef)
  return { ...losing, payment: freed, dispute: contesting ?? dispute }
}

interface Closed {
  readonly dispute: DisputeRow
  readonly outcome: 'WON' | 'LOST'
  readonly lost: number
  readonly at: Date
}

function tellClosed(
  tx: Transaction,
  { id: paymentId, bookingId, payerId: userId }: PaymentRow,
  { dispute: { id: disputeId, amount, currency }, outcome, lost, at }: Closed,
): Promise<void> {
  const facts = { paymentId, bookingId, userId, disputeId, amount, currency, outcome, lost }
  return emit(tx, PaymentDisputeClosed, { ...facts, at: at.toISOString() })
}
