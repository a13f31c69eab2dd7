import { createHash } from 'node:crypto'
import type { LocalAnswer, LocalRequest } from '../local-http.ts'
import { sameSecret } from '../same-secret.ts'
import { newId, seconds, type Desk } from './desk.ts'
import { parseForm, type Form } from './form.ts'
import { methodOf } from './instruments.ts'
import { routeOf, type Operation } from './routes.ts'
import { BadParam, invalid, StripeError } from './stripe-error.ts'

/** What Stripe asks of a key. */
const KEY_LENGTH_MAX = 255

/**
 * Answers the requests of the API as Stripe does: whose key is it, which operation, has it been asked before. Calls
 * `carriedOut` when there may be something to do.
 */
export function apiOf(
  desk: Desk,
  apiKey: string,
  carriedOut: () => void,
): (request: LocalRequest) => Promise<LocalAnswer> {
  return async (request) => {
    const requestId = newId('req')
    const headers: Record<string, string> = { 'request-id': requestId }
    const key = headerOf(request, 'idempotency-key')
    if (key !== undefined) headers['idempotency-key'] = key
    try {
      checkKey(request, apiKey)
      const { status, body, isReplayed, isSilent } = carryOut(desk, request, key)
      carriedOut()
      if (isReplayed) headers['idempotent-replayed'] = 'true'
      if (isSilent) await never()
      return { status, headers: { ...headers, 'content-type': 'application/json' }, body }
    } catch (error) {
      if (!(error instanceof StripeError)) throw error
      return { status: error.status, headers: { ...headers, ...error.headers }, body: { error: error.complaint } }
    }
  }
}

/** Until the other side has had enough. */
function never(): Promise<void> {
  return new Promise(() => {})
}

function checkKey(request: LocalRequest, apiKey: string): void {
  const header = headerOf(request, 'authorization') ?? ''
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic) (\S+)$/i.exec(header) ?? []
  const basic = () => Buffer.from(credentials, 'base64').toString('utf8').split(':')[0] ?? ''
  const given = scheme.toLowerCase() === 'basic' ? basic() : credentials
  if (given === '') {
    throw new StripeError(401, {
      type: 'invalid_request_error',
      message: 'You did not provide an API key. You need to provide your API key in the Authorization header.',
    })
  }
  if (!sameSecret(given, apiKey)) {
    const message = `Invalid API Key provided: ${given.slice(0, 8)}****${given.slice(-4)}`
    throw new StripeError(401, { type: 'invalid_request_error', message })
  }
}

/** An answer, as text because it is given again in the same words. */
interface Carried {
  readonly status: number
  readonly body: string
  readonly isReplayed: boolean
  /** It was carried out, and whoever asked hears nothing. */
  readonly isSilent: boolean
}

function carryOut(desk: Desk, request: LocalRequest, key: string | undefined): Carried {
  const { method, url } = request
  const { operation, id } = routeOf(method, url.pathname)
  const form = formOf(request)
  const ask = () => operation(desk, form, id)
  if (method !== 'POST' || key === undefined) {
    return { ...answerOf(ask), isReplayed: false, isSilent: isDisturbed(desk, url.pathname, form, id) }
  }
  if (key.length > KEY_LENGTH_MAX) throw invalid(`Idempotency keys are at most ${KEY_LENGTH_MAX} characters long.`)
  const fingerprint = fingerprintOf(request)
  const before = desk.books.remembered(key)
  if (before) {
    if (before.fingerprint !== fingerprint) throw keyReused(key)
    return { status: before.status, body: before.body, isReplayed: true, isSilent: false }
  }
  const isSilent = isDisturbed(desk, url.pathname, form, id)
  const answer = desk.books.atomically(() => {
    const carried = answerOf(ask)
    if (!carried.isBadParam) desk.books.remember(key, { fingerprint, ...carried }, seconds(desk))
    return carried
  })
  return { ...answer, isReplayed: false, isSilent }
}

/** What was declined is written down like what was done. */
function answerOf(ask: () => ReturnType<Operation>): { status: number; body: string; isBadParam: boolean } {
  try {
    return { status: 200, body: JSON.stringify(ask()), isBadParam: false }
  } catch (error) {
    if (!(error instanceof StripeError)) throw error
    const body = JSON.stringify({ error: error.complaint })
    return { status: error.status, body, isBadParam: error instanceof BadParam }
  }
}

function formOf({ method, url, headers, body }: LocalRequest): Form {
  if (method !== 'POST') return parseForm(url.search.slice(1))
  const type = headers['content-type'] ?? ''
  if (body !== '' && !type.startsWith('application/x-www-form-urlencoded')) {
    throw invalid(`Invalid request (check that your POST content type is application/x-www-form-urlencoded).`)
  }
  return parseForm(body)
}

function fingerprintOf({ method, url, body }: LocalRequest): string {
  return createHash('sha256').update(`${method} ${url.pathname}\n${body}`).digest('hex')
}

function keyReused(key: string): StripeError {
  return new StripeError(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  })
}

/** Plays what an instrument has in store for its confirmation: throws instead of carrying it out, or hides the answer. */
function isDisturbed({ books }: Desk, path: string, form: Form, id: string): boolean {
  if (!path.endsWith('/confirm')) return false
  const method = form['payment_method']
  const behaviour = typeof method === 'string' ? methodOf(method)?.behaviour : undefined
  const count = (name: string, max: number): boolean => {
    const times = Number(books.note(id, name) ?? 0)
    if (times < max) books.setNote(id, name, String(times + 1))
    return times < max
  }
  const trouble = behaviour?.trouble
  if (trouble && books.get('payment_intent', id) && count('trouble', trouble.times)) {
    throw trouble.status === 429
      ? new StripeError(
          429,
          { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests hit the API too quickly.' },
          { 'retry-after': '1' },
        )
      : new StripeError(500, { type: 'api_error', message: 'An unknown error occurred.' })
  }
  return behaviour?.silent === true && count('silence', 1)
}

function headerOf({ headers }: LocalRequest, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
