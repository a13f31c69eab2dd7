import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { RefundFailed, RefundSucceeded } from '@tikitu/schema/events/payment'
import { postRefundPaid } from '../ledger/ledger.ts'
import { movePayment, type PaymentRow } from '../payments/payment.sql.ts'
import type { IntentRefund } from '../providers/provider.ts'
import { isLastAttempt, nextAttemptAt, stepAfterRefund } from './refund.rules.ts'
import { moveRefund, refundAndPaymentForUpdate, type RefundRow } from './refund.sql.ts'

/** The provider's answer to one attempt at a refund. */
export interface SettleRefund {
  readonly refundId: string
  readonly attempt: number
  readonly answer: IntentRefund
  readonly at: Date
}

/**
 * Makes a refund what the provider says it is, and tells everybody: at once when the money went back, and when it will
 * not without a person, which is after the last attempt. An answer to any but the attempt under way changes nothing.
 */
export async function settleRefund(tx: Transaction, { refundId, attempt, answer, at }: SettleRefund): Promise<void> {
  const found = await refundAndPaymentForUpdate(tx, refundId)
  if (found?.refund.status !== 'PROCESSING' || found.refund.attempt !== attempt) return
  const { refund, payment } = found
  if (answer.state === 'pending')
    await moveRefund(tx, refund.id, { on: 'it is on its way' }, { providerRef: answer.ref })
  else if (answer.state === 'succeeded') await pay(tx, { refund, payment, providerRef: answer.ref, at })
  else await refusedByProvider(tx, { refund, payment, code: answer.failureCode ?? 'unknown', at })
}

interface Settled {
  readonly refund: RefundRow
  readonly payment: PaymentRow
  readonly at: Date
}

async function pay(
  tx: Transaction,
  { refund, payment, providerRef, at }: Settled & { readonly providerRef: string },
): Promise<void> {
  const refunded = payment.refunded + refund.amount
  await moveRefund(tx, refund.id, { on: 'paid' }, { providerRef })
  await movePayment(tx, payment.id, stepAfterRefund(payment.status, payment.captured, refunded), { refunded })
  await postRefundPaid(tx, payment, refund, at)
  await emit(tx, RefundSucceeded, { ...factsOf(refund, payment), at: at.toISOString() })
}

async function refusedByProvider(
  tx: Transaction,
  { refund, payment, code, at }: Settled & { readonly code: string },
): Promise<void> {
  const isLast = isLastAttempt(refund.attempt)
  const when = isLast ? 'for the last time' : 'not for the last time'
  const changes = { failureCode: code, checkAt: nextAttemptAt(at, refund.attempt) }
  await moveRefund(tx, refund.id, { on: 'refused', when }, changes)
  if (!isLast) return
  await emit(tx, RefundFailed, { ...factsOf(refund, payment), code, at: at.toISOString() })
}

function factsOf(
  { id: refundId, amount, currency }: RefundRow,
  { id: paymentId, bookingId, payerId: userId }: PaymentRow,
) {
  return { refundId, paymentId, bookingId, userId, amount, currency }
}
