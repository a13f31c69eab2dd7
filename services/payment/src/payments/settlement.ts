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
import { decideSettlement } from './payment.rules.ts'
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
  return { status: 'SUCCEEDED', captured: amount, providerRef: ref, clientSecret: null, failureCode: null } as const
}

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
  await updatePayment(tx, paymentId, {
    status: 'FAILED',
    failureCode: code,
    providerRef: intent.ref,
    clientSecret: null,
  })
  await emit(tx, PaymentFailed, { paymentId, bookingId, userId, code, at: at.toISOString() })
}

async function cancel(tx: Transaction, { payment, intent, at }: Settled): Promise<void> {
  const { id: paymentId, bookingId, payerId: userId } = payment
  const reason = (await cancellationReason(tx, bookingId)) ?? 'cancelled by the provider'
  await updatePayment(tx, paymentId, { status: 'CANCELLED', providerRef: intent.ref, clientSecret: null })
  await emit(tx, PaymentCancelled, { paymentId, bookingId, userId, reason, at: at.toISOString() })
}

/** The attempt stays as it is; an open one learns its name at the provider. */
async function remember(tx: Transaction, payment: PaymentRow, intent: Intent): Promise<void> {
  if (payment.providerRef !== null) return
  await updatePayment(tx, payment.id, { providerRef: intent.ref, clientSecret: intent.clientSecret })
}
