import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import type { Logger } from '@tikitu/runtime/log'
import { PRINCIPAL_PATH } from '@tikitu/schema/principals'
import { request } from 'undici'
import type { z } from 'zod'
import { Breaker, BreakerOpen } from '../engine/resilience/breaker.ts'
import { LruMap } from '../lru.ts'

/** What a service said about a principal: `unknown` when it does not know them, `unanswered` when it said nothing in time. */
export type Answer<Known> = { readonly known: Known } | 'unknown' | 'unanswered'

/** What is asked about a principal. */
export interface Question {
  readonly subject: string
  /** The query string. */
  readonly query: string
}

/** The question with these parameters. */
export function questionOf(parameters: Readonly<Record<string, string>> & { readonly subject: string }): Question {
  return { subject: parameters.subject, query: new URLSearchParams(parameters).toString() }
}

/** Asks one service about principals. */
export interface Lookup<Known> {
  ask(question: Question, requestId: string): Promise<Answer<Known>>
  /** What was said about these people may be true no more. */
  forget(subjects: ReadonlySet<string>): void
}

/** How a service is asked. */
export interface LookupOptions<Known> {
  /** The origin of the service. */
  readonly url: string
  readonly shape: z.ZodType<Known>
  readonly identitySecret: string
  /** How long an answer is believed, in milliseconds. */
  readonly cacheMilliseconds: number
  /** How long the service may take, in milliseconds. */
  readonly timeoutMilliseconds: number
  /** Questions in a row without an answer until the service is left alone: then nobody waits for it. */
  readonly failuresMax: number
  /** How long it is left alone until one question tries whether it is back, in milliseconds. */
  readonly restMilliseconds: number
  readonly log: Logger
}

/** Principals whose answers are remembered, for each service. */
const PRINCIPALS_MAX = 10_000

/**
 * A look-up that is asked once by all who wait for the same answer. Only positive answers are remembered: somebody who
 * registers is somebody at once.
 */
export function lookup<Known>(options: LookupOptions<Known>): Lookup<Known> {
  const remembered = new LruMap<string, Remembered<Known>>(PRINCIPALS_MAX)
  const waiting = new Map<string, Waiting<Known>>()
  const { url, failuresMax, restMilliseconds, log } = options
  const breaker = new Breaker({
    failuresMax,
    restMilliseconds,
    isFailure: () => true,
    onChange: (isOpen) => log.warn({ url, isOpen }, 'the breaker of the look-up of principals changed'),
  })

  const askAndRemember = async (query: string, subject: string, requestId: string) => {
    const mine: Waiting<Known> = { subject, answer: ask(options, breaker, query, requestId) }
    waiting.set(query, mine)
    const answer = await mine.answer
    // Otherwise it was asked before something changed.
    if (waiting.get(query) !== mine) return answer
    waiting.delete(query)
    if (typeof answer === 'object')
      remembered.set(query, { subject, answer, until: performance.now() + options.cacheMilliseconds })
    return answer
  }

  return {
    ask({ subject, query }, requestId) {
      const known = remembered.get(query)
      if (known && known.until > performance.now()) return Promise.resolve(known.answer)
      return waiting.get(query)?.answer ?? askAndRemember(query, subject, requestId)
    },
    forget(subjects) {
      remembered.deleteWhere(({ subject }) => subjects.has(subject))
      for (const [query, { subject }] of waiting) if (subjects.has(subject)) waiting.delete(query)
    },
  }
}

interface Remembered<Known> {
  readonly subject: string
  readonly answer: Answer<Known>
  /** On the clock of `performance.now()`. */
  readonly until: number
}

interface Waiting<Known> {
  readonly subject: string
  readonly answer: Promise<Answer<Known>>
}

async function ask<Known>(
  options: LookupOptions<Known>,
  breaker: Breaker,
  query: string,
  requestId: string,
): Promise<Answer<Known>> {
  try {
    return await breaker.attempt(() => askInTime(options, query, requestId))
  } catch (error) {
    const { log, url } = options
    if (!(error instanceof BreakerOpen))
      log.warn({ err: error, reqId: requestId, url }, 'a principal could not be looked up')
    return 'unanswered'
  }
}

async function askInTime<Known>(options: LookupOptions<Known>, query: string, requestId: string) {
  const signal = AbortSignal.timeout(options.timeoutMilliseconds)
  try {
    return await read(options, query, requestId, signal)
  } catch (error) {
    // A connection that lay idle may have been closed by a service that restarted.
    if (!isBroken(error) || signal.aborted) throw error
    return await read(options, query, requestId, signal)
  }
}

/** Errors of a connection, by Node and by undici. */
const BROKEN: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET'])

function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && BROKEN.has(error.code)
}

/** `request` of undici, because `fetch` takes several times as long, and everybody who signs in waits for this. */
async function read<Known>(
  { url, shape, identitySecret }: LookupOptions<Known>,
  query: string,
  requestId: string,
  signal: AbortSignal,
): Promise<Answer<Known>> {
  const { statusCode, body } = await request(`${url}${PRINCIPAL_PATH}?${query}`, {
    headers: {
      [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', requestId), identitySecret),
      'x-request-id': requestId,
    },
    signal,
  })
  if (statusCode === 200) return { known: shape.parse(await body.json()) }
  await body.dump()
  if (statusCode === 404) return 'unknown'
  throw new Fault('UNAVAILABLE', `status ${statusCode}`)
}
