import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { IDENTITY_HEADER, verifyIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { IDENTITY_SECRET } from './subgraphs.ts'

let gateway: TestGateway
let booking: Server
let status = 200
let version = 1
/** What arrived at the service, newest last. */
let arrived: { url: string | undefined; headers: IncomingHttpHeaders }[] = []

beforeAll(async () => {
  booking = createServer(({ url, headers }, response) => {
    arrived.push({ url, headers })
    const etag = `"plan.${version}"`
    if (status !== 200) return response.writeHead(status).end('{}')
    if (headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end()
    return response.writeHead(200, { etag, 'set-cookie': 'x=1' }).end(JSON.stringify({ version }))
  }).listen(0, '127.0.0.1')
  await once(booking, 'listening')
  const { port } = booking.address() as AddressInfo
  gateway = await startTestGateway({ SERVICE_URL_BOOKING: `http://127.0.0.1:${port}` })
})

beforeEach(() => {
  status = 200
  arrived = []
})

afterAll(async () => {
  await gateway.close()
  booking.close()
})

const look = (eventId: string, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/seat-maps/${encodeURIComponent(eventId)}`, { headers })

/** Written as one, so that all of them are there before the service has answered the first. */
async function lookTogether(eventId: string, count: number): Promise<string[]> {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect({ host: hostname, port: Number(port) })
  const head = `GET /seat-maps/${eventId} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer nonsense\r\n${IDENTITY_HEADER}: forged\r\n\r\n`
  socket.write(head.repeat(count))
  let received = ''
  for await (const chunk of socket.setEncoding('utf8')) {
    received += String(chunk)
    const bodies = received.match(/\{"version":\d+\}/g) ?? []
    if (bodies.length === count) return bodies
  }
  throw new Error(`the connection ended: ${received}`)
}

test('of what is no event nobody is asked, and what the service does not know or cannot say is told', async () => {
  for (const id of ['nonsense', '../../x', "'; drop table seat_maps; --"]) expect((await look(id)).status).toBe(404)
  expect(arrived).toEqual([])
  status = 404
  expect((await look(newId())).status).toBe(404)
  status = 500
  expect((await look(newId())).status).toBe(503)
})

test('a crowd is sent one map, for which the service is asked once, in the name of the gateway', async () => {
  const eventId = newId()
  const bodies = await lookTogether(eventId, 50)
  expect(bodies).toEqual(Array.from({ length: 50 }, () => '{"version":1}'))
  expect(arrived).toHaveLength(1)
  const { url, headers } = arrived[0] ?? expect.fail('nothing arrived')
  expect([url, headers.authorization]).toEqual([`/events/${eventId}/seat-map`, undefined])
  expect(verifyIdentity(String(headers[IDENTITY_HEADER]), IDENTITY_SECRET, 'r')).toMatchObject({ kind: 'service' })
  const answer = await look(eventId)
  expect([answer.headers.get('etag'), answer.headers.get('set-cookie')]).toEqual(['"plan.1"', null])
})

test('whoever knows the newest version is told so, and another one is seen soon', async () => {
  const eventId = newId()
  const tag = (await look(eventId)).headers.get('etag') ?? ''
  expect((await look(eventId, { 'if-none-match': tag })).status).toBe(304)
  version += 1
  await expect.poll(async () => (await look(eventId, { 'if-none-match': tag })).status).toBe(200)
  expect(await (await look(eventId)).json()).toEqual({ version })
  // The service was told what is known here, too.
  expect(arrived.some(({ headers }) => headers['if-none-match'] === tag)).toBe(true)
})
