import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IDENTITY_HEADER, verifyIdentity } from '@tikitu/runtime/identity'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { IDENTITY_SECRET } from './subgraphs.ts'
import { users } from './world.ts'

let gateway: TestGateway
let booking: Server
/** What arrived at the service, newest last. */
const arrived: { url: string | undefined; headers: IncomingMessage['headers'] }[] = []
/** What the service says next, instead of a file. */
let says: { status: number; body: string } | undefined

beforeAll(async () => {
  booking = createServer((request, response) => {
    arrived.push({ url: request.url, headers: request.headers })
    const { status, body } = says ?? { status: 200, body: 'a file' }
    response
      .writeHead(status, {
        'content-type': 'application/pdf',
        'content-disposition': 'inline; filename="t.pdf"',
        'cache-control': 'public, max-age=9',
        'set-cookie': 'x=1',
      })
      .end(body)
  }).listen(0, '127.0.0.1')
  await once(booking, 'listening')
  const { port } = booking.address() as AddressInfo
  gateway = await startTestGateway({
    SERVICE_URL_BOOKING: `http://127.0.0.1:${port}`,
    BUDGET_USER_POINTS: '1000',
    BUDGET_USER_POINTS_PER_SECOND: '1',
  })
})

afterAll(async () => {
  await gateway.close()
  booking.close()
})

const [ada, bob] = users
const tokenOf = (user: (typeof users)[number] | undefined) => gateway.pool.accessToken({ sub: user?.subject ?? '' })

async function get(path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${gateway.url}/api/v1${path}`, { headers })
  const text = await answer.text()
  const isProblem = answer.headers.get('content-type') === 'application/problem+json; charset=utf-8'
  const problem = isProblem ? (JSON.parse(text) as Record<string, unknown>) : undefined
  return { status: answer.status, headers: answer.headers, text, problem }
}

const signedIn = async (user = ada) => ({ authorization: `Bearer ${await tokenOf(user)}` })

test('what there is not, and what nobody may ask, are problem documents', async () => {
  const missing = await get('/booking/nonsense', { 'x-request-id': 'req-12345678' })
  expect([missing.status, missing.problem]).toEqual([
    404,
    {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing here.',
      code: 'NOT_FOUND',
      requestId: missing.headers.get('x-request-id'),
    },
  ])
  const bad = await get('/booking/tickets/1.pdf', { authorization: 'Bearer nonsense' })
  expect([bad.status, bad.problem?.['code'], bad.headers.get('www-authenticate')]).toEqual([
    401,
    'UNAUTHENTICATED',
    'Bearer',
  ])
  expect(bad.headers.get('cache-control')).toBe('private, no-store')
})

test('what the service refuses is told with its code, and what it hides stays hidden', async () => {
  const refusal = { message: 'You have no such ticket.', extensions: { code: 'NOT_FOUND', requestId: 'r', secret: 1 } }
  says = { status: 404, body: JSON.stringify({ errors: [refusal] }) }
  const missing = await get('/booking/tickets/1.pdf', await signedIn())
  expect([missing.status, missing.problem?.['detail'], missing.problem?.['code']]).toEqual([
    404,
    'You have no such ticket.',
    'NOT_FOUND',
  ])
  expect(missing.text).not.toContain('secret')
  for (const body of ['<h1>password=1</h1>', '{"errors":[]}', '{"errors":[{"message":"password=1"}]}']) {
    says = { status: 502, body }
    const broken = await get('/booking/tickets/1.pdf', await signedIn())
    expect([broken.status, broken.problem?.['code']]).toEqual([500, 'INTERNAL'])
    expect(broken.text).not.toContain('password')
  }
  says = undefined
})

test('a file is passed on in its caller’s name, for nobody on the way to keep', async () => {
  const paths = [
    ['/booking/tickets/01a.pdf', '/tickets/01a/ticket.pdf'],
    ['/booking/tickets/01a/qr.svg', '/tickets/01a/qr.svg'],
    ['/booking/tickets/01a/qr.png', '/tickets/01a/qr.png'],
    ['/booking/bookings/01a/tickets.pdf', '/bookings/01a/tickets.pdf'],
    ['/booking/tickets/..%2f..%2fgraphql/qr.svg', '/tickets/..%2F..%2Fgraphql/qr.svg'],
  ] as const
  for (const [path, url] of paths) {
    const answer = await get(path, { ...(await signedIn()), [IDENTITY_HEADER]: 'forged' })
    const { headers, ...at } = arrived.at(-1) ?? expect.fail('nothing arrived')
    expect([answer.status, answer.text, at.url]).toEqual([200, 'a file', url])
    expect(verifyIdentity(String(headers[IDENTITY_HEADER]), IDENTITY_SECRET, 'r')).toMatchObject({
      kind: 'user',
      userId: ada?.id,
    })
    expect(headers.authorization).toBeUndefined()
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': 'inline; filename="t.pdf"',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(answer.headers.get('set-cookie')).toBeNull()
  }
})

test('whoever asks for more than their budget waits, and another does not wait with them', async () => {
  const headers = await signedIn(bob)
  const statuses: number[] = []
  for (const _ of [1, 2, 3]) statuses.push((await get('/booking/bookings/01a/tickets.pdf', headers)).status)
  expect(statuses).toEqual([200, 200, 429])
  const refused = await get('/booking/bookings/01a/tickets.pdf', headers)
  expect(refused.problem).toMatchObject({ code: 'THROTTLED', status: 429, title: 'Too Many Requests' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await get('/booking/tickets/01a.pdf', await signedIn())).status).toBe(200)
})

test('without the service it is UNAVAILABLE, and the answer says nothing of where it is', async () => {
  const alone = await gateway.startAnother({
    ...gateway.config,
    serviceUrls: { ...gateway.config.serviceUrls, booking: 'http://127.0.0.1:1' },
  })
  const answer = await fetch(`${alone.url}/api/v1/booking/tickets/01a.pdf`, { headers: await signedIn() })
  const text = await answer.text()
  expect([answer.status, JSON.parse(text)]).toMatchObject([503, { code: 'UNAVAILABLE', status: 503 }])
  expect(text).not.toContain('127.0.0.1')
})
