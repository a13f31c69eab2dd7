import { move, newId, seconds, tell, type Desk } from './desk.ts'
import { param, readParams, type Form } from './form.ts'
import { methodOf } from './instruments.ts'
import type { Charge, Refund } from './objects.ts'
import { invalid, missing } from './stripe-error.ts'

/** POST /v1/refunds */
export function createRefund(desk: Desk, form: Form): Refund {
  const wish = readParams(form, {
    payment_intent: param.text(100),
    amount: param.integer(1).optional(),
    reason: param.choice('duplicate', 'fraudulent', 'requested_by_customer').optional(),
    metadata: param.metadata().optional(),
  })
  const charge = chargeOf(desk, wish.payment_intent)
  const left = charge.amount_captured - charge.amount_refunded
  const amount = wish.amount ?? left
  if (left === 0) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' })
  }
  if (charge.disputed) {
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: 'charge_disputed' })
  }
  if (amount > left) {
    throw invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    })
  }
  const slow = methodOf(charge.payment_method)?.behaviour.refunds
  const refund: Refund = {
    id: newId('re'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: seconds(desk),
    currency: charge.currency,
    metadata: wish.metadata ?? {},
    payment_intent: charge.payment_intent,
    reason: wish.reason ?? null,
    status: slow ? 'pending' : 'succeeded',
  }
  refund.balance_transaction = moved(desk, refund, 'refund')
  desk.books.put('refund', refund, charge.payment_intent)
  const amount_refunded = charge.amount_refunded + amount
  desk.books.put('charge', { ...charge, amount_refunded, refunded: amount_refunded === charge.amount_captured })
  tell(desk, 'refund.created', refund)
  if (slow) desk.books.plan('refund', refund.id, desk.now() + desk.lateMilliseconds)
  return refund
}

function chargeOf(desk: Desk, intentId: string): Charge {
  const intent = desk.books.get('payment_intent', intentId)
  if (!intent) throw missing('payment_intent', intentId)
  const charge = intent.status === 'succeeded' && desk.books.get('charge', intent.latest_charge ?? '')
  if (!charge) throw invalid(`This PaymentIntent (${intentId}) does not have a successful charge to refund.`)
  return charge
}

/** GET /v1/refunds/:id */
export function retrieveRefund(desk: Desk, id: string): Refund {
  const refund = desk.books.get('refund', id)
  if (!refund) throw missing('refund', id)
  return refund
}

/** Money that was on its way has arrived, or comes back to us. */
export function settleRefund(desk: Desk, id: string): void {
  const refund = retrieveRefund(desk, id)
  const charge = desk.books.get('charge', refund.charge)
  if (refund.status !== 'pending' || !charge) return
  if (methodOf(charge.payment_method)?.behaviour.refunds !== 'failing') {
    const arrived: Refund = { ...refund, status: 'succeeded' }
    desk.books.put('refund', arrived)
    return tell(desk, 'refund.updated', arrived)
  }
  const failed: Refund = { ...refund, status: 'failed', failure_reason: 'expired_or_canceled_card' }
  moved(desk, failed, 'refund_failure')
  desk.books.put('refund', failed)
  desk.books.put('charge', {
    ...charge,
    amount_refunded: charge.amount_refunded - refund.amount,
    refunded: false,
  })
  return tell(desk, 'refund.failed', failed)
}

function moved(desk: Desk, { id: source, amount, currency }: Refund, type: 'refund' | 'refund_failure'): string {
  const signed = type === 'refund' ? -amount : amount
  return move(desk, { type, source, amount: signed, currency, reporting_category: type })
}
