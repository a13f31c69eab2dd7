import type { Logger } from '@tikitu/runtime/log'
import type { Subgraph, SubgraphLimits } from '../engine.ts'
import { Connections } from '../http/connections.ts'
import { requestWriter } from '../http/request.ts'
import { Breaker, BreakerOpen } from '../resilience/breaker.ts'
import { SubgraphCallFailed } from '../resilience/call-failed.ts'
import { exchange, type Line, type SubgraphCall } from '../resilience/exchange.ts'
import { Watch } from '../resilience/watch.ts'

/** A subgraph, as it is called. */
export interface Upstream {
  /**
   * The bytes of what the subgraph answered, which are GraphQL unless the subgraph talks nonsense (`readAnswer`). Fails with
   * `SubgraphCallFailed` when there is no answer, or nobody who waits for it.
   *
   * A query whose connection failed, or that a proxy answered with 502, 503 or 504, is asked again at most twice while there
   * is time; a mutation only when there was no connection at all. A subgraph that keeps failing is left alone for a while.
   */
  ask(call: SubgraphCall): Promise<Buffer>
  /** Breaks off whatever is under way. */
  close(): void
}

/** Connections to one subgraph at most. */
const CONNECTIONS_MAX = 64

/** How long it may take to connect, in milliseconds: short, so that there is time for another attempt. */
const CONNECT_MILLISECONDS = 1_000

/** Keeps connections to a subgraph. Nothing is connected before the first call. */
export function openUpstream(
  { name, url }: Pick<Subgraph, 'name' | 'url'>,
  limits: SubgraphLimits,
  log: Logger,
): Upstream {
  const target = new URL(url)
  const connections = new Connections({
    origin: target,
    max: CONNECTIONS_MAX,
    connectMilliseconds: Math.min(CONNECT_MILLISECONDS, limits.timeoutMilliseconds),
    answerBytesMax: limits.answerBytesMax,
  })
  const breaker = new Breaker({
    ...limits,
    // An answer that is too large is a sign of life.
    isFailure: (error) => !(error instanceof SubgraphCallFailed && error.failure === 'TOO_LARGE'),
    onChange: (isOpen) =>
      log.warn({ subgraph: name }, isOpen ? 'a subgraph fails and is left alone' : 'a subgraph is back'),
  })
  const { timeoutMilliseconds } = limits
  const write = requestWriter(target)
  const line: Line = { subgraph: name, connections, write, breaker, watch: new Watch(), timeoutMilliseconds }
  return {
    ask: (call) => (breaker.isClosed ? exchange(line, call, false) : tryAgain(line, call)),
    close: () => connections.close(),
  }
}

async function tryAgain(line: Line, call: SubgraphCall): Promise<Buffer> {
  const { subgraph, breaker, timeoutMilliseconds } = line
  const { deadlineAt, hasLeft } = call.waiting
  // With less time it could fail without a fault of the subgraph's.
  const isTrial = deadlineAt - performance.now() >= timeoutMilliseconds / 2 && !hasLeft()
  try {
    if (!isTrial) throw new BreakerOpen()
    return await breaker.attempt(() => exchange(line, call, true))
  } catch (error) {
    throw error instanceof BreakerOpen ? new SubgraphCallFailed(subgraph, 'LEFT_ALONE', false) : error
  }
}
