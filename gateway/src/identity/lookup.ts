import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import type { Logger } from '@tikitu/runtime/log'
import { PRINCIPAL_PATH } from '@tikitu/schema/principals'
import type { z } from 'zod'
import { LruMap } from '../lru.ts'

/** What a service said about a principal: `unknown` when it does not know them, `unanswered` when it said nothing in time. */
export type Answer<Known> = { readonly known: Known } | 'unknown' | 'unanswered'

/** Asks one service about a principal. The parameters become the query string. */
export type Lookup<Known> = (parameters: Readonly<Record<string, string>>, requestId: string) => Promise<Answer<Known>>

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
  readonly log: Logger
}

/** Principals whose answers are remembered, for each service. */
const PRINCIPALS_MAX = 10_000

/**
 * A look-up that is asked once by all who wait for the same answer. Only positive answers are remembered: somebody who
 * registers is somebody at once.
 */
export function lookup<Known>(options: LookupOptions<Known>): Lookup<Known> {
  const remembered = new LruMap<string, { readonly answer: Answer<Known>; readonly until: number }>(PRINCIPALS_MAX)
  const waiting = new Map<string, Promise<Answer<Known>>>()

  const askAndRemember = async (query: string, requestId: string) => {
    const answer = await ask(options, query, requestId)
    if (typeof answer === 'object')
      remembered.set(query, { answer, until: performance.now() + options.cacheMilliseconds })
    return answer
  }

  return (parameters, requestId) => {
    const query = new URLSearchParams(parameters).toString()
    const known = remembered.get(query)
    if (known && known.until > performance.now()) return Promise.resolve(known.answer)
    let answer = waiting.get(query)
    if (!answer) {
      answer = askAndRemember(query, requestId).finally(() => waiting.delete(query))
      waiting.set(query, answer)
    }
    return answer
  }
}

async function ask<Known>(options: LookupOptions<Known>, query: string, requestId: string): Promise<Answer<Known>> {
  try {
    const response = await fetch(`${options.url}${PRINCIPAL_PATH}?${query}`, {
      headers: {
        [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', requestId), options.identitySecret),
        'x-request-id': requestId,
      },
      signal: AbortSignal.timeout(options.timeoutMilliseconds),
      redirect: 'error',
    })
    if (response.status === 404) {
      await response.body?.cancel()
      return 'unknown'
    }
    if (!response.ok) throw new Fault('UNAVAILABLE', `status ${response.status}`)
    return { known: options.shape.parse(await response.json()) }
  } catch (error) {
    options.log.warn({ err: error, reqId: requestId, url: options.url }, 'a principal could not be looked up')
    return 'unanswered'
  }
}
