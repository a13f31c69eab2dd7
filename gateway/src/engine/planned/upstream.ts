import { Pool } from 'undici'
import { isObject, type Json, type JsonObject } from './json.ts'

/** What a subgraph answered. */
export interface SubgraphAnswer {
  readonly data: JsonObject | null
  readonly errors: readonly Json[]
}

/** A subgraph, as it is called. */
export interface Upstream {
  /** Sends a GraphQL request as JSON text. Fails when there is no answer in time, or none that is GraphQL. */
  ask(body: string, headers: Readonly<Record<string, string>>): Promise<SubgraphAnswer>
  close(): Promise<void>
}

/** Connections to one subgraph at most. */
const CONNECTIONS_MAX = 64

/** Keeps connections to the subgraph at `url`. Nothing is connected before the first call. */
export function openUpstream(url: string, timeoutMilliseconds: number): Upstream {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, {
    connections: CONNECTIONS_MAX,
    connect: { timeout: timeoutMilliseconds },
    headersTimeout: timeoutMilliseconds,
    bodyTimeout: timeoutMilliseconds,
  })
  return {
    ask: async (body, headers) => readAnswer(await post(pool, pathname, body, headers)),
    close: () => pool.destroy(),
  }
}

/** `dispatch` instead of `request`: no stream is made for an answer that is wanted whole. */
function post(pool: Pool, path: string, body: string, headers: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    pool.dispatch(
      { method: 'POST', path, body, headers: { ...headers, 'content-type': 'application/json' } },
      {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd: () => resolve((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? ''),
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })
}

function readAnswer(text: string): SubgraphAnswer {
  const answer = JSON.parse(text) as Json
  if (!isObject(answer)) throw new Error('the answer is no GraphQL')
  const { data = null, errors = [] } = answer
  if (!Array.isArray(errors) || (data === null && errors.length === 0)) throw new Error('the answer is no GraphQL')
  return { data: isObject(data) ? data : null, errors }
}
