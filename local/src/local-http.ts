import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PortTaken } from './ports.ts'

/** How long a body may be, in bytes. */
const BODY_BYTES_MAX = 64 * 1024

/** A request whose body has been read. */
export interface LocalRequest {
  method: string
  url: URL
  headers: IncomingMessage['headers']
  body: string
}

/** An answer; bytes and text are sent as they are, any other object as JSON. */
export interface LocalAnswer {
  status?: number
  headers?: Record<string, string>
  body: object | string | Uint8Array
}

/** A running HTTP server. */
export interface LocalServer {
  /** `http://127.0.0.1:<port>` */
  origin: string
  stop(): Promise<void>
}

/**
 * An HTTP server for this machine alone. It answers only requests that name this machine as their host, so that a web
 * page that points its own name at 127.0.0.1 gets nothing. Throws `PortTaken`; `purpose` says what the port was for.
 */
export async function serveLocally(
  { port, purpose }: { port: number; purpose: string },
  handle: (request: LocalRequest) => LocalAnswer | Promise<LocalAnswer>,
): Promise<LocalServer> {
  const server = createServer((request, response) => {
    answer(request, handle).then(
      (result) => send(response, result),
      (error: unknown) => {
        console.error(error)
        send(response, { status: 500, body: { message: 'Something went wrong; see the log.' } })
      },
    )
  })
  await listen(server, port, purpose)
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number, purpose: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortTaken(port, purpose) : error)
    })
    server.listen(port, '127.0.0.1', () => resolve())
  })
}

async function answer(
  request: IncomingMessage,
  handle: (request: LocalRequest) => LocalAnswer | Promise<LocalAnswer>,
): Promise<LocalAnswer> {
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(request.headers.host ?? '')) {
    return { status: 403, body: { message: 'This server answers to 127.0.0.1 and localhost only.' } }
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) {
      return { status: 413, headers: { connection: 'close' }, body: { message: 'The body is too large.' } }
    }
    chunks.push(chunk)
  }
  return handle({
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', 'http://127.0.0.1'),
    headers: request.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  })
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: LocalAnswer): void {
  const json = typeof body === 'object' && !(body instanceof Uint8Array)
  response.writeHead(status, {
    'content-type': json ? 'application/json' : 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(json ? JSON.stringify(body) : body)
}
