import type { Page } from './books.ts'
import {
  cancelIntent,
  captureIntent,
  confirmIntent,
  createIntent,
  decideLate,
  retrieveIntent,
  takeAnyway,
} from './intents.ts'
import type { Desk } from './desk.ts'
import { answerDispute, closeDispute, openDispute, retrieveDispute } from './disputes.ts'
import { param, readParams, type Form } from './form.ts'
import type { Kinds, PaymentIntent } from './objects.ts'
import { createRefund, retrieveRefund, settleRefund } from './refunds.ts'
import { BadParam, missing, StripeError } from './stripe-error.ts'

/** Carries out one request; `id` is the object in its path. */
export type Operation = (desk: Desk, form: Form, id: string) => object

/** How many objects one page of a list has, unless it says. */
const PAGE = 10
const PAGE_MAX = 100

/** What the sandbox knows of Stripe's API; paths below `test_helpers` are its own. */
const ROUTES: Readonly<Record<string, Operation>> = {
  'POST payment_intents': createIntent,
  'GET payment_intents': listOf('payment_intent'),
  'GET payment_intents/search': searchIntents,
  'GET payment_intents/:id': (desk, form, id) => expanded(desk, form, retrieveIntent(desk, id)),
  'POST payment_intents/:id/confirm': (desk, form, id) => confirmIntent(desk, id, form),
  'POST payment_intents/:id/capture': (desk, form, id) => captureIntent(desk, id, form),
  'POST payment_intents/:id/cancel': (desk, form, id) => cancelIntent(desk, id, form),
  'GET charges': listOf('charge'),
  'GET charges/:id': retrieve('charge'),
  'POST refunds': createRefund,
  'GET refunds': listOf('refund'),
  'GET refunds/:id': (desk, form, id) => onlyId(form) && retrieveRefund(desk, id),
  'GET disputes': listOf('dispute'),
  'GET disputes/:id': (desk, form, id) => onlyId(form) && retrieveDispute(desk, id),
  'POST disputes/:id': (desk, form, id) => answerDispute(desk, id, form),
  'POST disputes/:id/close': (desk, form, id) => onlyId(form) && closeDispute(desk, id),
  'GET balance_transactions': listOf('balance_transaction'),
  'GET balance_transactions/:id': retrieve('balance_transaction'),
  'GET events': listOf('event'),
  'GET events/:id': retrieve('event'),
  // What takes its time happens now.
  'POST test_helpers/payment_intents/:id/decide': (desk, form, id) => {
    onlyId(form)
    retrieveIntent(desk, id)
    now(desk, 'decide', id, () => decideLate(desk, id))
    return retrieveIntent(desk, id)
  },
  // What Stripe does not do and nobody must lose money by: the bank pays what was declined or given up.
  'POST test_helpers/payment_intents/:id/take': (desk, form, id) => onlyId(form) && takeAnyway(desk, id),
  'POST test_helpers/payment_intents/:id/dispute': (desk, form, id) => onlyId(form) && openDispute(desk, id),
  'POST test_helpers/refunds/:id/settle': (desk, form, id) => {
    onlyId(form)
    retrieveRefund(desk, id)
    now(desk, 'refund', id, () => settleRefund(desk, id))
    return retrieveRefund(desk, id)
  },
}

/** The operation of a request and the object it is about. Throws when there is none. */
export function routeOf(method: string, path: string): { readonly operation: Operation; readonly id: string } {
  const parts = path.replace(/^\/v1\//, '').split('/')
  const place = parts.findIndex((part) => /^(pi|ch|re|du|txn|evt)_/.test(part))
  // Of an unknown form it is still an id: there is no such object then.
  const isNamed = place !== -1 || parts.length < 2 || parts[0] === 'test_helpers' || parts[1] === 'search'
  const at = isNamed ? place : 1
  const name = parts.map((part, index) => (index === at ? ':id' : part)).join('/')
  const operation = path.startsWith('/v1/') ? ROUTES[`${method} ${name}`] : undefined
  if (!operation) {
    throw new StripeError(404, {
      type: 'invalid_request_error',
      message: `Unrecognized request URL (${method}: ${path}).`,
    })
  }
  return { operation, id: decodeURIComponent(parts[at] ?? '') }
}

function onlyId(form: Form): true {
  readParams(form, {})
  return true
}

/** An intent, with its charge in it if that is wanted. */
function expanded({ books }: Desk, form: Form, intent: PaymentIntent): object {
  const { expand = [] } = readParams(form, { expand: param.list(param.choice('latest_charge')).optional() })
  const charge = expand.length > 0 && intent.latest_charge ? books.get('charge', intent.latest_charge) : undefined
  return charge ? { ...intent, latest_charge: charge } : intent
}

function retrieve(kind: keyof Kinds): Operation {
  return ({ books }, form, id) => {
    readParams(form, {})
    const found = books.get(kind, id)
    if (!found) throw missing(kind, id)
    return found
  }
}

function listOf(kind: keyof Kinds): Operation {
  const ofIntent = kind === 'charge' || kind === 'refund' || kind === 'dispute'
  const shape = {
    limit: param.integer(1).optional(),
    starting_after: param.text(100).optional(),
    created: param.span().optional(),
  }
  return ({ books }, form) => {
    const {
      limit = PAGE,
      starting_after,
      created,
      ...rest
    } = readParams(form, {
      ...shape,
      ...(ofIntent ? { payment_intent: param.text(100).optional() } : {}),
    })
    if (starting_after !== undefined && !books.get(kind, starting_after)) throw missing(kind, starting_after)
    const parent = 'payment_intent' in rest && typeof rest.payment_intent === 'string' ? rest.payment_intent : undefined
    const page: Page = { limit: Math.min(limit, PAGE_MAX), parent, startingAfter: starting_after, created }
    return { object: 'list', url: `/v1/${kind}s`, ...books.list(kind, page) }
  }
}

/** Of Stripe's query language, what an auditor of ours needs: one pair of metadata. */
function searchIntents({ books }: Desk, form: Form): object {
  const { query } = readParams(form, { query: param.text(500), limit: param.integer(1).optional() })
  const [, paymentId] = /^metadata\[['"]payment_id['"]\]:['"]([\w-]+)['"]$/.exec(query) ?? []
  if (paymentId === undefined) throw new BadParam('We were unable to parse your search query.', { param: 'query' })
  const found = books.list('payment_intent', { parent: paymentId, limit: PAGE_MAX })
  return { object: 'search_result', url: '/v1/payment_intents/search', next_page: null, ...found }
}

/** Does what is planned for later, and what is done is planned no more. */
function now({ books }: Desk, what: string, id: string, work: () => void): void {
  for (const { seq } of books.planned(what, id)) books.done(seq)
  work()
}
