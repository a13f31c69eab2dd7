import type { FetchNode, PlanNode } from '@graphql-hive/router-query-planner'
import { EVENT_STREAM, frameReader } from '@tikitu/runtime/event-stream'
import { Pool } from 'undici'
import type { Subgraph, SubgraphLimits } from '../engine.ts'
import { readAnswer, type SubgraphAnswer } from '../resilience/answer.ts'
import { SubgraphCallFailed } from '../resilience/call-failed.ts'

/** The fetch that brings the events of a plan; undefined when it is no plan of a subscription. */
export function eventsOf(node: PlanNode): FetchNode | undefined {
  if (node.kind === 'Subscription') return node.primary
  const [first] = node.kind === 'Sequence' ? node.nodes : []
  return first && eventsOf(first)
}

/** Where a subgraph's subscriptions come from. */
export interface EventSource {
  /**
   * Subscribes, over a connection of its own that nobody shares, and yields what comes until the subgraph says that it was
   * all. Fails with `SubgraphCallFailed` when the stream cannot be had or breaks off, and ends when the signal is aborted.
   * Nothing is read ahead of whoever takes it.
   */
  events(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): AsyncIterable<SubgraphAnswer>
  close(): Promise<void>
}

/** A stream that is silent for so long is lost, in milliseconds: the subgraph says something every ten seconds. */
const SILENCE_MILLISECONDS = 25_000

/** Nothing is connected before the first subscription. */
export function openEventSource(
  { name, url }: Pick<Subgraph, 'name' | 'url'>,
  { timeoutMilliseconds }: Pick<SubgraphLimits, 'timeoutMilliseconds'>,
): EventSource {
  const { origin, pathname } = new URL(`${url}/stream`)
  // As many connections as there are streams: the edge bounds those.
  const pool = new Pool(origin, {
    connections: null,
    connect: { timeout: timeoutMilliseconds },
    headersTimeout: timeoutMilliseconds,
    bodyTimeout: SILENCE_MILLISECONDS,
  })
  const failed = (failure: 'NO_CONNECTION' | 'BROKEN' | 'BAD_STATUS', cause: unknown) =>
    new SubgraphCallFailed(name, failure, true, cause)

  async function open(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
    const answer = await pool.request({
      method: 'POST',
      path: pathname,
      headers: { ...headers, 'content-type': 'application/json', accept: EVENT_STREAM },
      body,
      signal,
    })
    if (answer.statusCode === 200) return answer.body
    const told = await answer.body.text()
    throw failed('BAD_STATUS', new Error(`status ${answer.statusCode}: ${told}`))
  }

  return {
    async *events(body, headers, signal) {
      const read = frameReader()
      let isConnected = false
      try {
        const stream = await open(body, headers, signal)
        isConnected = true
        for await (const chunk of stream) {
          for (const { event, data } of read(chunk as Buffer)) {
            if (event === 'complete') return
            yield readAnswer(Buffer.from(data))
          }
        }
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof SubgraphCallFailed) throw error
        throw failed(isConnected ? 'BROKEN' : 'NO_CONNECTION', error)
      }
      throw failed('BROKEN', new Error('the stream ended without a word'))
    },
    close: () => pool.destroy(),
  }
}
