import { inspect } from 'node:util'
import { createClient as createEventClient } from 'graphql-sse'
import { createClient, type Client, type ClientOptions } from 'graphql-ws'
import { Agent, fetch, type RequestInit } from 'undici'
import { WebSocket, type ClientOptions as SocketOptions } from 'ws'

export type { SocketOptions }

/** Which booking is followed, as a client asks it. */
export const FOLLOW =
  'subscription BookingUpdated($id: ID!) { bookingUpdated(id: $id) { id status payment { status } } }'

/** An answer, as a client gets it. */
export interface Answer {
  readonly data?: Record<string, unknown> | null | undefined
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[]
}

/** What a client gets of one subscription, in order. */
export interface Following {
  /** All answers so far. */
  readonly answers: readonly Answer[]
  /** The answer with this number, from 0, when it is there. */
  answer(number: number): Promise<Answer>
  /** When nothing more comes: why, or undefined when it is complete. */
  readonly over: Promise<unknown>
  leave(): void
}

/** How long a test waits for an answer, in milliseconds. */
const PATIENCE_MILLISECONDS = 10_000

function following(
  subscribe: (sink: { next(answer: Answer): void; error(error: unknown): void; complete(): void }) => () => void,
): Following {
  const answers: Answer[] = []
  const waiting = new Map<number, (answer: Answer) => void>()
  const { promise: over, resolve: end } = Promise.withResolvers<unknown>()
  const leave = subscribe({
    next: (answer) => {
      waiting.get(answers.length)?.(answer)
      answers.push(answer)
    },
    error: end,
    complete: () => end(undefined),
  })
  return {
    answers,
    over,
    leave,
    answer: (number) =>
      new Promise((resolve, reject) => {
        const known = answers[number]
        if (known) return resolve(known)
        const fail = (why: string) =>
          reject(new Error(`answer ${number} did not come, ${why}; there were ${JSON.stringify(answers)}`))
        waiting.set(number, resolve)
        setTimeout(() => fail('in time'), PATIENCE_MILLISECONDS).unref()
        void over.then((reason) => fail(`for it was over: ${inspect(reason)}`))
      }),
  }
}

/** A client of the gateway by WebSocket, which does not try again. */
export function socketClient(url: string, token?: string, options: Partial<ClientOptions> = {}): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(token === undefined ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
    ...options,
  })
}

/** Follows a booking over a socket, or whatever else is asked. */
export const followBySocket = (client: Client, id: string, query = FOLLOW): Following =>
  following((sink) => client.subscribe({ query, variables: { id } }, sink))

/** Follows a booking by an event stream, or whatever else is asked. */
export function followByEvents(url: string, id: string, token?: string, query = FOLLOW): Following {
  // Its own connections, because a client that breaks a request off opens another at once, which would outlive the test.
  const agent = new Agent()
  const client = createEventClient({
    url: `${url}/graphql`,
    retryAttempts: 0,
    fetchFn: (target: string, init: RequestInit) => fetch(target, { ...init, dispatcher: agent }),
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  })
  const events = following((sink) => client.subscribe({ query, variables: { id } }, sink))
  void events.over.then(() => agent.destroy())
  return { ...events, leave: () => void agent.destroy() }
}

/** A socket on which a test says what it likes. */
export interface RawSocket {
  readonly socket: WebSocket
  send(message: unknown): void
  /** What the gateway said so far. */
  readonly heard: readonly { readonly type?: string; readonly id?: string; readonly payload?: unknown }[]
  /** The code and the reason with which it was closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  /** The status of the answer when it was not opened. */
  readonly refused: Promise<number | undefined>
}

/** Opens one. */
export async function rawSocket(url: string, options: SocketOptions = {}): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', options)
  const heard: RawSocket['heard'][number][] = []
  const closed = Promise.withResolvers<{ code: number; reason: string }>()
  const refused = Promise.withResolvers<number | undefined>()
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as RawSocket['heard'][number]))
  socket.on('close', (code, reason) => closed.resolve({ code, reason: reason.toString() }))
  socket.on('unexpected-response', (_request, response) => {
    refused.resolve(response.statusCode)
    socket.terminate()
  })
  socket.on('open', () => refused.resolve(undefined))
  socket.on('error', () => {})
  await refused.promise
  return {
    socket,
    heard,
    closed: closed.promise,
    refused: refused.promise,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
  }
}
