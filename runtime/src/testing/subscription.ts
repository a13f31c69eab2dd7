import { frameReader } from '../live/event-stream.ts'

/** What a subscription brought: an answer of the graph, or that there is nothing more to come. */
export type Update = { readonly data?: unknown; readonly errors?: readonly unknown[] } | 'complete'

/** A subscription under test. */
export interface TestSubscription {
  /** The next update; fails when there is none in time, or the stream broke off. */
  next(): Promise<Update>
  /** Leaves, without a word. */
  leave(): void
}

/** How long a test waits for an update, in milliseconds. */
const PATIENCE_MILLISECONDS = 10_000

/** Subscribes by an event stream. */
export async function openSubscription(url: string, headers: Record<string, string>, body: object) {
  const leaving = new AbortController()
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify(body),
    signal: leaving.signal,
  })
  if (!response.ok || !response.body) throw new Error(`status ${response.status}: ${await response.text()}`)
  const updates = updatesIn(response.body)
  const subscription: TestSubscription = {
    async next() {
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => reject(new Error('there was no update in time')), PATIENCE_MILLISECONDS)
      const { value, done } = await Promise.race([updates.next(), late]).finally(() => clearTimeout(timer))
      if (done) throw new Error('the stream broke off')
      return value
    },
    leave: () => leaving.abort(),
  }
  return subscription
}

async function* updatesIn(body: AsyncIterable<Uint8Array>): AsyncGenerator<Update, undefined> {
  const read = frameReader()
  for await (const chunk of body) {
    for (const { event, data } of read(Buffer.from(chunk))) {
      yield event === 'complete' ? 'complete' : (JSON.parse(data) as Update)
    }
  }
  return undefined
}
