import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { PaymentCancelled, PaymentFailed, PaymentSucceeded } from '@tikitu/schema/events/payment'
import { postCapture } from '../ledger/ledger.ts'
import type { Intent } from '../providers/provider.ts'
import { refundSurplus, releaseWaitingRefunds } from '../refunds/refunds.ts'
import {
  cancellationReason,
  markRequestPaid,
  requestOfPaymentForUpdate,
  type PaymentRequestRow,
} from '../requests/request.sql.ts'
import { decideSettlement, isOpen, statusWhileOpen } from './payment.rules.ts'
import { livePayment, paymentForUpdate, updatePayment, type PaymentRow } from './payment.sql.ts'

/** The provider's truth about an attempt. */
export interface SettlePayment {
  readonly paymentId: string
  readonly intent: Intent
  readonly at: Date
}

/**
 * Makes an attempt what the provider says it is, and tells everybody. Repeating it, late or out of order, changes
 * nothing: what is final stays, except that money which was taken is always acknowledged.
 */
export async function settlePayment(tx: Transaction, { paymentId, intent, at }: SettlePayment): Promise<void> {
  const request = await requestOfPaymentForUpdate(tx, paymentId)
  const payment = await paymentForUpdate(tx, paymentId)
  if (!request || !payment) throw new Error(`there is no payment ${paymentId}`)
  refuseOtherMoney(payment, intent)

  const live = await livePayment(tx, payment.bookingId)
  switch (decideSettlement(payment, intent, live !== null && live.id !== payment.id)) {
    case 'capture':
      return capture(tx, { payment, request, intent, at })
    case 'surplus':
      return takeSurplus(tx, { payment, request, intent, at })
    case 'fail':
      return fail(tx, { payment, intent, at })
    case 'cancel':
      return cancel(tx, { payment, intent, at })
    case 'nothing':
      return remember(tx, payment, intent)
  }
}

/** Anything else would mean that we mix up attempts, and no repetition would help. */
function refuseOtherMoney(payment: PaymentRow, intent: Intent): void {
  if (intent.amount !== payment.amount || intent.currency !== payment.currency) {
    throw new Error(`payment ${payment.id} and intent ${intent.ref} are not about the same money`)
  }
}

interface Settled {
  readonly payment: PaymentRow
  readonly intent: Intent
  readonly at: Date
}

type Captured = Settled & { readonly request: PaymentRequestRow }

/** What is forgotten and set straight when an attempt takes money. */
function asCaptured({ amount, ref }: Intent) {
  return { ...OVER, status: 'SUCCEEDED', captured: amount, providerRef: ref, failureCode: null } as const
}

/** What only an open attempt has. */
const OVER = { clientSecret: null, nextActionUrl: null, providerState: null } as const

async function capture(tx: Transaction, { payment, request, intent, at }: Captured): Promise<void> {
  const { bookingId, payerId: userId, currency } = payment
  const captured = await updatePayment(tx, payment.id, asCaptured(intent))
  await markRequestPaid(tx, bookingId)
  await postCapture(tx, { ...captured, commission: request.commission }, at)
  const { amount, ref: providerRef } = intent
  const facts = { paymentId: payment.id, bookingId, userId, amount, currency, providerRef, at: at.toISOString() }
  await emit(tx, PaymentSucceeded, facts)
  await releaseWaitingRefunds(tx, { payment: captured, commission: request.commission, at })
}

/** Nobody is told: what the booking waits for is the other attempt, and this one leaves nothing but a refund. */
async function takeSurplus(tx: Transaction, { payment, request, intent, at }: Captured): Promise<void> {
  const captured = await updatePayment(tx, payment.id, { ...asCaptured(intent), surplus: true })
  await postCapture(tx, { ...captured, commission: request.commission }, at)
  await refundSurplus(tx, { payment: captured, commission: request.commission, at })
}

async function fail(tx: Transaction, { payment, intent, at }: Settled): Promise<void> {
  const { id: paymentId, bookingId, payerId: userId } = payment
  const code = intent.failureCode ?? 'unknown'
  await updatePayment(tx, paymentId, { ...OVER, status: 'FAILED', failureCode: code, providerRef: intent.ref })
  await emit(tx, PaymentFailed, { paymentId, bookingId, userId, code, at: at.toISOString() })
}

async function cancel(tx: Transaction, { payment, intent, at }: Settled): Promise<void> {
  const { id: paymentId, bookingId, payerId: userId } = payment
  const reason = (await cancellationReason(tx, bookingId)) ?? 'cancelled by the provider'
  await updatePayment(tx, paymentId, { ...OVER, status: 'CANCELLED', providerRef: intent.ref })
  await emit(tx, PaymentCancelled, { paymentId, bookingId, userId, reason, at: at.toISOString() })
}

/** The attempt is as far as it was, or further; an open one learns its name at the provider, and what it waits for. */
async function remember(tx: Transaction, payment: PaymentRow, intent: Intent): Promise<void> {
  const { state, actionUrl, ref: providerRef, clientSecret } = intent
  if (!isOpen(payment.status) || state === 'succeeded' || state === 'failed' || state === 'cancelled') return
  const { status, providerState } = statusWhileOpen(payment, state)
  const nextActionUrl = status === 'REQUIRES_ACTION' ? (actionUrl ?? payment.nextActionUrl) : null
  await updatePayment(tx, payment.id, { status, providerState, nextActionUrl, providerRef, clientSecret })
}

/** The provider takes no such payment: this attempt never began there. Another one, by another method, may. */
export async function failUnbegun(
  tx: Transaction,
  { paymentId, code, at }: { readonly paymentId: string; readonly code: string; readonly at: Date },
): Promise<void> {
  await requestOfPaymentForUpdate(tx, paymentId)
  const payment = await paymentForUpdate(tx, paymentId)
  if (!payment || !isOpen(payment.status) || payment.providerRef !== null) return
  const { bookingId, payerId: userId } = payment
  await updatePayment(tx, paymentId, { ...OVER, status: 'FAILED', failureCode: code })
  await emit(tx, PaymentFailed, { paymentId, bookingId, userId, code, at: at.toISOString() })
}
