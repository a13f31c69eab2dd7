import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { newId } from '@tikitu/runtime/ids'
import { sendJob } from '@tikitu/runtime/jobs'
import { readSetting } from '@tikitu/runtime/settings'
import { RefundFailed } from '@tikitu/schema/events/payment'
import { contest } from '../disputes/contesting.ts'
import { PursueRefund } from '../jobs.ts'
import { feeToReturn } from '../ledger/ledger.rules.ts'
import { timesReleased } from '../ledger/ledger.sql.ts'
import { postRefundOwed, postRefundReleased } from '../ledger/ledger.ts'
import { withoutCardNumbers } from '@tikitu/runtime/card-number'
import { isGood } from '../payments/payment.rules.ts'
import { livePayment, paymentForUpdate, updatePayment, type PaymentRow } from '../payments/payment.sql.ts'
import { requestForUpdate } from '../requests/request.sql.ts'
import { needsApproval, whyNotRefundable } from './refund.rules.ts'
import { insertRefund, moveRefund, updateRefund, waitingRefunds, type RefundRow } from './refund.sql.ts'

/** Somebody wants a buyer to have money back. */
export interface RequestRefund {
  /** Whoever asks names it, so that asking twice is asking once. */
  readonly refundId: string
  readonly bookingId: string
  /** The payment to take it from; null: the one that paid the booking. */
  readonly paymentId: string | null
  readonly amount: number
  readonly currency: string
  /** In the words of whoever asks; what looks like a card number is not kept. */
  readonly reason: string
  /** The member of staff whose decision it was; null when it follows from the rules, which wait for nobody. */
  readonly requestedBy: string | null
  /** No ticket was taken for it. */
  readonly goodwill: boolean
  readonly at: Date
}

/**
 * Writes down a refund and promises its money. One that is asked for before its payment has any waits for it. One that
 * asks for more than is there goes to manual review and takes nothing; of what a bank contests it waits for the decision; a large one that staff decided on takes its money
 * and waits for an admin.
 */
export async function requestRefund(tx: Transaction, { refundId, paymentId, ...asked }: RequestRefund): Promise<void> {
  const { bookingId, amount, currency, requestedBy, goodwill, at } = asked
  const request = await requestForUpdate(tx, bookingId)
  const fresh = await insertRefund(tx, {
    id: refundId,
    bookingId,
    askedPaymentId: paymentId,
    amount,
    currency,
    reason: withoutCardNumbers(asked.reason),
    requestedBy,
    goodwill,
    status: 'REQUESTED',
    checkAt: at,
    createdAt: at,
  })
  if (!fresh || !request) return
  const payment = paymentId === null ? await livePayment(tx, bookingId) : await paymentForUpdate(tx, paymentId)
  if (payment?.bookingId !== bookingId || !isGood(payment.status)) return
  await reserve(tx, { id: refundId, amount, currency, requestedBy }, { payment, commission: request.commission, at })
}

/** A payment that has money, locked, and how much of its amount is the platform's. */
export interface Source {
  readonly payment: PaymentRow
  readonly commission: number
  readonly at: Date
}

/** The payment has money now: promises it to the refunds that were asked for too early. */
export async function releaseWaitingRefunds(tx: Transaction, source: Source): Promise<PaymentRow> {
  let { payment } = source
  for (const refund of await waitingRefunds(tx, payment)) payment = await reserve(tx, refund, { ...source, payment })
  return payment
}

/** Gives back, unasked, all of a payment that was taken although another one pays the booking. */
export async function refundSurplus(tx: Transaction, { payment, ...source }: Source): Promise<PaymentRow> {
  const { bookingId, captured: amount, currency } = payment
  const id = newId()
  await insertRefund(tx, {
    id,
    bookingId,
    askedPaymentId: payment.id,
    amount,
    currency,
    reason: 'The booking was paid twice.',
    status: 'REQUESTED',
    checkAt: source.at,
    createdAt: source.at,
  })
  return reserve(tx, { id, amount, currency, requestedBy: null }, { ...source, payment })
}

/** Promises a part of a payment to a refund, which is the provider's to pay from then on. Answers the payment as it is then. */
export async function reserve(
  tx: Transaction,
  refund: Pick<RefundRow, 'id' | 'amount' | 'currency' | 'requestedBy'> & Partial<Pick<RefundRow, 'status'>>,
  { payment, commission, at }: Source,
): Promise<PaymentRow> {
  const { id: refundId, amount, currency } = refund
  const why = whyNotRefundable(payment, refund)
  if (why) {
    await moveRefund(tx, refundId, { on: 'there is not as much' }, { paymentId: payment.id, failureCode: why })
    const { id: paymentId, bookingId, payerId: userId } = payment
    const facts = { refundId, paymentId, bookingId, userId, amount, currency }
    await emit(tx, RefundFailed, { ...facts, code: why, at: at.toISOString() })
    return payment
  }
  const waits = needsApproval(refund, await readSetting(tx, 'payment.refundApprovalLimit'))
  const when = waits ? 'somebody has to approve' : 'it waits for nobody'
  const changes = { paymentId: payment.id, reserved: true, failureCode: null, checkAt: at }
  await moveRefund(tx, refundId, { on: 'its money is promised', when }, changes)
  const fee = feeToReturn({ ...payment, commission, returned: payment.refundReserved + payment.lost }, amount)
  const refundReserved = payment.refundReserved + amount
  const contested = await contest(tx, { ...payment, refundReserved })
  const reserved = await updatePayment(tx, payment.id, { refundReserved, contested })
  // Only what a person looks at can have been promised before.
  const released = refund.status === 'MANUAL_REVIEW' ? await timesReleased(tx, payment.id, refundId) : 0
  await postRefundOwed(tx, payment, { id: refundId, amount, fee, released }, at)
  if (!waits) await sendJob(tx, PursueRefund, { refundId })
  return reserved
}

/**
 * Takes back what was promised to a refund: it is the platform's and the partner's again, or what a bank contests. Answers
 * the payment as it is then.
 */
export async function release(
  tx: Transaction,
  { id: refundId, amount }: RefundRow,
  { payment, commission, at }: Source,
): Promise<PaymentRow> {
  const refundReserved = payment.refundReserved - amount
  const fee = feeToReturn({ ...payment, commission, returned: refundReserved + payment.lost }, amount)
  await updateRefund(tx, refundId, { reserved: false })
  const contested = await contest(tx, { ...payment, refundReserved })
  const released = await timesReleased(tx, payment.id, refundId)
  await postRefundReleased(tx, payment, { id: refundId, amount, fee, released }, at)
  return updatePayment(tx, payment.id, { refundReserved, contested })
}
