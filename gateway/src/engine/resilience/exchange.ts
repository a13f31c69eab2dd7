import type { Waiting } from '../engine.ts'
import type { Connection } from '../http/connection.ts'
import type { Connections, Outgoing } from '../http/connections.ts'
import type { RequestWriter } from '../http/request.ts'
import { TooLarge } from '../http/response-body.ts'
import type { Response } from '../http/response.ts'
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
  readonly connections: Connections
  readonly write: RequestWriter
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

class Exchange implements Outgoing, Watched {
  readonly #line: Line
  readonly #call: SubgraphCall
  readonly #isTrial: boolean
  readonly text: string
  readonly #resolve: (answer: Buffer) => void
  readonly #reject: (error: Error) => void
  readonly #startedAt = performance.now()
  /** When the time is up. */
  #until: number
  #isSettled = false
  #retries = 0
  #mayHaveArrived = false
  #connection: Connection | undefined
  #status = 0

  constructor(
    line: Line,
    call: SubgraphCall,
    isTrial: boolean,
    resolve: (answer: Buffer) => void,
    reject: (error: Error) => void,
  ) {
    this.#line = line
    this.#call = call
    this.text = line.write(call)
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

  get mayBeLost(): boolean {
    return !this.#call.isMutation
  }

  #send(): void {
    this.#line.connections.send(this)
  }

  /** Until here it waited for a connection. */
  taken(connection: Connection): boolean {
    if (this.#isSettled) return false
    this.#connection = connection
    this.#mayHaveArrived = true
    return true
  }

  answered({ status, body }: Response): void {
    if (this.#isSettled) return this.#line.watch.delete(this)
    this.#status = status
    if (status >= 500 && !isGraphqlAnswer(body)) return this.#fail('BAD_STATUS', `status ${status}`)
    this.#settle()
    this.#line.breaker.succeeded()
    this.#resolve(body)
  }

  unsent(cause: Error): void {
    if (!this.#isSettled) this.#fail('NO_CONNECTION', cause)
  }

  broke(cause: Error): void {
    if (this.#isSettled) return this.#line.watch.delete(this)
    this.#fail(cause instanceof TooLarge ? 'TOO_LARGE' : 'BROKEN', cause)
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
      this.#connection?.destroy(this.#failed('TIMEOUT'))
      return
    }
    this.#giveUp('TIMEOUT')
    if (!this.#call.isMutation || !this.#mayHaveArrived) return
    // The subgraph may be at it, so it keeps its connection as long again: who waited is told, and what it does is its own.
    this.#until = now + this.#line.timeoutMilliseconds
    this.#line.watch.add(this)
  }

  #giveUp(failure: 'TIMEOUT' | 'CLIENT_LEFT'): void {
    const error = this.#failed(failure)
    this.#settle()
    if (failure === 'TIMEOUT' && this.#hadItsTime()) this.#line.breaker.failed(error)
    this.#reject(error)
    if (!this.#connection) this.#line.connections.forget(this)
    else if (!this.#call.isMutation) this.#connection.destroy(error)
  }

  /** A subgraph that was left with the rest of somebody else's time is not to blame. */
  #hadItsTime(): boolean {
    return this.#until - this.#startedAt >= this.#line.timeoutMilliseconds / 2
  }

  #fail(failure: CallFailure, cause: unknown): void {
    const error = this.#failed(failure, cause)
    if (this.#mayRetry(failure)) {
      // It is somebody else's by now.
      this.#connection = undefined
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
    this.#mayHaveArrived = false
    this.#status = 0
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
