import type { LocalAnswer, LocalRequest } from '../local-http.ts'
import type { Desk } from './desk.ts'
import { authenticate, retrieveIntent } from './intents.ts'
import { StripeError } from './stripe-error.ts'

/**
 * The page of the buyer's bank, where 3-D Secure sends them: one button, and what comes of it was decided by the
 * instrument. Undefined for every other address.
 */
export function answerAuthentication(desk: Desk, { method, url }: LocalRequest): Promise<LocalAnswer> | undefined {
  const [, id = '', token = ''] = /^\/authenticate\/(pi_\w+)\/(payatt_\w+)$/.exec(url.pathname) ?? []
  if (id === '') return undefined
  return Promise.resolve(method === 'POST' ? act(desk, id, token) : show(desk, id))
}

function act(desk: Desk, id: string, token: string): LocalAnswer {
  try {
    const returnUrl = desk.books.get('payment_intent', id)?.next_action?.redirect_to_url.return_url
    const { status } = desk.books.atomically(() => authenticate(desk, id, token))
    if (status === 'requires_action') return page('The buyer has gone away, and the bank waits for ever.')
    if (!returnUrl) return page(`The bank has answered. The payment is: ${status}.`)
    const back = new URL(returnUrl)
    back.searchParams.set('payment_intent', id)
    back.searchParams.set('redirect_status', status === 'requires_payment_method' ? 'failed' : 'succeeded')
    return { status: 303, headers: { location: back.href }, body: '' }
  } catch (error) {
    if (!(error instanceof StripeError)) throw error
    return { ...page('There is nothing here.'), status: 404 }
  }
}

function show(desk: Desk, id: string): LocalAnswer {
  try {
    const { amount, currency } = retrieveIntent(desk, id)
    return page(
      `Pay ${amount} minor units of ${currency.toUpperCase()}?<form method="post"><button>Yes</button></form>`,
    )
  } catch (error) {
    if (!(error instanceof StripeError)) throw error
    return { ...page('There is nothing here.'), status: 404 }
  }
}

function page(text: string): LocalAnswer {
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; form-action *",
    },
    body: `<!doctype html><title>A bank that there is not</title><p>${text}</p>`,
  }
}
