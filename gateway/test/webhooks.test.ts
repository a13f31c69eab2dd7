import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IDENTITY_HEADER, verifyIdentity } from '@tikitu/runtime/identity'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { IDENTITY_SECRET } from './subgraphs.ts'

let gateway: TestGateway
let payment: Server
/** What the payment service answers. */
let status = 200
/** What it waits for before it answers. */
let gate: Promise<void> = Promise.resolve()
/** What arrived there, newest last. */
const arrived: { url: string | undefined; headers: IncomingMessage['headers']; body: Buffer }[] = []

beforeAll(async () => {
  payment = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      arrived.push({ url: request.url, headers: request.headers, body: Buffer.concat(parts) })
      void gate.then(() =>
        response.writeHead(status, { 'content-type': 'text/html', 'set-cookie': 'x=1' }).end('{"received":true}'),
      )
    })
  }).listen(0, '127.0.0.1')
  await once(payment, 'listening')
  const { port } = payment.address() as AddressInfo
  gateway = await startTestGateway({ SERVICE_URL_PAYMENT: `http://127.0.0.1:${port}` })
})

afterAll(async () => {
  await gateway.close()
  payment.close()
})

beforeEach(() => {
  status = 200
  arrived.length = 0
})

const send = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}, provider = 'stripe') =>
  fetch(`${gateway.url}/webhooks/${provider}`, { method: 'POST', headers, body, duplex: 'half' })

test('a webhook is passed to the payment service byte by byte, with its signature, in the name of the gateway', async () => {
  const body = Buffer.from('{ "b": 1,\r\n "a": "\u00e9" }\u0000', 'utf8')
  const answer = await send(body, {
    'content-type': 'application/json',
    'stripe-signature': 't=1,v1=a',
    authorization: 'Bearer nonsense',
    cookie: 'a=b',
    [IDENTITY_HEADER]: 'forged',
  })
  expect([answer.status, await answer.json()]).toEqual([200, { received: true }])
  expect([answer.headers.get('set-cookie'), answer.headers.get('content-type')]).toEqual([
    null,
    'application/json; charset=utf-8',
  ])
  const { url, headers, body: got } = arrived.at(-1) ?? expect.fail('nothing arrived')
  expect([url, headers['stripe-signature'], headers.authorization, headers.cookie]).toEqual([
    '/webhooks/stripe',
    't=1,v1=a',
    undefined,
    undefined,
  ])
  expect(got.equals(body)).toBe(true)
  const identity = verifyIdentity(String(headers[IDENTITY_HEADER]), IDENTITY_SECRET, 'r1')
  expect(identity).toMatchObject({ kind: 'service', userId: null })
})

test('one that is too large goes nowhere, whether or not it says so', async () => {
  const tooLarge = 'x'.repeat(65_537)
  expect((await send(tooLarge)).status).toBe(413)
  const pieces = new ReadableStream({
    start(stream) {
      for (let piece = 0; piece < 9; piece++) stream.enqueue(new TextEncoder().encode('x'.repeat(8_192)))
      stream.close()
    },
  })
  const answer = await send(pieces).catch(() => ({ status: 413 }))
  expect(answer.status).toBe(413)
  expect(arrived).toEqual([])
  expect((await send('x'.repeat(65_536))).status).toBe(200)
})

test.each(['STRIPE', 'a.b', '..%2fgraphql', 'x'.repeat(21), '%00'])('no provider is called %s', async (provider) => {
  expect((await send('{}', {}, provider)).status).toBeGreaterThanOrEqual(400)
  expect(arrived).toEqual([])
})

test('what the payment service refuses is refused, and what it cannot do is to be sent again', async () => {
  status = 400
  expect((await send('{}')).status).toBe(400)
  status = 500
  const answer = await send('{}')
  expect([answer.status, await answer.text()]).toEqual([503, expect.not.stringContaining('html')])
})

test('more than so many are not passed on at once; the rest are to be sent again', async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  gate = opened
  const first = Array.from({ length: 64 }, () => send('{}'))
  while (arrived.length < 64) await new Promise((resolve) => setImmediate(resolve))
  const oneMore = await send('{}')
  expect([oneMore.status, oneMore.headers.get('retry-after')]).toEqual([503, '1'])
  open()
  expect(new Set((await Promise.all(first)).map((answer) => answer.status))).toEqual(new Set([200]))
  expect((await send('{}')).status).toBe(200)
})
