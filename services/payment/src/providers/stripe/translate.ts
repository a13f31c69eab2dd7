import type Stripe from 'stripe'
import { PAYMENT_METHODS, type PaymentMethod } from '../../payments/payment.rules.ts'
import type { Intent, IntentDispute, IntentRefund, ListedIntent, ProviderEvent } from '../provider.ts'
import { fromStripe } from './amount.ts'

/** What Stripe calls the ways to pay. Wallets are ways to use a card, or Stripe's own. */
export const METHOD_TYPES: Readonly<Record<PaymentMethod, readonly string[]>> = {
  CARD: ['card'],
  UPI: ['upi'],
  NET_BANKING: ['netbanking'],
  WALLET: ['card', 'link'],
}

/** An intent of Stripe's in our words. */
export function intentOf(found: Stripe.PaymentIntent): Intent {
  const { id: ref, client_secret, amount, amount_received, currency, next_action, latest_charge } = found
  const state = stateOf(found)
  const charge = typeof latest_charge === 'object' ? latest_charge : null
  return {
    ref,
    paymentId: found.metadata['payment_id'] ?? null,
    clientSecret: client_secret ?? '',
    amount: fromStripe(state === 'succeeded' ? amount_received : amount, currency),
    currency: currency.toUpperCase(),
    state,
    actionUrl: state === 'action' ? (next_action?.redirect_to_url?.url ?? null) : null,
    failureCode: state === 'failed' ? failureCodeOf(found) : null,
    ...(charge === null ? {} : { refunded: fromStripe(charge.amount_refunded, currency) }),
  }
}

/** What a list says of an intent of Stripe's, in our words; undefined when it is none of ours. */
export function listedIntentOf({
  id: ref,
  amount,
  currency,
  metadata,
}: Stripe.PaymentIntent): ListedIntent | undefined {
  const { payment_id: paymentId, booking_id: bookingId, method } = metadata
  const known = PAYMENT_METHODS.find((each) => each === method)
  if (paymentId === undefined || bookingId === undefined || known === undefined) return undefined
  return {
    ref,
    paymentId,
    bookingId,
    amount: fromStripe(amount, currency),
    currency: currency.toUpperCase(),
    method: known,
  }
}

/** Whether the payer's bank has said no, and another attempt with the same intent could still be made. */
export function isDeclined({ status, last_payment_error }: Stripe.PaymentIntent): boolean {
  return status === 'requires_payment_method' && last_payment_error !== null
}

function stateOf({ status, last_payment_error }: Stripe.PaymentIntent): Intent['state'] {
  switch (status) {
    case 'requires_action':
      return 'action'
    case 'processing':
      return 'processing'
    case 'requires_capture':
      return 'authorized'
    case 'succeeded':
      return 'succeeded'
    case 'canceled':
      return last_payment_error === null ? 'cancelled' : 'failed'
    default:
      return 'open'
  }
}

/** The bank's own reason where it gives one: `insufficient_funds` says more than `card_declined`. */
function failureCodeOf({ last_payment_error: error }: Stripe.PaymentIntent): string {
  const declined = error?.decline_code
  return (declined && declined !== 'generic_decline' ? declined : error?.code) ?? 'unknown'
}

/** A refund of Stripe's in our words. */
export function refundOf({ id: ref, status, failure_reason }: Stripe.Refund): IntentRefund {
  if (status === 'succeeded') return { ref, state: 'succeeded', failureCode: null }
  if (status === 'failed' || status === 'canceled') {
    return { ref, state: 'failed', failureCode: failure_reason ?? status }
  }
  return { ref, state: 'pending', failureCode: null }
}

/** A dispute of Stripe's in our words. */
export function disputeOf(found: Stripe.Dispute): IntentDispute {
  const { id: ref, payment_intent, amount, currency, reason, status, evidence_details } = found
  const state = status === 'won' ? 'won' : status === 'lost' ? 'lost' : 'open'
  const dueBy = state === 'open' ? (evidence_details.due_by ?? null) : null
  return {
    ref,
    intentRef: idOf(payment_intent),
    amount: fromStripe(amount, currency),
    currency: currency.toUpperCase(),
    reason,
    state,
    dueBy: dueBy === null ? null : new Date(dueBy * 1_000),
  }
}

/** Which object an event is about, by its name alone. */
export function aboutOf({ data }: Stripe.Event): ProviderEvent['about'] {
  const object: { readonly object?: unknown; readonly id?: unknown } = data.object
  const ref = String(object.id)
  if (object.object === 'payment_intent') return { kind: 'intent', ref }
  if (object.object === 'refund') return { kind: 'refund', ref }
  return object.object === 'dispute' ? { kind: 'dispute', ref } : null
}

function idOf(reference: string | { readonly id: string } | null): string {
  return typeof reference === 'string' ? reference : (reference?.id ?? '')
}
