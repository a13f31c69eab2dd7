import { request as httpRequest } from 'node:http'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestGateway, type RunningGateway, type TestGateway } from './gateway.ts'
import type { Behaviour } from './subgraphs.ts'
import { ids } from './world.ts'

/** What only the planned engine does for a request whose subgraphs fail, through the gateway and over HTTP. */
let gateway: TestGateway
let token = ''
beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_ENGINE: 'planned', PRINCIPAL_CACHE_MILLISECONDS: '60000' })
  token = await gateway.pool.accessToken({ sub: 'sub-ada' })
})
afterEach(() => {
  gateway.subgraphs.misbehave('payment', undefined)
  gateway.subgraphs.misbehave('booking', undefined)
})
afterAll(() => gateway.close())

/** Another gateway in front of the same subgraphs, which knows the caller and its plans. */
async function gatewayWith(
  requestTimeoutMilliseconds: number,
  limits: Partial<TestGateway['config']['subgraphLimits']> = {},
): Promise<RunningGateway> {
  const { config } = gateway
  const running = await gateway.startAnother({
    ...config,
    requestTimeoutMilliseconds,
    subgraphLimits: { ...config.subgraphLimits, ...limits },
  })
  // The first time takes longer, because nothing is compiled or connected.
  await vi.waitFor(async () => expect((await running.graph(BOOKING, { token })).errors).toBeUndefined(), {
    timeout: 20_000,
  })
  return running
}

/** Counts what a subgraph is asked while it behaves so. */
function misbehave(service: 'payment' | 'booking', behaviour: Behaviour) {
  const seen = { asked: 0, brokenOff: 0, finished: 0 }
  gateway.subgraphs.misbehave(service, (request, response) => {
    seen.asked++
    response.on('close', () => (response.writableFinished ? seen.finished++ : seen.brokenOff++))
    behaviour(request, response)
  })
  return seen
}

const never: Behaviour = () => {}
const html =
  (status: number): Behaviour =>
  (_, response) =>
    response.writeHead(status).end('<h1>Sorry</h1>')

/** Two hops: the booking, then its payment. */
const BOOKING = `{ booking(id: "${ids.booking(1)}") { reference payment { status } } }`
const reference = 'K7M2-X9Q1'
const PAY =
  'mutation { startPayment(input: { bookingId: "1", method: CARD, idempotencyKey: "12345678" }) { __typename } }'

/** Asks over a connection of its own, which `leave` closes. */
function askAndLeave(query: string) {
  const asking = httpRequest(`${gateway.url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  })
  // Its connection is closed on purpose.
  asking.on('error', (error) => error)
  asking.end(JSON.stringify({ query }))
  return { leave: () => asking.destroy() }
}

describe('a request that takes too long', () => {
  it('is answered with what there is, and TIMEOUT for what is missing', async () => {
    const hurried = await gatewayWith(1_500, { timeoutMilliseconds: 60_000 })
    const payment = misbehave('payment', never)
    const watch = stopwatch()
    const answer = await hurried.graph(BOOKING, { token })
    expect(watch.milliseconds()).toBeLessThan(10_000)
    expect(answer.status).toBe(200)
    expect(answer.data).toEqual({ booking: { reference, payment: null } })
    expect(answer.errors).toMatchObject([{ path: ['booking', 'payment'], extensions: { code: 'TIMEOUT' } }])
    await expect.poll(() => payment).toMatchObject({ asked: 1, brokenOff: 1 })
  })

  it('has one time for all of its hops', async () => {
    const hurried = await gatewayWith(3_000, { timeoutMilliseconds: 2_900 })
    const slowly: Behaviour = (_, response) =>
      void setTimeout(
        () =>
          response.end(JSON.stringify({ data: { booking: { __typename: 'Booking', id: ids.booking(1), reference } } })),
        2_000,
      )
    const [booking] = [misbehave('booking', slowly), misbehave('payment', never)]
    const watch = stopwatch()
    const answer = await hurried.graph(BOOKING, { token })
    // With its own time the second hop would have taken 2,900 more.
    expect(watch.milliseconds()).toBeLessThan(4_700)
    expect(booking.asked).toBe(1)
    expect(answer.data).toEqual({ booking: { reference, payment: null } })
    expect(answer.errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }])
  })
})

describe('a client who leaves', () => {
  it('lets go of the subgraph, and the second hop is not asked', async () => {
    const payment = misbehave('payment', html(500))
    const booking = misbehave('booking', never)
    const client = askAndLeave(BOOKING)
    await expect.poll(() => booking.asked).toBe(1)
    client.leave()
    await expect.poll(() => booking.brokenOff).toBe(1)
    expect(payment.asked).toBe(0)
    gateway.subgraphs.misbehave('booking', undefined)
    gateway.subgraphs.misbehave('payment', undefined)
    expect((await gateway.graph(BOOKING, { token })).errors).toBeUndefined()
  })

  it('does not undo the mutation that was sent, nor one that comes after it', async () => {
    const { promise: late, resolve: finish } = Promise.withResolvers<void>()
    const payment = misbehave('payment', (_, response) => void late.then(() => response.end('{"data":{}}')))
    const client = askAndLeave(
      `${PAY.slice(0, -1)} checkout(input: { holdId: "2", idempotencyKey: "12345678" }) { __typename } }`,
    )
    await expect.poll(() => payment.asked).toBe(1)
    gateway.subgraphs.forget()
    client.leave()
    finish()
    await vi.waitFor(() => expect(gateway.subgraphs.calls.map(({ service }) => service)).toContain('booking'), {
      timeout: 5_000,
    })
    expect(payment).toEqual({ asked: 1, finished: 1, brokenOff: 0 })
  })
})

describe('a subgraph that is asked again', () => {
  it('costs nobody anything when it was away for a moment', async () => {
    let refused = 0
    const payment = misbehave('payment', (request, response) => {
      if (refused++ === 0) return html(503)(request, response)
      return response.end(JSON.stringify({ data: { _entities: [{ payment: { status: 'SUCCEEDED' } }] } }))
    })
    const answer = await gateway.graph(BOOKING, { token })
    expect(answer.errors).toBeUndefined()
    expect(answer.data).toEqual({ booking: { reference, payment: { status: 'SUCCEEDED' } } })
    expect(payment.asked).toBe(2)
  })

  it('is asked a mutation once, and the client is told that nobody knows', async () => {
    const payment = misbehave('payment', html(503))
    const answer = await gateway.graph(PAY, { token })
    expect(payment.asked).toBe(1)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', outcome: 'UNKNOWN' } }])
    expect(answer.errors?.[0]?.message).toContain('idempotency key')
  })

  it('is not asked for more than is taken', async () => {
    const modest = await gatewayWith(15_000, { answerBytesMax: 100_000 })
    const payment = misbehave('payment', (_, response) => response.end(JSON.stringify({ data: 'x'.repeat(200_000) })))
    const answer = await modest.graph(BOOKING, { token })
    expect(answer.data).toEqual({ booking: { reference, payment: null } })
    expect(answer.errors).toMatchObject([{ path: ['booking', 'payment'], extensions: { code: 'INTERNAL' } }])
    expect(payment.asked).toBe(1)
  })
})

describe('a subgraph that keeps failing', () => {
  it('is left alone: its parts are UNAVAILABLE at once and a mutation is surely not done; then it is tried', async () => {
    const wary = await gatewayWith(15_000, { failuresMax: 2, restMilliseconds: 2_000 })
    const payment = misbehave('payment', html(500))
    await wary.graph(BOOKING, { token })
    await wary.graph(BOOKING, { token })
    payment.asked = 0

    const answer = await wary.graph(BOOKING, { token })
    expect(answer.data).toEqual({ booking: { reference, payment: null } })
    expect(answer.errors).toMatchObject([{ path: ['booking', 'payment'], extensions: { code: 'UNAVAILABLE' } }])
    expect((await wary.graph(PAY, { token })).errors).toMatchObject([
      { extensions: { code: 'UNAVAILABLE', outcome: 'NOT_DONE' } },
    ])
    expect(payment.asked).toBe(0)

    gateway.subgraphs.misbehave('payment', undefined)
    await vi.waitFor(
      async () =>
        expect((await wary.graph(BOOKING, { token })).data).toEqual({
          booking: { reference, payment: { status: 'SUCCEEDED' } },
        }),
      { timeout: 10_000 },
    )
  })

  it('costs who signs in no more than its part, once it was waited for often enough', async () => {
    const { config } = gateway
    const wary = await gateway.startAnother({
      ...config,
      principalCacheMilliseconds: 0,
      principalTimeoutMilliseconds: 400,
      subgraphLimits: { ...config.subgraphLimits, failuresMax: 2, restMilliseconds: 60_000 },
    })
    gateway.principals.silent.add('user')
    for (let time = 0; time < 3; time++) await wary.graph('{ __typename }', { token })
    const watch = stopwatch()
    for (let time = 0; time < 10; time++) await wary.graph('{ __typename }', { token })
    expect(watch.milliseconds()).toBeLessThan(10 * 400)
    gateway.principals.silent.clear()
  })
})
