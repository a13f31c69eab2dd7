import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { newId } from '@tikitu/runtime/ids'
import { sendJob } from '@tikitu/runtime/jobs'
import { RefundFailed } from '@tikitu/schema/events/payment'
import { PursueRefund } from '../jobs.ts'
import { feeToReturn } from '../ledger/ledger.rules.ts'
import { postRefundOwed } from '../ledger/ledger.ts'
import { withoutCardNumbers } from '@tikitu/runtime/card-number'
import { isGood } from '../payments/payment.rules.ts'
import { livePayment, paymentForUpdate, updatePayment, type PaymentRow } from '../payments/payment.sql.ts'
import { requestForUpdate } from '../requests/request.sql.ts'
import { whyNotRefundable } from './refund.rules.ts'
import { insertRefund, updateRefund, waitingRefunds } from './refund.sql.ts'

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
  readonly at: Date
}

/**
 * Writes down a refund and promises its money. One that is asked for before its payment has any waits for it. One that
 * asks for more than is there goes to manual review and takes nothing.
 */
export async function requestRefund(tx: Transaction, { refundId, paymentId, ...asked }: RequestRefund): Promise<void> {
  const { bookingId, amount, currency, at } = asked
  const request = await requestForUpdate(tx, bookingId)
  const fresh = await insertRefund(tx, {
    id: refundId,
    bookingId,
    askedPaymentId: paymentId,
    amount,
    currency,
    reason: withoutCardNumbers(asked.reason),
    status: 'REQUESTED',
    checkAt: at,
    createdAt: at,
  })
  if (!fresh || !request) return
  const payment = paymentId === null ? await livePayment(tx, bookingId) : await paymentForUpdate(tx, paymentId)
  if (payment?.bookingId !== bookingId || !isGood(payment.status)) return
  await reserve(tx, { id: refundId, amount, currency }, { payment, commission: request.commission, at })
}

/** A payment that has money, locked, and how much of its amount is the platform's. */
export interface Source {
  readonly payment: PaymentRow
  readonly commission: number
  readonly at: Date
}

/** The payment has money now: promises it to the refunds that were asked for too early. */
export async function releaseWaitingRefunds(tx: Transaction, source: Source): Promise<void> {
  let { payment } = source
  for (const refund of await waitingRefunds(tx, payment)) payment = await reserve(tx, refund, { ...source, payment })
}

/** Gives back, unasked, all of a payment that was taken although another one pays the booking. */
export async function refundSurplus(tx: Transaction, { payment, ...source }: Source): Promise<void> {
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
  await reserve(tx, { id, amount, currency }, { ...source, payment })
}

/** Promises a part of a payment to a refund, which is the provider's to pay from then on. Answers the payment as it is then. */
async function reserve(
  tx: Transaction,
  refund: { readonly id: string; readonly amount: number; readonly currency: string },
  { payment, commission, at }: Source,
): Promise<PaymentRow> {
  const { id: refundId, amount, currency } = refund
  const why = whyNotRefundable(payment, refund)
  if (why) {
    await updateRefund(tx, refundId, { paymentId: payment.id, status: 'MANUAL_REVIEW', failureCode: why })
    const { id: paymentId, bookingId, payerId: userId } = payment
    const facts = { refundId, paymentId, bookingId, userId, amount, currency }
    await emit(tx, RefundFailed, { ...facts, code: why, at: at.toISOString() })
    return payment
  }
  await updateRefund(tx, refundId, { paymentId: payment.id })
  const fee = feeToReturn({ ...payment, commission }, amount)
  const reserved = await updatePayment(tx, payment.id, { refundReserved: payment.refundReserved + amount })
  await postRefundOwed(tx, payment, { id: refundId, amount, fee }, at)
  await sendJob(tx, PursueRefund, { refundId })
  return reserved
}
