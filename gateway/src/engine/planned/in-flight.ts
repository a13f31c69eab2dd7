import type { SubgraphCall } from '../resilience/exchange.ts'
import type { Caller, Waiting } from '../engine.ts'
import type { Upstream } from './upstream.ts'

/**
 * A request joins a call only if it has to be answered at most this much later than whoever began it, in milliseconds:
 * the call ends when the time of the one who began it is up.
 */
const JOIN_MILLISECONDS = 1_000

/** A subgraph, as callers ask it who may share what is under way. */
export interface SharedUpstream {
  /** Like `Upstream.ask`, for this caller. */
  ask(call: SubgraphCall, caller: Sharing): Promise<Buffer>
}

/** Who may share what is under way, and whose changes end that. */
type Sharing = Pick<Caller, 'key' | 'owner'>

/** Characters at the end of a request that mostly tell it from others of the operation: the last of its ids. */
const TELLING_CHARACTERS = 64

/**
 * What finds a call under way: to look for some kilobytes in a map all of them would have to be read. Of different calls
 * with one key the last is found, and the others are not shared.
 */
const keyOf = (subgraph: string, body: string) => `${subgraph} ${body.length} ${body.slice(-TELLING_CHARACTERS)}`

/** A call that is under way, and who waits for it. */
interface SharedCall {
  readonly body: string
  readonly answer: Promise<Buffer>
  readonly deadlineAt: number
  readonly waiting: Waiting[]
}

/**
 * Equal queries of one caller that are under way at the same time are one call to the subgraph: a page that asks the
 * same thing in three places costs one. Callers never share with each other. A mutation is never shared, and what its
 * owner asks afterwards, from wherever, does not join what was asked before it.
 */
export class InFlight {
  /** By owner, then by caller, then by `keyOf` subgraph and request. */
  readonly #calls = new Map<string, Map<string, Map<string, SharedCall>>>()

  /** The subgraph of this name, shared. Each who waits gets the bytes to read for themselves. */
  over(subgraph: string, upstream: Upstream): SharedUpstream {
    return {
      ask: (call, caller) =>
        call.isMutation ? this.#change(upstream, call, caller) : this.#share(subgraph, upstream, call, caller),
    }
  }

  async #change(upstream: Upstream, call: SubgraphCall, { owner }: Sharing): Promise<Buffer> {
    this.#calls.delete(owner)
    try {
      return await upstream.ask(call)
    } finally {
      this.#calls.delete(owner)
    }
  }

  #share(subgraph: string, upstream: Upstream, call: SubgraphCall, caller: Sharing): Promise<Buffer> {
    const ofCaller = this.#callsOf(caller)
    const { body } = call
    const key = keyOf(subgraph, body)
    const known = ofCaller.get(key)
    if (known?.body === body && call.waiting.deadlineAt - known.deadlineAt <= JOIN_MILLISECONDS) {
      known.waiting.push(call.waiting)
      return known.answer
    }
    const { deadlineAt } = call.waiting
    const waiting = [call.waiting]
    const hasLeft = () => waiting.every((each) => each.hasLeft())
    const answer = upstream.ask({ ...call, waiting: { deadlineAt, hasLeft } })
    const shared: SharedCall = { body, answer, deadlineAt, waiting }
    ofCaller.set(key, shared)
    const forget = () => {
      if (ofCaller.get(key) === shared) ofCaller.delete(key)
      if (ofCaller.size === 0) this.#forget(caller, ofCaller)
    }
    answer.then(forget, forget)
    return answer
  }

  #callsOf({ owner, key }: Sharing): Map<string, SharedCall> {
    let ofOwner = this.#calls.get(owner)
    if (!ofOwner) this.#calls.set(owner, (ofOwner = new Map<string, Map<string, SharedCall>>()))
    let ofCaller = ofOwner.get(key)
    if (!ofCaller) ofOwner.set(key, (ofCaller = new Map<string, SharedCall>()))
    return ofCaller
  }

  #forget({ owner, key }: Sharing, ofCaller: Map<string, SharedCall>): void {
    const ofOwner = this.#calls.get(owner)
    if (ofOwner?.get(key) !== ofCaller) return
    ofOwner.delete(key)
    if (ofOwner.size === 0) this.#calls.delete(owner)
  }
}
