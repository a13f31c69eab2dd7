import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { sendJob } from '@tikitu/runtime/jobs'
import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import { RefundFailed, RefundRejected, RefundSucceeded } from '@tikitu/schema/events/payment'
import { PursueRefund } from '../jobs.ts'
import { postRefundPaid } from '../ledger/ledger.ts'
import { movePayment, type PaymentRow } from '../payments/payment.sql.ts'
import { requestOfPaymentForUpdate } from '../requests/request.sql.ts'
import { stepAfterRefund, whyNotRefundable } from './refund.rules.ts'
import { moveRefund, refundAndPaymentForUpdate, refundsByIds, updateRefund, type RefundRow } from './refund.sql.ts'
import { release, reserve } from './refunds.ts'

/** An admin of money matters decides about a refund. */
export interface RefundDecision {
  readonly refundId: string
  /** Why, for whoever looks at it later. */
  readonly note: string
  readonly idempotencyKey: string
  readonly identity: Identity
  readonly at: Date
}

/** Lets a refund go that waits for somebody: the provider is asked for it. Not by the one who asked for it. */
export function approveRefund(tx: Transaction, decision: RefundDecision) {
  return decide(tx, 'approveRefund', decision, async ({ refund, decidedBy }) => {
    if (refund.status !== 'AWAITING_APPROVAL') return notInState(refund)
    if (refund.requestedBy === decidedBy) return ownRefund(refund)
    await moveRefund(tx, refund.id, { on: 'approved' }, { checkAt: decision.at })
    await sendJob(tx, PursueRefund, { refundId: refund.id })
    return accept({ id: refund.id })
  })
}

/**
 * Stops a refund that waits for somebody. Goodwill is not given then, and its money is free again. What is owed, because
 * tickets were taken for it, stays owed: it goes to manual review, and a person has to find another way to pay it.
 */
export function rejectRefund(tx: Transaction, decision: RefundDecision) {
  const { at } = decision
  return decide(tx, 'rejectRefund', decision, async ({ refund, payment, commission }) => {
    if (refund.status !== 'AWAITING_APPROVAL') return notInState(refund)
    const facts = { ...factsOf(refund, payment), at: at.toISOString() }
    if (refund.goodwill) {
      await release(tx, refund, { payment, commission, at })
      await moveRefund(tx, refund.id, { on: 'rejected', when: 'goodwill' })
      await emit(tx, RefundRejected, facts)
    } else {
      await moveRefund(tx, refund.id, { on: 'rejected', when: 'owed' }, { failureCode: 'rejected' })
      await emit(tx, RefundFailed, { ...facts, code: 'rejected' })
    }
    return accept({ id: refund.id })
  })
}

/** Has the provider asked again for a refund that it refused too often, as often as it was before. */
export function retryRefund(tx: Transaction, decision: RefundDecision) {
  const { at } = decision
  return decide(tx, 'retryRefund', decision, async ({ refund, payment, commission }) => {
    if (refund.status !== 'MANUAL_REVIEW') return notInState(refund)
    if (!refund.reserved) {
      if (whyNotRefundable(payment, refund)) return tooMuch(refund, payment)
      await reserve(tx, { ...refund, requestedBy: null }, { payment, commission, at })
      return accept({ id: refund.id })
    }
    const isNew = refund.attempt === 0
    const when = isNew ? 'never asked for' : 'refused before'
    const changes = { failureCode: isNew ? null : refund.failureCode, checkAt: at }
    await moveRefund(tx, refund.id, { on: 'tried again', when }, changes)
    await sendJob(tx, PursueRefund, { refundId: refund.id })
    return accept({ id: refund.id })
  })
}

/** Says that a refund which the provider would not make was paid in another way, as by a bank transfer. */
export function resolveRefund(tx: Transaction, decision: RefundDecision) {
  const { at } = decision
  return decide(tx, 'resolveRefund', decision, async ({ refund, payment, commission }) => {
    if (refund.status !== 'MANUAL_REVIEW') return notInState(refund)
    let current = payment
    if (!refund.reserved) {
      if (whyNotRefundable(payment, refund)) return tooMuch(refund, payment)
      current = await reserve(tx, { ...refund, requestedBy: null }, { payment, commission, at })
    }
    const refunded = current.refunded + refund.amount
    await moveRefund(tx, refund.id, { on: 'paid by hand' }, { failureCode: null, paidOutside: true })
    await movePayment(tx, current.id, stepAfterRefund(current.status, current.captured, refunded), { refunded })
    await postRefundPaid(tx, current, refund, at)
    await emit(tx, RefundSucceeded, { ...factsOf(refund, current), at: at.toISOString() })
    return accept({ id: refund.id })
  })
}

/** A refund about which somebody decides, with its payment, both locked. */
interface Decided {
  readonly refund: RefundRow
  readonly payment: PaymentRow
  /** How much of the payment is the platform's. */
  readonly commission: number
  /** Who decides. */
  readonly decidedBy: string
}

async function decide<No extends Refusal>(
  tx: Transaction,
  action: string,
  { refundId, note, idempotencyKey, identity, at }: RefundDecision,
  work: (decided: Decided) => Promise<Outcome<{ id: string }, No>>,
) {
  const decidedBy = actorOf(identity).id
  const wish = { caller: decidedBy, key: idempotencyKey, operation: action, request: { refundId, note } }
  return onceForKey(tx, wish, async () => {
    const decided = await lockRefund(tx, refundId)
    if (!decided) return refuse('RefundNotFound', 'There is no such refund.', { refundId })
    const outcome = await work({ ...decided, decidedBy })
    if (!outcome.ok) return outcome
    await updateRefund(tx, refundId, { decidedBy, decisionNote: note })
    const { status, amount, currency } = decided.refund
    const [after] = await refundsByIds(tx, [refundId])
    await recordAudit(tx, identity, {
      action,
      resource: { type: 'Refund', id: refundId },
      before: { status },
      after: { status: after?.status ?? null, amount, currency, note },
      at,
    })
    return outcome
  })
}

/** In the order of everybody: request, payment, refund. */
async function lockRefund(tx: Transaction, refundId: string) {
  const [known] = isId(refundId) ? await refundsByIds(tx, [refundId]) : []
  if (!known?.paymentId) return null
  const request = await requestOfPaymentForUpdate(tx, known.paymentId)
  const found = await refundAndPaymentForUpdate(tx, refundId)
  return found && request ? { ...found, commission: request.commission } : null
}

const notInState = ({ status }: RefundRow) =>
  refuse('RefundNotDecidable', 'This cannot be decided about a refund in this state.', { status })

const ownRefund = ({ id }: RefundRow) =>
  refuse('RefundOfYourOwn', 'Somebody else than the one who asked for a refund has to approve it.', { refundId: id })

const tooMuch = ({ currency }: RefundRow, { captured, refundReserved, lost }: PaymentRow) =>
  refuse('RefundTooLarge', 'There is not as much left of the payment.', {
    left: { amount: captured - refundReserved - lost, currency },
  })

function factsOf(
  { id: refundId, amount, currency }: RefundRow,
  { id: paymentId, bookingId, payerId: userId }: PaymentRow,
) {
  return { refundId, paymentId, bookingId, userId, amount, currency }
}
