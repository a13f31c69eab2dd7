import type { Dispatcher, Pool } from 'undici'
import type { Waiting } from '../engine.ts'
import { isGraphqlAnswer } from './answer.ts'
import type { Breaker } from './breaker.ts'
import { SubgraphCallFailed, type CallFailure } from './call-failed.ts'
import type { Watch, Watched } from './watch.ts'

/** A GraphQL request to a subgraph. */
export interface SubgraphCall {
  /** The request as JSON text. */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** What changes something is sent once at most, and not broken off because somebody does not wait any more. */
  readonly isMutation: boolean
  /** Who waits for the answer. */
  readonly waiting: Waiting
}

/** What the exchanges with one subgraph have in common. */
export interface Line {
  readonly subgraph: string
  readonly pool: Pool
  readonly path: string
  readonly breaker: Breaker
  readonly watch: Watch
  /** How long the subgraph may take, in milliseconds. */
  readonly timeoutMilliseconds: number
}

/** How often a call is made again, at most. */
const RETRIES_MAX = 2

/** How long is waited before a call is made again, in milliseconds: between half of this and all of it, then thrice. */
const RETRY_MILLISECONDS = 40

/** How long is waited before the retry of this number, with jitter: those who failed together do not come back together. */
function backoff(retry: number): number {
  return RETRY_MILLISECONDS * 3 ** (retry - 1) * (0.5 + Math.random() / 2)
}

/**
 * Makes a call and answers the bytes of what the subgraph said, or fails with `SubgraphCallFailed`. `isTrial` is the
 * call that tries whether the subgraph is back: it is made once, and goes on when its client leaves, so that a client who
 * always leaves cannot keep the breaker open.
 */
export function exchange(line: Line, call: SubgraphCall, isTrial: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => new Exchange(line, call, isTrial, resolve, reject).begin())
}

/** `dispatch` instead of `request`: no stream is made for an answer that is wanted whole. */
class Exchange implements Dispatcher.DispatchHandler, Watched {
  readonly #line: Line
  readonly #call: SubgraphCall
  readonly #isTrial: boolean
  readonly #resolve: (answer: Buffer) => void
  readonly #reject: (error: Error) => void
  readonly #startedAt = performance.now()
  /** When the time is up. */
  #until: number
  #isSettled = false
  #retries = 0
  #mayHaveArrived = false
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #chunks: Buffer[] = []

  constructor(
    line: Line,
    call: SubgraphCall,
    isTrial: boolean,
    resolve: (answer: Buffer) => void,
    reject: (error: Error) => void,
  ) {
    this.#line = line
    this.#call = call
    this.#isTrial = isTrial
    this.#resolve = resolve
    this.#reject = reject
    this.#until = Math.min(this.#startedAt + line.timeoutMilliseconds, call.waiting.deadlineAt)
  }

  begin(): void {
    if (this.#startedAt >= this.#until) return this.#reject(this.#failed('TIMEOUT'))
    if (this.#isUnwanted()) return this.#reject(this.#failed('CLIENT_LEFT'))
    this.#line.watch.add(this)
    this.#send()
  }

  #send(): void {
    const { pool, path } = this.#line
    const { body, headers } = this.#call
    pool.dispatch({ method: 'POST', path, body, headers: { ...headers, 'content-type': 'application/json' } }, this)
  }

  /** Just before the request is written; until here it waited for a connection. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    // An exception takes the request back and leaves the connection to others, which `abort` would close.
    if (this.#isSettled) throw new Error('given up before it was sent')
    this.#controller = controller
    this.#mayHaveArrived = true
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isSettled) this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#isSettled) return this.#line.watch.delete(this)
    const [first, second] = this.#chunks
    const answer = first && !second ? first : Buffer.concat(this.#chunks)
    if (this.#status >= 500 && !isGraphqlAnswer(answer)) return this.#fail('BAD_STATUS', `status ${this.#status}`)
    this.#settle()
    this.#line.breaker.succeeded()
    this.#resolve(answer)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isSettled) return this.#line.watch.delete(this)
    const code = 'code' in error ? error.code : undefined
    if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return this.#fail('TOO_LARGE', error)
    return this.#fail(this.#mayHaveArrived ? 'BROKEN' : 'NO_CONNECTION', error)
  }

  look(now: number): void {
    if (now >= this.#until) this.#runOut(now)
    else if (!this.#isSettled && this.#isUnwanted()) this.#giveUp('CLIENT_LEFT')
  }

  #isUnwanted(): boolean {
    return !this.#call.isMutation && !this.#isTrial && this.#call.waiting.hasLeft()
  }

  #runOut(now: number): void {
    if (this.#isSettled) {
      this.#line.watch.delete(this)
      this.#controller?.abort(this.#failed('TIMEOUT'))
      return
    }
    this.#giveUp('TIMEOUT')
    if (!this.#call.isMutation || !this.#mayHaveArrived) return
    // The subgraph may be at it, so it keeps its connection as long again: who waited is told, and what it does is its own.
    this.#until = now + this.#line.timeoutMilliseconds
    this.#chunks = []
    this.#line.watch.add(this)
  }

  #giveUp(failure: 'TIMEOUT' | 'CLIENT_LEFT'): void {
    const error = this.#failed(failure)
    this.#settle()
    if (failure === 'TIMEOUT' && this.#hadItsTime()) this.#line.breaker.failed(error)
    this.#reject(error)
    if (!this.#call.isMutation) this.#controller?.abort(error)
  }

  /** A subgraph that was left with the rest of somebody else's time is not to blame. */
  #hadItsTime(): boolean {
    return this.#until - this.#startedAt >= this.#line.timeoutMilliseconds / 2
  }

  #fail(failure: CallFailure, cause: unknown): void {
    const error = this.#failed(failure, cause)
    if (this.#mayRetry(failure)) {
      const wait = backoff(++this.#retries)
      if (performance.now() + wait < this.#until) return void setTimeout(() => this.#again(), wait)
    }
    this.#settle()
    this.#line.breaker.failed(error)
    this.#reject(error)
  }

  #mayRetry(failure: CallFailure): boolean {
    if (this.#retries >= RETRIES_MAX || !this.#line.breaker.isClosed) return false
    if (this.#call.isMutation) return !this.#mayHaveArrived
    return failure === 'NO_CONNECTION' || failure === 'BROKEN' || (failure === 'BAD_STATUS' && isPassing(this.#status))
  }

  #again(): void {
    if (this.#isSettled) return
    this.#controller = undefined
    this.#mayHaveArrived = false
    this.#status = 0
    this.#chunks = []
    this.#send()
  }

  #settle(): void {
    this.#isSettled = true
    this.#line.watch.delete(this)
  }

  #failed(failure: CallFailure, cause?: unknown): SubgraphCallFailed {
    return new SubgraphCallFailed(this.#line.subgraph, failure, this.#mayHaveArrived, cause)
  }
}

/** What a proxy says while it changes from one instance to another. */
function isPassing(status: number): boolean {
  return status >= 502 && status <= 504
}
