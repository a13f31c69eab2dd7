import { SERVICE_NAMES } from '@tikitu/schema/services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENGINE_NAMES } from '../src/engine/engine.ts'
import { startTestGateway, type TestGateway } from './gateway.ts'
import type { Behaviour } from './subgraphs.ts'
import { ids } from './world.ts'

const cut: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-length': 1_000 }).write('{"data":{"hunter2":')
  setImmediate(() => response.destroy())
}

/** What nobody would complain of but for its length. */
const LONG_ANSWER = JSON.stringify({
  data: {
    _entities: [
      { __typename: 'Booking', id: ids.booking(1), payment: { status: 'SUCCEEDED', more: 'x'.repeat(200_000) } },
    ],
  },
})

describe.each(ENGINE_NAMES)('with the engine %s', (engine) => {
  let gateway: TestGateway
  let token = ''
  beforeAll(async () => {
    gateway = await startTestGateway({
      GATEWAY_ENGINE: engine,
      SUBGRAPH_TIMEOUT_MILLISECONDS: '1500',
      SUBGRAPH_ANSWER_BYTES_MAX: '100000',
    })
    token = await gateway.pool.accessToken({ sub: 'sub-ada' })
    await gateway.graph(BOOKING, { token })
  })
  afterAll(() => gateway.close())

  const BOOKING = `{ booking(id: "${ids.booking(1)}") { reference payment { status } event { title venue { name } } } }`
  const whole = {
    booking: {
      reference: 'K7M2-X9Q1',
      payment: { status: 'SUCCEEDED' },
      event: { title: 'Concert 1', venue: { name: 'Olympiastadion' } },
    },
  }

  describe('a subgraph that is down', () => {
    it('costs its part of the answer, and nobody learns where it was', async () => {
      await gateway.subgraphs.stop('payment')
      const answer = await gateway.graph(BOOKING, { token })
      await gateway.subgraphs.start('payment')
      expect(answer.status).toBe(200)
      expect(answer.data).toEqual({ booking: { ...whole.booking, payment: null } })
      expect(answer.errors).toEqual([
        {
          message: 'This part is not available right now. Please try again.',
          path: ['booking', 'payment'],
          extensions: { code: 'UNAVAILABLE', requestId: answer.headers.get('x-request-id') },
        },
      ])
    })

    it('is asked again by the next request, without a restart of anything', async () => {
      await gateway.subgraphs.stop('booking')
      const answer = await gateway.graph(BOOKING, { token })
      expect(answer.data).toEqual({ booking: null })
      expect(answer.errors).toMatchObject([{ path: ['booking'], extensions: { code: 'UNAVAILABLE' } }])
      await gateway.subgraphs.start('booking')
      expect((await gateway.graph(BOOKING, { token })).data).toEqual(whole)
    })

    it('does not keep the gateway from starting, not even all of them', async () => {
      await Promise.all(SERVICE_NAMES.map((name) => gateway.subgraphs.stop(name)))
      const early = await gateway.startAnother(gateway.config)
      expect((await early.graph('{ __schema { queryType { name } } }')).status).toBe(200)
      expect((await early.graph(BOOKING)).errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
      await Promise.all(SERVICE_NAMES.map((name) => gateway.subgraphs.start(name)))
      expect((await early.graph(BOOKING, { token })).data).toEqual(whole)
    })
  })

  describe('a subgraph that does not answer', () => {
    it('is given up after its time', async () => {
      gateway.subgraphs.silence('payment')
      const answer = await gateway.graph(BOOKING, { token })
      gateway.subgraphs.silence(undefined)
      expect(answer.data).toEqual({ booking: { ...whole.booking, payment: null } })
      expect(answer.errors).toMatchObject([{ path: ['booking', 'payment'], extensions: { code: 'TIMEOUT' } }])
    })
  })

  describe('what a subgraph says went wrong', () => {
    it('keeps its code, its message and its path', async () => {
      const answer = await gateway.graph('{ unreadNotificationCount }')
      expect(answer.errors).toEqual([
        {
          message: 'Sign in to do this.',
          path: ['unreadNotificationCount'],
          extensions: { code: 'UNAUTHENTICATED', requestId: answer.headers.get('x-request-id') },
        },
      ])
    })

    it('beside data leaves the data', async () => {
      const answer = await gateway.graph(
        `{ partner(id: "${ids.partner(1)}") { staff { user { firstName phone } } } }`,
        {
          token,
        },
      )
      expect(answer.data).toEqual({
        partner: {
          staff: [{ user: { firstName: 'Bob', phone: null } }, { user: { firstName: 'Ada', phone: '+442079460958' } }],
        },
      })
      expect(answer.errors).toMatchObject([
        { message: 'This telephone number is not yours.', extensions: { code: 'FORBIDDEN' } },
      ])
    })

    it('is INTERNAL when it is not for clients, and no word of it leaves', async () => {
      const answer = await gateway.graph('{ auditInventory { invariant } }')
      expect(answer.errors).toMatchObject([{ path: ['auditInventory'], extensions: { code: 'INTERNAL' } }])
      expect(JSON.stringify(answer.errors)).not.toMatch(/postgres|hunter2|ECONN/)
    })

    it.each([
      ['a page of HTML with 500', 'UNAVAILABLE', (_, response) => response.writeHead(500).end('<h1>hunter2</h1>')],
      ['a page of HTML with 502', 'UNAVAILABLE', (_, response) => response.writeHead(502).end('<h1>hunter2</h1>')],
      ['half of a JSON text', 'UNAVAILABLE', (_, response) => response.end('{"data":{"hunter2":')],
      ['JSON that is no GraphQL', /INTERNAL|UNAVAILABLE/, (_, response) => response.end('["hunter2"]')],
      ['nothing', 'UNAVAILABLE', (_, response) => response.end()],
      ['cut off', 'UNAVAILABLE', cut],
      ['longer than is taken', /INTERNAL|UNAVAILABLE/, (_, response) => response.end(LONG_ANSWER)],
      ['without an end', 'TIMEOUT', (_, response) => response.writeHead(200).write('{"data":')],
    ] satisfies [string, string | RegExp, Behaviour][])(
      'takes its part with it when it is %s',
      async (_, code, behaviour) => {
        gateway.subgraphs.misbehave('payment', behaviour)
        const answer = await gateway.graph(BOOKING, { token })
        gateway.subgraphs.misbehave('payment', undefined)
        expect(answer.status).toBe(200)
        expect(answer.data).toEqual({ booking: { ...whole.booking, payment: null } })
        expect(answer.errors).toMatchObject([
          { path: ['booking', 'payment'], extensions: { code: expect.stringMatching(code) } },
        ])
        expect(JSON.stringify(answer.errors)).not.toMatch(/JSON|token|hunter2|127\.0\.0\.1/)
        expect((await gateway.graph(BOOKING, { token })).data).toEqual(whole)
      },
    )
  })

  describe('/readyz', () => {
    it('is 200 when all six services are ready', async () => {
      const response = await fetch(`${gateway.url}/readyz`)
      expect(response.status).toBe(200)
      const { status, services } = (await response.json()) as { status: string; services: Record<string, unknown> }
      expect(status).toBe('ok')
      expect(Object.keys(services)).toEqual([...SERVICE_NAMES])
      for (const service of Object.values(services))
        expect(service).toEqual({ status: 'ok', milliseconds: expect.any(Number) })
    })

    it('is 503 and says who is missing otherwise, while /livez stays 200', async () => {
      await gateway.subgraphs.stop('booking')
      const response = await fetch(`${gateway.url}/readyz`)
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({
        status: 'unavailable',
        services: { booking: { status: 'unavailable' }, user: { status: 'ok' } },
      })
      expect((await fetch(`${gateway.url}/livez`)).status).toBe(200)
      await gateway.subgraphs.start('booking')
    })
  })
})
