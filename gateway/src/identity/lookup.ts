import type { Logger } from '@tikitu/runtime/log'
import { Breaker, BreakerOpen } from '../engine/resilience/breaker.ts'
import { LruMap } from '../lru.ts'
import {
  askingAlone,
  askingTogether,
  type AskService,
  type Question,
  type Said,
  type ServiceToAsk,
} from './ask-service.ts'

/** What a service said about a principal: `unknown` when it does not know them, `unanswered` when it said nothing in time. */
export type Answer<Known> = Said<Known> | 'unanswered'

/** Asks one service about principals. */
export interface Lookup<Known> {
  ask(question: Question, requestId: string): Promise<Answer<Known>>
  /** What was said about these people may be true no more. */
  forget(subjects: ReadonlySet<string>): void
}

/** How a service is asked. */
export interface LookupOptions<Known> extends ServiceToAsk<Known> {
  /** How long an answer is believed, in milliseconds. */
  readonly cacheMilliseconds: number
  /** Whether the service can be asked many questions in one request. */
  readonly together?: boolean
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

  const askService = options.together ? askingTogether(options) : askingAlone(options)

  const askAndRemember = async (question: Question, requestId: string) => {
    const { subject, query } = question
    const mine: Waiting<Known> = { subject, answer: ask(askService, options, breaker, question, requestId) }
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
    ask(question, requestId) {
      const { query } = question
      const known = remembered.get(query)
      if (known && known.until > performance.now()) return Promise.resolve(known.answer)
      return waiting.get(query)?.answer ?? askAndRemember(question, requestId)
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
  askService: AskService<Known>,
  { log, url }: LookupOptions<Known>,
  breaker: Breaker,
  question: Question,
  requestId: string,
): Promise<Answer<Known>> {
  try {
    if (!breaker.isClosed) return await breaker.attempt(() => askService(question, requestId))
    return await reported(breaker, askService(question, requestId))
  } catch (error) {
    if (!(error instanceof BreakerOpen))
      log.warn({ err: error, reqId: requestId, url }, 'a principal could not be looked up')
    return 'unanswered'
  }
}

async function reported<Result>(breaker: Breaker, asking: Promise<Result>): Promise<Result> {
  try {
    const result = await asking
    breaker.succeeded()
    return result
  } catch (error) {
    breaker.failed(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}
