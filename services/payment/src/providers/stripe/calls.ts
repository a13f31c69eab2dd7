import { AsyncLocalStorage } from 'node:async_hooks'
import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  wrap,
} from 'cockatiel'
import Stripe from 'stripe'
import type { Json } from '../../payment-log/log.rules.ts'
import { ProviderUnavailable, type ProviderName } from '../provider.ts'

/** How often a call that failed at once is made again, and the pauses, in milliseconds. */
const RETRIES_MAX = 2
const RETRY_MILLISECONDS = 100
const RETRY_MILLISECONDS_MAX = 1_000

/** After so many calls in a row without an answer nobody calls for a while, in milliseconds; then one tries. */
const FAILURES_MAX = 5
const REST_MILLISECONDS = 2_000

/** How calls to the provider are made. */
export interface Calls {
  /** Makes one call. Throws `ProviderUnavailable` when it cannot be known what was done, and Stripe's errors otherwise. */
  call<Answer>(made: () => Promise<Answer>): Promise<Answer>
}

/**
 * Calls that are repeated when they failed at once, which is safe because each has a key or none is needed; one that
 * timed out is not, since that would multiply the wait. Around it a breaker: while the provider is down, nobody waits.
 */
export function callsTo(provider: ProviderName, changed: (isOpen: boolean) => void): Calls {
  const repeat = retry(handleWhen(failedAtOnce), {
    maxAttempts: RETRIES_MAX,
    backoff: new ExponentialBackoff({ initialDelay: RETRY_MILLISECONDS, maxDelay: RETRY_MILLISECONDS_MAX }),
  })
  const breaker = circuitBreaker(handleWhen(isUnanswered), {
    halfOpenAfter: REST_MILLISECONDS,
    breaker: new ConsecutiveBreaker(FAILURES_MAX),
  })
  breaker.onBreak(() => changed(true))
  breaker.onReset(() => changed(false))
  const policy = wrap(breaker, repeat)
  return {
    async call(made) {
      try {
        return await policy.execute(made)
      } catch (error) {
        if (isUnanswered(error) || error instanceof BrokenCircuitError) {
          throw new ProviderUnavailable(provider, { cause: error })
        }
        throw error
      }
    },
  }
}

/** Nothing says what was done: no connection, no answer, or one that says that something is wrong over there. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof Stripe.errors.StripeConnectionError || error instanceof Stripe.errors.StripeRateLimitError) {
    return true
  }
  return error instanceof Stripe.errors.StripeError && ((error.statusCode ?? 0) >= 500 || error.statusCode === 409)
}

function failedAtOnce(error: unknown): boolean {
  return isUnanswered(error) && !(error instanceof Error && error.message.includes('timeout'))
}

/** What was said on the wire during one call to the provider. */
const wire = new AsyncLocalStorage<Json[]>()

/** Makes a call to the provider and answers with all that was said for it, in order, answered or not. */
export async function overhearing<Answer>(heard: Json[], call: () => Promise<Answer>): Promise<Answer> {
  return wire.run(heard, call)
}

/** Writes down what this client says and hears, for whoever makes the call. */
export function overhear(client: Audible): void {
  client.on('request', (event) => {
    const { method, path, idempotency_key, body } = event
    wire.getStore()?.push({ method, path, key: idempotency_key ?? null, body: asJson(body) })
  })
  client.on('response', ({ status, request_id, body }) => {
    wire.getStore()?.push({ status, requestId: request_id ?? null, body: asJson(body) })
  })
}

/** What the library's types leave out: its events, and the bodies that these have with `emitEventBodies`. */
interface Audible {
  on(event: 'request', listener: (event: Stripe.RequestEvent & { readonly body?: unknown }) => void): unknown
  on(event: 'response', listener: (event: Stripe.ResponseEvent & { readonly body?: unknown }) => void): unknown
}

function asJson(body: unknown): Json {
  return body === undefined ? null : (JSON.parse(JSON.stringify(body)) as Json)
}
