import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

const QUERY = '{ events(first: 1) { edges { node { title } } } }'
const HOLD = `mutation {
  holdSeats(input: { eventId: "${ids.event(1)}", seatIds: ["A-1-1"], idempotencyKey: "a wish" }) { __typename }
}`

/** Longer than any moment of a machine that has other things to do. */
const NEVER = '60000'

let gateway: TestGateway
let busy: NodeJS.Timeout
beforeEach(() => {
  busy = setInterval(() => {
    const until = performance.now() + 60
    while (performance.now() < until);
  }, 1)
})
afterEach(async () => {
  clearInterval(busy)
  await gateway.close()
})

/** Until the pressure has been measured, everybody is let in. */
const shed = (path: string) =>
  expect.poll(async () => (await fetch(`${gateway.url}${path}`)).status, { timeout: 20_000 }).toBe(503)

const calledServices = () =>
  gateway.subgraphs.calls.filter(({ path }) => path === '/graphql').map(({ service }) => service)

describe('a gateway that has too much to do', () => {
  it('turns queries away with a coded error and the time to wait, and takes what moves seats', async () => {
    gateway = await startTestGateway({ SHED_DELAY_MILLISECONDS: '20', SHED_PRIORITY_DELAY_MILLISECONDS: NEVER })
    await shed('/')
    const query = await gateway.graph(QUERY, { headers: { 'x-request-id': '01900000-0000-7000-8000-000000000001' } })
    expect(query).toMatchObject({
      status: 503,
      data: undefined,
      errors: [{ extensions: { code: 'UNAVAILABLE', requestId: '01900000-0000-7000-8000-000000000001' } }],
    })
    expect(Number(query.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(query.errors?.[0]?.extensions).toMatchObject({ retryAfterSeconds: Number(query.headers.get('retry-after')) })
    expect(calledServices()).toEqual([])

    expect((await gateway.graph(HOLD)).status).toBe(200)
    expect(calledServices()).toEqual(['booking'])
  })

  it('turns away even that when it can do no more, and still says how it is', async () => {
    gateway = await startTestGateway({ SHED_DELAY_MILLISECONDS: '10', SHED_PRIORITY_DELAY_MILLISECONDS: '20' })
    await shed('/')
    expect(await gateway.graph(HOLD)).toMatchObject({ status: 503, errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200)
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
  })

  it('turns away when its memory is nearly full', async () => {
    clearInterval(busy)
    gateway = await startTestGateway({ SHED_HEAP_PERCENT: '1', SHED_DELAY_MILLISECONDS: NEVER })
    await shed('/')
    expect(await gateway.graph(QUERY)).toMatchObject({ status: 503 })
  })

  it('turns nobody away for two long moments, though nothing could be measured in the second of them', async () => {
    clearInterval(busy)
    gateway = await startTestGateway({ SHED_DELAY_MILLISECONDS: NEVER })
    for (let moment = 0; moment < 2; moment++) {
      const until = performance.now() + 1_200
      while (performance.now() < until);
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
    expect((await gateway.graph(QUERY)).status).toBe(200)
  })

  it('takes everything again when it has less to do', async () => {
    gateway = await startTestGateway({ SHED_DELAY_MILLISECONDS: '40' })
    await shed('/')
    clearInterval(busy)
    await expect.poll(async () => (await gateway.graph(QUERY)).status, { timeout: 20_000 }).toBe(200)
  })
})

describe('a gateway at which more people are than can be served', () => {
  it('tells who comes next at once when to come again, and lets them in when somebody is done', async () => {
    clearInterval(busy)
    gateway = await startTestGateway({ CROWD_MIN: '1', PRINCIPAL_TIMEOUT_MILLISECONDS: '2000' })
    const token = await gateway.pool.accessToken({ sub: crypto.randomUUID() })
    gateway.principals.silent.add('user')
    const first = gateway.graph(HOLD, { token })
    const next = async () =>
      gateway.graph(HOLD, { headers: { 'x-request-id': '01900000-0000-7000-8000-000000000002' } })
    await expect.poll(async () => (await next()).status).toBe(429)
    const sentAway = await next()
    expect(sentAway.errors).toMatchObject([
      { extensions: { code: 'THROTTLED', requestId: '01900000-0000-7000-8000-000000000002' } },
    ])
    const seconds = Number(sentAway.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(sentAway.errors?.[0]?.extensions).toMatchObject({ retryAfterSeconds: seconds })
    expect(sentAway.headers.get('cache-control')).toBe((await first).headers.get('cache-control'))
    expect((await next()).status).toBe(200)
  })

  it('sends away what is not about seats, money or the door earlier, and nobody for being connected', async () => {
    clearInterval(busy)
    gateway = await startTestGateway({ CROWD_MIN: '4', PRINCIPAL_TIMEOUT_MILLISECONDS: '2000' })
    gateway.principals.silent.add('user')
    const waiting = await Promise.all(
      [1, 2].map(async () => ({
        answer: gateway.graph(HOLD, { token: await gateway.pool.accessToken({ sub: crypto.randomUUID() }) }),
      })),
    )
    await expect.poll(async () => (await gateway.graph(QUERY)).status).toBe(429)
    expect((await gateway.graph(HOLD)).status).toBe(200)
    await Promise.all(waiting.map(({ answer }) => answer))
    expect((await gateway.graph(QUERY)).status).toBe(200)
  })
})
