import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IDENTITY_HEADER, verifyIdentity } from '@tikitu/runtime/identity'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { IDENTITY_SECRET } from './subgraphs.ts'

let gateway: TestGateway
let booking: Server
/** What arrived at the service, newest last. */
const arrived: {
  method: string | undefined
  url: string | undefined
  headers: IncomingMessage['headers']
  body: Buffer
}[] = []

beforeAll(async () => {
  booking = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method, url, headers } = request
      arrived.push({ method, url, headers, body: Buffer.concat(parts) })
      if (headers['if-none-match'] === '"a"') return response.writeHead(304, { etag: '"a"' }).end()
      const status = method === 'PUT' ? 201 : 200
      return response
        .writeHead(status, {
          'content-type': 'image/png',
          'cache-control': 'public, max-age=9',
          etag: '"a"',
          'set-cookie': 'x=1',
        })
        .end('picture')
    })
  }).listen(0, '127.0.0.1')
  await once(booking, 'listening')
  const { port } = booking.address() as AddressInfo
  gateway = await startTestGateway({ SERVICE_URL_BOOKING: `http://127.0.0.1:${port}` })
})

afterAll(async () => {
  await gateway.close()
  booking.close()
})

test('a picture is brought to the booking service as it is, in the name of the gateway', async () => {
  const body = Buffer.from([0, 255, 13, 10])
  const answer = await fetch(`${gateway.url}/media/uploads?grant=a.b&c=d`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png', authorization: 'Bearer nonsense', [IDENTITY_HEADER]: 'forged' },
    body,
  })
  expect(answer.status).toBe(201)
  const { method, url, headers, body: got } = arrived.at(-1) ?? expect.fail('nothing arrived')
  expect([method, url, headers['content-type'], headers.authorization]).toEqual([
    'PUT',
    '/media/uploads?grant=a.b',
    'image/png',
    undefined,
  ])
  expect(got).toEqual(body)
  expect(verifyIdentity(String(headers[IDENTITY_HEADER]), IDENTITY_SECRET, 'r')).toMatchObject({
    kind: 'service',
    subject: 'gateway',
  })
})

test('what is too large does not get there', async () => {
  const before = arrived.length
  const body = Buffer.alloc(5 * 1024 * 1024 + 1)
  const answer = await fetch(`${gateway.url}/media/uploads?grant=a.b`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body,
  })
  expect(answer.status).toBe(413)
  expect(arrived.length).toBe(before)
})

test('a picture is looked at by everybody, and kept by browsers', async () => {
  const answer = await fetch(`${gateway.url}/media/01a?x=y`)
  expect([answer.status, await answer.text(), arrived.at(-1)?.url]).toEqual([200, 'picture', '/media/01a'])
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/png',
    'cache-control': 'public, max-age=9',
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
  })
  expect(answer.headers.get('set-cookie')).toBeNull()
  expect((await fetch(`${gateway.url}/media/01a`, { headers: { 'if-none-match': '"a"' } })).status).toBe(304)
})

test('no path leads anywhere else in the service', async () => {
  await fetch(`${gateway.url}/media/..%2f..%2fgraphql`)
  expect(arrived.at(-1)?.url).toBe('/media/..%2F..%2Fgraphql')
  expect((await fetch(`${gateway.url}/media/uploads/a/b`)).status).toBe(404)
})
