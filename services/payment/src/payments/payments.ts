import type { Transaction } from '@tikitu/runtime/database'
import { onceForKey } from '@tikitu/runtime/idempotency'
import { isId, newId } from '@tikitu/runtime/ids'
import { accept } from '@tikitu/runtime/outcome'
import type { ProviderName } from '../providers/provider.ts'
import { requestForUpdate } from '../requests/request.sql.ts'
import {
  decideConfirm,
  decideStart,
  nextCheckAt,
  type Confirm,
  type PaymentMethod,
  type Start,
} from './payment.rules.ts'
import { insertPayment, livePayment, movePayment, standingForUpdate, type Standing } from './payment.sql.ts'

/** A buyer wants to pay. */
export interface StartPayment extends Start {
  readonly method: PaymentMethod
  readonly provider: ProviderName
  /** Automatic unless said. */
  readonly capture?: 'automatic' | 'manual'
  /** The payer's own; repeating it gives the first answer again. */
  readonly idempotencyKey: string
}

/**
 * Begins an attempt to pay what the booking asks for, or answers with the open one. Only writes down that the provider
 * will be asked: once that is committed, whoever committed it asks. Also answers how the attempt stands, which is locked;
 * null of a repetition.
 */
export async function startPayment(tx: Transaction, wished: StartPayment) {
  const { idempotencyKey, method, provider, capture = 'automatic', ...start } = wished
  const { bookingId, payerId, at } = start
  const wish = { caller: payerId, key: idempotencyKey, operation: 'startPayment', request: { bookingId, method } }
  let standing: Standing | null = null
  const outcome = await onceForKey(tx, wish, async () => {
    const found = isId(bookingId) ? await requestForUpdate(tx, bookingId) : null
    const decision = decideStart(found, found && (await livePayment(tx, bookingId)), start)
    if (!decision.ok) return decision

    const { request, live } = decision.value
    if (live) {
      standing = { payment: live, request }
      return accept({ id: live.id })
    }
    const { partnerId, amount, currency } = request
    const id = newId()
    const times = { checkAt: nextCheckAt(at, 0), createdAt: at }
    const money = { amount, currency, method, provider, capture }
    const payment = await insertPayment(tx, { id, bookingId, payerId, partnerId, ...money, ...times })
    standing = { payment, request }
    return accept({ id })
  })
  return outcome.ok ? accept({ ...outcome.value, standing }) : outcome
}

/**
 * Confirms an attempt with an instrument of the sandbox; again with the same instrument, it answers with the attempt as
 * it is. Only writes down that the provider will be asked: once that is committed, whoever committed it asks, and
 * `keepPursuing` when that process has died. Also answers how the attempt stands, which is locked.
 */
export async function confirmPayment(tx: Transaction, confirm: Confirm) {
  const { paymentId, instrument, at } = confirm
  const standing = isId(paymentId) ? await standingForUpdate(tx, paymentId) : null
  const decision = decideConfirm(standing?.payment ?? null, standing?.request ?? null, confirm)
  if (!decision.ok) return decision

  if (!standing || decision.value.repeated) return accept({ id: paymentId, standing })
  const changes = { instrument, checks: 0, checkAt: nextCheckAt(at, 0) }
  const payment = await movePayment(tx, paymentId, { on: 'confirmed' }, changes)
  return accept({ id: paymentId, standing: { ...standing, payment } })
}
