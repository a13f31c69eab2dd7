import { frameReader } from '@tikitu/runtime/event-stream'

/** An answer of a subscription. */
export interface Answer<Data> {
  readonly data?: Data | null
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
}

/** Follows something at the gateway as somebody, or as nobody, until the loop that reads it is left. */
export type Follow = <Data>(
  gateway: string,
  token: string | undefined,
  query: string,
  variables: object,
) => AsyncGenerator<Answer<Data>, void>

/** By WebSocket, in the protocol `graphql-transport-ws`, as a browser does it. */
export async function* followBySocket<Data>(
  gateway: string,
  token: string | undefined,
  query: string,
  variables: object,
) {
  const socket = new WebSocket(`${gateway.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const said: { type: string; payload?: unknown }[] = []
  let wake = Promise.withResolvers<void>()
  socket.addEventListener('message', ({ data }: MessageEvent) => {
    said.push(JSON.parse(String(data)) as (typeof said)[number])
    wake.resolve()
  })
  socket.addEventListener('close', ({ code }) => {
    said.push({ type: 'closed', payload: code })
    wake.resolve()
  })
  const send = (message: object) => socket.send(JSON.stringify(message))
  socket.addEventListener('open', () =>
    send({ type: 'connection_init', payload: token === undefined ? {} : { authorization: `Bearer ${token}` } }),
  )
  try {
    for (;;) {
      const message = said.shift()
      if (!message) {
        await wake.promise
        wake = Promise.withResolvers<void>()
      } else if (message.type === 'connection_ack') {
        send({ type: 'subscribe', id: '1', payload: { query, variables } })
      } else if (message.type === 'next') yield message.payload as Answer<Data>
      else if (message.type === 'complete') return
      else throw new Error(`the gateway said ${JSON.stringify(message)}`)
    }
  } finally {
    socket.close()
  }
}

/** By an event stream, in the protocol of `graphql-sse`. */
export async function* followByEvents<Data>(
  gateway: string,
  token: string | undefined,
  query: string,
  variables: object,
) {
  const leaving = new AbortController()
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: leaving.signal,
  })
  if (!response.ok || !response.body) throw new Error(`status ${response.status}: ${await response.text()}`)
  const read = frameReader()
  try {
    for await (const chunk of response.body) {
      for (const { event, data } of read(Buffer.from(chunk))) {
        if (event === 'complete') return
        yield JSON.parse(data) as Answer<Data>
      }
    }
    throw new Error('the event stream broke off')
  } finally {
    leaving.abort()
  }
}
