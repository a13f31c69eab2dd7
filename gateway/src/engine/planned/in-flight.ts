import type { SubgraphCall } from '../resilience/exchange.ts'
import type { Waiting } from '../engine.ts'
import type { Upstream } from './upstream.ts'

/**
 * A request joins a call only if it has to be answered at most this much later than whoever began it, in milliseconds:
 * the call ends when the time of the one who began it is up.
 */
const JOIN_MILLISECONDS = 1_000

/** A subgraph, as callers ask it who may share what is under way. */
export interface SharedUpstream {
  /** Like `Upstream.ask`, for the caller of this key; see `Caller.key`. */
  ask(call: SubgraphCall, callerKey: string): Promise<Buffer>
}

/** A call that is under way, and who waits for it. */
interface SharedCall {
  readonly answer: Promise<Buffer>
  readonly deadlineAt: number
  readonly waiting: Waiting[]
}

/**
 * Equal queries of one caller that are under way at the same time are one call to the subgraph: a page that asks the
 * same thing in three places costs one. Callers never share with each other. A mutation is never shared, and what its
 * caller asks afterwards from the same address does not join what was asked before it.
 */
export class InFlight {
  /** By caller, then by subgraph and request. */
  readonly #calls = new Map<string, Map<string, SharedCall>>()

  /** The subgraph of this name, shared. Each who waits gets the bytes to read for themselves. */
  over(subgraph: string, upstream: Upstream): SharedUpstream {
    return {
      ask: (call, callerKey) =>
        call.isMutation ? this.#change(upstream, call, callerKey) : this.#share(subgraph, upstream, call, callerKey),
    }
  }

  async #change(upstream: Upstream, call: SubgraphCall, callerKey: string): Promise<Buffer> {
    this.#calls.delete(callerKey)
    try {
      return await upstream.ask(call)
    } finally {
      this.#calls.delete(callerKey)
    }
  }

  #share(subgraph: string, upstream: Upstream, call: SubgraphCall, callerKey: string): Promise<Buffer> {
    let ofCaller = this.#calls.get(callerKey)
    if (!ofCaller) {
      ofCaller = new Map<string, SharedCall>()
      this.#calls.set(callerKey, ofCaller)
    }
    const key = `${subgraph} ${call.body}`
    const known = ofCaller.get(key)
    if (known && call.waiting.deadlineAt - known.deadlineAt <= JOIN_MILLISECONDS) {
      known.waiting.push(call.waiting)
      return known.answer
    }
    const { deadlineAt } = call.waiting
    const waiting = [call.waiting]
    const hasLeft = () => waiting.every((each) => each.hasLeft())
    const answer = upstream.ask({ ...call, waiting: { deadlineAt, hasLeft } })
    ofCaller.set(key, { answer, deadlineAt, waiting })
    const forget = () => this.#forget(callerKey, ofCaller, key, waiting)
    answer.then(forget, forget)
    return answer
  }

  #forget(callerKey: string, ofCaller: Map<string, SharedCall>, key: string, waiting: Waiting[]): void {
    if (ofCaller.get(key)?.waiting === waiting) ofCaller.delete(key)
    if (ofCaller.size === 0 && this.#calls.get(callerKey) === ofCaller) this.#calls.delete(callerKey)
  }
}
