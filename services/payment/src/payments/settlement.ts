import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { PaymentCancelled, PaymentFailed, PaymentSucceeded } from '@tikitu/schema/events/payment'
import { postCapture } from '../ledger/ledger.ts'
import type { Intent } from '../providers/provider.ts'
import { refundSurplus, releaseWaitingRefunds } from '../refunds/refunds.ts'
import { cancellationReason, markRequestPaid, type PaymentRequestRow } from '../requests/request.sql.ts'
import { decideSettlement, isOpen, stepWhileOpen } from './payment.rules.ts'
import { livePayment, movePayment, standingForUpdate, type PaymentRow, type Standing } from './payment.sql.ts'

/** The provider's truth about an attempt. */
export interface SettlePayment {
  readonly paymentId: string
  readonly intent: Intent
  readonly at: Date
}

/**
 * Makes an attempt what the provider says it is, and tells everybody. Repeating it, late or out of order, changes
 * nothing: what is final stays, except that money which was taken is always acknowledged. Answers how it stands then.
 */
export async function settlePayment(tx: Transaction, { paymentId, intent, at }: SettlePayment): Promise<Standing> {
  const { payment, request } = await standingOf(tx, paymentId)
  refuseOtherMoney(payment, intent)

  switch (decideSettlement(payment, intent, await anotherIsLive(tx, payment))) {
    case 'capture':
      return { payment: await capture(tx, { payment, request, intent, at }), request: { ...request, status: 'PAID' } }
    case 'surplus':
      return { payment: await takeSurplus(tx, { payment, request, intent, at }), request }
    case 'fail':
      return { payment: await fail(tx, { payment, intent, at }), request }
    case 'cancel':
      return { payment: await cancel(tx, { payment, intent, at }), request }
    case 'nothing':
      return { payment: await remember(tx, payment, intent), request }
  }
}

async function standingOf(tx: Transaction, paymentId: string): Promise<Standing> {
  const standing = await standingForUpdate(tx, paymentId)
  if (!standing) throw new Error(`there is no payment ${paymentId}`)
  return standing
}

/** Whether the booking has another attempt that is open or good. While this one is open, it is the only one. */
async function anotherIsLive(tx: Transaction, { id, status, bookingId }: PaymentRow): Promise<boolean> {
  if (isOpen(status)) return false
  const live = await livePayment(tx, bookingId)
  return live !== null && live.id !== id
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
  return { ...OVER, captured: amount, providerRef: ref, failureCode: null }
}

/** What only an open attempt has. */
const OVER = { clientSecret: null, nextActionUrl: null, providerState: null } as const

async function capture(tx: Transaction, { payment, request, intent, at }: Captured): Promise<PaymentRow> {
  const { bookingId, payerId: userId, currency } = payment
  const step = { on: 'the money is taken', when: 'it pays the booking' } as const
  const captured = await movePayment(tx, payment.id, step, asCaptured(intent))
  await markRequestPaid(tx, bookingId)
  await postCapture(tx, { ...captured, commission: request.commission }, at)
  const { amount, ref: providerRef } = intent
  const facts = { paymentId: payment.id, bookingId, userId, amount, currency, providerRef, at: at.toISOString() }
  await emit(tx, PaymentSucceeded, facts)
  return releaseWaitingRefunds(tx, { payment: captured, commission: request.commission, at })
}

/** Nobody is told: what the booking waits for is the other attempt, and this one leaves nothing but a refund. */
async function takeSurplus(tx: Transaction, { payment, request, intent, at }: Captured): Promise<PaymentRow> {
  const step = { on: 'the money is taken', when: 'another pays the booking, or may' } as const
  const captured = await movePayment(tx, payment.id, step, { ...asCaptured(intent), surplus: true })
  await postCapture(tx, { ...captured, commission: request.commission }, at)
  return refundSurplus(tx, { payment: captured, commission: request.commission, at })
}

async function fail(tx: Transaction, { payment, intent, at }: Settled): Promise<PaymentRow> {
  const { id: paymentId, bookingId, payerId: userId } = payment
  const code = intent.failureCode ?? 'unknown'
  const changes = { ...OVER, failureCode: code, providerRef: intent.ref }
  const failed = await movePayment(tx, paymentId, { on: 'declined' }, changes)
  await emit(tx, PaymentFailed, { paymentId, bookingId, userId, code, at: at.toISOString() })
  return failed
}

async function cancel(tx: Transaction, { payment, intent, at }: Settled): Promise<PaymentRow> {
  const { id: paymentId, bookingId, payerId: userId } = payment
  const reason = (await cancellationReason(tx, bookingId)) ?? 'cancelled by the provider'
  const cancelled = await movePayment(tx, paymentId, { on: 'given up' }, { ...OVER, providerRef: intent.ref })
  await emit(tx, PaymentCancelled, { paymentId, bookingId, userId, reason, at: at.toISOString() })
  return cancelled
}

/** The attempt is as far as it was, or further; an open one learns its name at the provider, and what it waits for. */
async function remember(tx: Transaction, payment: PaymentRow, intent: Intent): Promise<PaymentRow> {
  const { state, actionUrl, ref: providerRef, clientSecret } = intent
  if (!isOpen(payment.status) || state === 'succeeded' || state === 'failed' || state === 'cancelled') return payment
  const { step, providerState } = stepWhileOpen(payment, state)
  const nextActionUrl = providerState === 'action' ? (actionUrl ?? payment.nextActionUrl) : null
  return movePayment(tx, payment.id, step, { providerState, nextActionUrl, providerRef, clientSecret })
}

/** The provider takes no such payment: this attempt never began there. Another one, by another method, may. */
export async function failUnbegun(
  tx: Transaction,
  { paymentId, code, at }: { readonly paymentId: string; readonly code: string; readonly at: Date },
): Promise<Standing> {
  const { payment, request } = await standingOf(tx, paymentId)
  if (!isOpen(payment.status) || payment.providerRef !== null) return { payment, request }
  const { bookingId, payerId: userId } = payment
  const failed = await movePayment(tx, paymentId, { on: 'declined' }, { ...OVER, failureCode: code })
  await emit(tx, PaymentFailed, { paymentId, bookingId, userId, code, at: at.toISOString() })
  return { payment: failed, request }
}
