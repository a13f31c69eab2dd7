import { setTimeout as wait } from 'node:timers/promises'
import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ENGINE_NAMES } from '../src/engine/engine.ts'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

/** Ten points. */
const TEN = '{ events(first: 9) { edges { cursor } } }'

const HOLD = `mutation ($seats: [ID!]!) {
  holdSeats(input: { eventId: "${ids.event(1)}", seatIds: $seats, idempotencyKey: "a wish" }) { __typename }
}`
const hold = { variables: { seats: ['A-1-1'] } }

const seats = (count: number) =>
  `{ ${Array.from({ length: count }, (_, n) => `a${n}: event(id: "${ids.event(1)}") { seats { id } }`).join(' ')} }`

describe.each(ENGINE_NAMES)('with the engine %s', (engine) => {
  let gateway: TestGateway
  let people = 0
  /** Somebody who has asked for nothing so far. */
  const somebody = () => gateway.pool.accessToken({ sub: `sub-${(people += 1)}` })

  beforeAll(async () => {
    gateway = await startTestGateway({
      GATEWAY_ENGINE: engine,
      BUDGET_USER_POINTS: '6000',
      BUDGET_USER_POINTS_PER_SECOND: '10',
      BUDGET_PRIORITY_POINTS: '25',
      BUDGET_PRIORITY_POINTS_PER_SECOND: '1',
    })
  })
  afterAll(() => gateway.close())
  beforeEach(() => gateway.subgraphs.forget())

  const graphCalls = () => gateway.subgraphs.calls.filter(({ path }) => path === '/graphql')

  describe('every answer says what it cost and what is left', () => {
    it.each([
      ['data', TEN, 10],
      ['data of several services', `{ event(id: "${ids.event(1)}") { venue { partner { companyName } } } }`, 3],
      ['data with errors', '{ auditInventory { violations } me { id } }', 111],
      ['what the gateway answers alone', '{ __typename }', 1],
      ['the schema', '{ __type(name: "Event") { name } }', 200],
      ['what validation refuses', '{ me { nope } }', 1],
    ])('%s', async (_, query, requested) => {
      const { extensions } = await gateway.graph(query, { token: await somebody() })
      expect(extensions).toEqual({ cost: { requested, available: 6_000 - requested, restoreRate: 10 } })
    })

    it('by GET as well', async () => {
      const url = `${gateway.url}/graphql?query=${encodeURIComponent(TEN)}`
      const response = await fetch(url, { headers: { 'x-tikitu-csrf': '1' } })
      expect(await response.json()).toMatchObject({ extensions: { cost: { requested: 10 } } })
    })

    it('with what the variables made of it', async () => {
      const query = 'query ($first: Int!) { events(first: $first) { edges { cursor } } }'
      const answer = await gateway.graph(query, { token: await somebody(), variables: { first: 99 } })
      expect(answer.extensions).toMatchObject({ cost: { requested: 100 } })
    })
  })

  describe('an operation that is too dear', () => {
    it('is refused with what it costs and what it may, and nobody is asked', async () => {
      const answer = await gateway.graph(seats(6), { token: await somebody() })
      expect(answer.data).toBeUndefined()
      expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', cost: 30_006, costMax: 6_000 } }])
      expect(graphCalls()).toEqual([])
      const strict = await gateway.graph(seats(2), { headers: { accept: 'application/graphql-response+json' } })
      expect(strict.status).toBe(400)
      expect(strict.errors).toMatchObject([{ extensions: { cost: 10_002, costMax: 10_000 } }])
    })

    it('is not one list of all seats', async () => {
      const answer = await gateway.graph(seats(1), { token: await somebody() })
      expect(answer.errors).toBeUndefined()
      expect(answer.data).toMatchObject({ a0: { seats: [{ id: 'A-1-1' }, { id: 'A-1-2' }] } })
    })

    it('is not the schema as GraphiQL asks for it', async () => {
      const answer = await gateway.graph(getIntrospectionQuery(), { token: await somebody() })
      expect(answer).toMatchObject({ errors: undefined, extensions: { cost: { requested: 200 } } })
    })
  })

  describe('who has spent everything', () => {
    /** Somebody with less than 1,000 points. */
    const spent = async () => {
      const token = await somebody()
      await gateway.graph(seats(1), { token })
      gateway.subgraphs.forget()
      return token
    }
    const THOUSAND = '{ events(first: 100) { edges { node { ticketTypes { id } } } } }'

    it.each(['application/json', 'application/graphql-response+json'])(
      'is told to come back, in an answer as %s, and nobody is asked',
      async (accept) => {
        const answer = await gateway.graph(THOUSAND, { token: await spent(), headers: { accept } })
        expect(answer.status).toBe(429)
        expect(answer.headers.get('content-type')).toContain(accept)
        expect(answer.data).toBeUndefined()
        const seconds = Number(answer.headers.get('retry-after'))
        expect(seconds).toBeGreaterThan(0)
        expect(seconds).toBeLessThanOrEqual(21)
        expect(answer.errors).toMatchObject([
          { extensions: { code: 'THROTTLED', retryAfterSeconds: seconds, requestId: expect.any(String) } },
        ])
        expect(answer.extensions).toMatchObject({ cost: { requested: 1_201, restoreRate: 10 } })
        expect(graphCalls()).toEqual([])
      },
    )

    it('is let in after the seconds of Retry-After', async () => {
      const another = await gateway.startAnother({
        ...gateway.config,
        costLimits: { ...gateway.config.costLimits, user: { points: 30, pointsPerSecond: 12 } },
      })
      const token = await somebody()
      // Three of these pass, and one more for each second that they take.
      const answers = await Promise.all(Array.from({ length: 20 }, () => another.graph(TEN, { token })))
      const refused = answers.filter(({ status }) => status === 429)
      expect(refused.length).toBeGreaterThan(0)
      const seconds = refused.map(({ headers }) => Number(headers.get('retry-after')))
      expect(new Set(seconds)).toEqual(new Set([1]))
      await wait(1_000)
      expect((await another.graph(TEN, { token })).errors).toBeUndefined()
    })

    it('is nobody else', async () => {
      await spent()
      for (const options of [{ token: await somebody() }, {}]) {
        expect((await gateway.graph(THOUSAND, options)).errors).toBeUndefined()
      }
    })

    it('can still hold seats, but not without end', async () => {
      const token = await spent()
      expect((await gateway.graph(THOUSAND, { token })).status).toBe(429)
      const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.graph(HOLD, { ...hold, token })))
      const served = answers.filter(({ status }) => status === 200)
      expect(served.length).toBeGreaterThanOrEqual(2)
      expect(served.length).toBeLessThan(15)
      for (const { errors, extensions } of served) {
        expect(errors).not.toContainEqual(expect.objectContaining({ extensions: { code: 'THROTTLED' } }))
        expect(extensions).toMatchObject({ cost: { requested: 11, restoreRate: 1 } })
      }
      for (const { status } of answers) expect([200, 429]).toContain(status)
    })

    it('cannot look around under the name of a sale', async () => {
      const suspend = 'suspendUser(input: { userId: "x", reason: "x" }) { __typename }'
      const query = `mutation { holdSeats: ${suspend} checkout: ${suspend} }`
      const answer = await gateway.graph(query, { token: await somebody() })
      expect(answer.extensions).toMatchObject({ cost: { requested: 22, restoreRate: 10, available: 5_978 } })
    })
  })
})

describe('a stranger', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway({ BUDGET_ANONYMOUS_POINTS: '10', BUDGET_ANONYMOUS_POINTS_PER_SECOND: '1' })
  })
  afterAll(() => gateway.close())

  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

  it('is the address that the request came from, whatever it says', async () => {
    expect((await gateway.graph(TEN, from('192.0.2.1'))).status).toBe(200)
    expect((await gateway.graph(TEN, from('192.0.2.2'))).status).toBe(429)
  })

  it('is the address that a trusted proxy says it came from', async () => {
    const behind = await gateway.startAnother({ ...gateway.config, trustedProxies: ['127.0.0.0/8'] })
    expect((await behind.graph(TEN, from('192.0.2.1'))).status).toBe(200)
    expect((await behind.graph(TEN, from('198.51.100.7, 192.0.2.1'))).status).toBe(429)
    expect((await behind.graph(TEN, from('192.0.2.2'))).status).toBe(200)
  })
})
