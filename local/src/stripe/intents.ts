import { randomBytes } from 'node:crypto'
import { move, newId, seconds, SOON_MILLISECONDS, tell, type Desk } from './desk.ts'
import { param, readParams, type Form } from './form.ts'
import { codeOf, METHOD_TYPES, methodOf, type Behaviour } from './instruments.ts'
import type { Charge, PaymentError, PaymentIntent } from './objects.ts'
import { invalid, missing, StripeError } from './stripe-error.ts'

/** POST /v1/payment_intents */
export function createIntent(desk: Desk, form: Form): PaymentIntent {
  const { amount, currency, payment_method_types, capture_method, metadata, description } = readParams(form, {
    amount: param.integer(1),
    currency: param.text(3),
    payment_method_types: param.list(param.choice(...METHOD_TYPES)).optional(),
    capture_method: param.choice('automatic', 'manual').optional(),
    metadata: param.metadata().optional(),
    description: param.text(1_000).optional(),
  })
  if (!/^[a-z]{3}$/i.test(currency)) {
    throw invalid(`Invalid currency: ${currency}. Stripe currently supports these currencies: all of ISO 4217`, {
      param: 'currency',
    })
  }
  const id = newId('pi')
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    amount,
    amount_capturable: 0,
    amount_received: 0,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: capture_method ?? 'automatic',
    client_secret: `${id}_secret_${randomBytes(18).toString('base64url')}`,
    confirmation_method: 'automatic',
    created: seconds(desk),
    currency: currency.toLowerCase(),
    description: description ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: metadata ?? {},
    next_action: null,
    payment_method: null,
    payment_method_types: payment_method_types ?? ['card'],
    status: 'requires_payment_method',
  }
  desk.books.put('payment_intent', intent, intent.metadata['payment_id'] ?? null)
  return intent
}

/** GET /v1/payment_intents/:id */
export function retrieveIntent(desk: Desk, id: string): PaymentIntent {
  const intent = desk.books.get('payment_intent', id)
  if (!intent) throw missing('payment_intent', id)
  return intent
}

/** POST /v1/payment_intents/:id/confirm */
export function confirmIntent(desk: Desk, id: string, form: Form): PaymentIntent {
  const { payment_method, return_url } = readParams(form, {
    payment_method: param.text().optional(),
    return_url: param.text(2_000).optional(),
  })
  const intent = retrieveIntent(desk, id)
  if (intent.status !== 'requires_payment_method' && intent.status !== 'requires_action') {
    throw unexpected(intent, 'confirm')
  }
  if (payment_method === undefined) {
    const code = 'payment_intent_unexpected_state'
    throw invalid("You cannot confirm this PaymentIntent because it's missing a payment method.", { code })
  }
  const method = methodOf(payment_method)
  if (!method) throw missing('payment_method', payment_method)
  if (!intent.payment_method_types.includes(method.type)) {
    throw invalid(
      `The PaymentMethod provided (${method.type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: ${intent.payment_method_types.join(', ')}.`,
      { code: 'payment_intent_incompatible_payment_method', param: 'payment_method' },
    )
  }
  const { behaviour } = method
  const confirmed: PaymentIntent = { ...intent, payment_method, last_payment_error: null, next_action: null }
  if (behaviour.authentication) return askForBuyer(desk, confirmed, return_url ?? null)
  if (behaviour.decides) return letWait(desk, confirmed, behaviour)
  const decided = decide(desk, confirmed, behaviour)
  if (decided.last_payment_error) throw declined(decided, decided.last_payment_error)
  return decided
}

function askForBuyer(desk: Desk, intent: PaymentIntent, returnUrl: string | null): PaymentIntent {
  const token = newId('payatt')
  desk.books.setNote(intent.id, 'authentication', token)
  const url = `${desk.origin()}/authenticate/${intent.id}/${token}`
  const asked: PaymentIntent = {
    ...intent,
    status: 'requires_action',
    next_action: { type: 'redirect_to_url', redirect_to_url: { url, return_url: returnUrl } },
  }
  desk.books.put('payment_intent', asked)
  tell(desk, 'payment_intent.requires_action', asked)
  return asked
}

function letWait(desk: Desk, intent: PaymentIntent, { decides, webhooks }: Behaviour): PaymentIntent {
  const waiting: PaymentIntent = { ...intent, status: 'processing' }
  desk.books.put('payment_intent', waiting)
  tell(desk, 'payment_intent.processing', waiting, webhooks)
  desk.books.plan('decide', intent.id, desk.now() + (decides === 'late' ? desk.lateMilliseconds : SOON_MILLISECONDS))
  return waiting
}

/** The bank says yes or no to what it has been thinking about. */
export function decideLate(desk: Desk, id: string): void {
  const intent = retrieveIntent(desk, id)
  if (intent.status !== 'processing') return
  const method = methodOf(intent.payment_method ?? '')
  if (method) decide(desk, intent, method.behaviour)
}

/** The buyer stands before their bank. Answers with the intent as it is then. */
export function authenticate(desk: Desk, id: string, token: string): PaymentIntent {
  const intent = retrieveIntent(desk, id)
  if (desk.books.note(id, 'authentication') !== token) throw missing('payment_intent', id)
  const behaviour = methodOf(intent.payment_method ?? '')?.behaviour
  if (intent.status !== 'requires_action' || !behaviour || behaviour.authentication === 'abandoned') return intent
  if (behaviour.authentication === 'succeeds') return decide(desk, { ...intent, next_action: null }, behaviour)
  return refuse(desk, { ...intent, next_action: null }, behaviour, {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message: 'The provided PaymentMethod has failed authentication.',
  })
}

function decide(desk: Desk, intent: PaymentIntent, behaviour: Behaviour): PaymentIntent {
  const { declineCode } = behaviour
  if (declineCode !== undefined) {
    return refuse(desk, intent, behaviour, {
      type: 'card_error',
      code: codeOf(declineCode),
      decline_code: declineCode,
      message: 'Your card was declined.',
    })
  }
  if (intent.capture_method === 'manual') {
    const held = charge(desk, { ...intent, status: 'requires_capture', amount_capturable: intent.amount })
    tell(desk, 'payment_intent.amount_capturable_updated', held, behaviour.webhooks)
    return held
  }
  return take(desk, charge(desk, intent), intent.amount, behaviour)
}

function refuse(desk: Desk, intent: PaymentIntent, { webhooks }: Behaviour, why: PaymentError): PaymentIntent {
  const refused: PaymentIntent = {
    ...intent,
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error: why,
  }
  desk.books.put('payment_intent', refused)
  tell(desk, 'payment_intent.payment_failed', refused, webhooks)
  return refused
}

/** The bank holds the money. */
function charge(desk: Desk, intent: PaymentIntent): PaymentIntent {
  const { amount, currency, payment_method } = intent
  const made: Charge = {
    id: newId('ch'),
    object: 'charge',
    amount,
    amount_captured: 0,
    amount_refunded: 0,
    balance_transaction: null,
    captured: false,
    created: seconds(desk),
    currency,
    disputed: false,
    livemode: false,
    metadata: intent.metadata,
    paid: true,
    payment_intent: intent.id,
    payment_method: payment_method ?? '',
    payment_method_details: { type: methodOf(payment_method ?? '')?.type ?? 'card' },
    refunded: false,
    status: 'succeeded',
  }
  desk.books.put('charge', made, intent.id)
  const charged: PaymentIntent = { ...intent, latest_charge: made.id }
  desk.books.put('payment_intent', charged)
  return charged
}

/** The money, or a part of what the bank holds, is ours. */
function take(desk: Desk, intent: PaymentIntent, amount: number, behaviour: Behaviour): PaymentIntent {
  const held = desk.books.get('charge', intent.latest_charge ?? '')
  if (!held) throw new Error(`${intent.id} has no charge`)
  const { id: source, currency } = held
  const transaction = move(desk, { type: 'charge', source, amount, currency, reporting_category: 'charge' })
  desk.books.put('charge', { ...held, amount_captured: amount, captured: true, balance_transaction: transaction })
  const taken: PaymentIntent = { ...intent, status: 'succeeded', amount_capturable: 0, amount_received: amount }
  desk.books.put('payment_intent', taken)
  tell(desk, 'payment_intent.succeeded', taken, behaviour.webhooks)
  if (behaviour.disputed) desk.books.plan('dispute', intent.id, desk.now() + SOON_MILLISECONDS)
  return taken
}

/** The bank pays although nobody waits for it any more. */
export function takeAnyway(desk: Desk, id: string): PaymentIntent {
  const intent = retrieveIntent(desk, id)
  if (intent.status === 'succeeded') return intent
  return take(desk, charge(desk, { ...intent, payment_method: 'pm_card_visa' }), intent.amount, {})
}

/** POST /v1/payment_intents/:id/capture */
export function captureIntent(desk: Desk, id: string, form: Form): PaymentIntent {
  const { amount_to_capture } = readParams(form, { amount_to_capture: param.integer(1).optional() })
  const intent = retrieveIntent(desk, id)
  if (intent.status !== 'requires_capture') throw unexpected(intent, 'capture')
  const amount = amount_to_capture ?? intent.amount_capturable
  if (amount > intent.amount_capturable) {
    throw invalid(`Cannot capture more than the amount that is capturable: ${intent.amount_capturable}.`, {
      code: 'amount_too_large',
      param: 'amount_to_capture',
    })
  }
  return take(desk, intent, amount, methodOf(intent.payment_method ?? '')?.behaviour ?? {})
}

/** POST /v1/payment_intents/:id/cancel */
export function cancelIntent(desk: Desk, id: string, form: Form): PaymentIntent {
  const { cancellation_reason } = readParams(form, {
    cancellation_reason: param.choice('duplicate', 'fraudulent', 'requested_by_customer', 'abandoned').optional(),
  })
  const intent = retrieveIntent(desk, id)
  if (!['requires_payment_method', 'requires_action', 'requires_capture'].includes(intent.status)) {
    throw unexpected(intent, 'cancel')
  }
  const cancelled: PaymentIntent = {
    ...intent,
    status: 'canceled',
    amount_capturable: 0,
    canceled_at: seconds(desk),
    cancellation_reason: cancellation_reason ?? null,
    next_action: null,
  }
  desk.books.put('payment_intent', cancelled)
  tell(desk, 'payment_intent.canceled', cancelled)
  return cancelled
}

function unexpected(intent: PaymentIntent, action: 'confirm' | 'cancel' | 'capture'): StripeError {
  return new StripeError(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `You cannot ${action} this PaymentIntent because it has a status of ${intent.status}.`,
    payment_intent: intent,
  })
}

function declined(intent: PaymentIntent, { message, code, decline_code }: PaymentError): StripeError {
  const why = decline_code === undefined ? { code } : { code, decline_code }
  return new StripeError(402, { type: 'card_error', message, ...why, payment_intent: intent })
}
