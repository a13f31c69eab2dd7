import { frameReader, type Frame } from '@tikitu/runtime/event-stream'
import { waitFor } from '@tikitu/runtime/testing'
import { Agent, request, type Dispatcher } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { changeBooking, ids } from '../world.ts'
import { FOLLOW } from './clients.ts'

const SITE = 'https://tickets.example.com'

let gateway: TestGateway
let ada: string
let agent: Agent
beforeAll(async () => {
  gateway = await startTestGateway({
    CORS_ORIGINS: SITE,
    LIVE_CONNECTIONS_PER_CALLER_MAX: '3',
    LIVE_RECHECK_MILLISECONDS: '50',
    LIVE_KEEP_ALIVE_MILLISECONDS: '100',
    PRINCIPAL_CACHE_MILLISECONDS: '20',
  })
  ada = await gateway.pool.accessToken({ sub: 'sub-ada' })
})
afterAll(() => gateway.close())
beforeEach(async () => {
  changeBooking(ids.booking(1), 'PENDING')
  // Whoever breaks a request off opens another connection at once, which would outlive its test.
  await agent?.destroy()
  agent = new Agent()
  await allGone()
})

const allGone = () => waitFor('the subgraph to see that all have left', () => gateway.subgraphs.streams() === 0)

const EVENTS = { accept: 'text/event-stream' }

function post(body: object, headers: Record<string, string> = {}, token: string | undefined = ada) {
  return request(`${gateway.url}/graphql`, {
    method: 'POST',
    dispatcher: agent,
    headers: {
      'content-type': 'application/json',
      ...EVENTS,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: JSON.stringify(body),
  })
}

const follow = (token?: string) => post({ query: FOLLOW, variables: { id: ids.booking(1) } }, {}, token)

/** The frames until this many are there, or until the end. */
async function frames({ body }: Dispatcher.ResponseData, count = Infinity): Promise<Frame[]> {
  const read = frameReader()
  const all: Frame[] = []
  for await (const chunk of body) {
    all.push(...read(chunk as Buffer))
    if (all.length >= count) break
  }
  return all
}

const answerIn = (frame: Frame | undefined) => JSON.parse(frame?.data ?? 'null') as unknown

it('says that it is an event stream, which nobody keeps', async () => {
  const response = await follow()
  expect(response.statusCode).toBe(200)
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-request-id': expect.any(String),
    'x-content-type-options': 'nosniff',
  })
  const [first] = await frames(response, 1)
  expect(first?.event).toBe('next')
  expect(answerIn(first)).toMatchObject({ data: { bookingUpdated: { status: 'PENDING' } } })
  await allGone()
})

it('says now and again that it is there', async () => {
  const { body } = await follow()
  let comments = 0
  for await (const chunk of body) {
    if (String(chunk as Buffer) === ':\n\n' && ++comments === 3) break
  }
  expect(comments).toBe(3)
})

describe('what is wrong', () => {
  it.each([
    ['is not of the graph', { query: 'subscription { nope }' }],
    ['is malformed', { query: 'subscription {' }],
    ['has a variable of another type', { query: FOLLOW, variables: { id: {} } }],
    ['has no variable', { query: FOLLOW }],
  ])('with a subscription that %s is told as its only answer', async (_what, body) => {
    const [next, complete] = await frames(await post(body))
    expect(answerIn(next)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect(complete).toEqual({ event: 'complete', data: '' })
  })

  it('with a token is told before anything begins', async () => {
    const response = await follow('nonsense')
    expect([response.statusCode, response.headers['content-type']]).toEqual([401, 'application/json; charset=utf-8'])
    await response.body.dump()
  })

  it('with a client that reads no events is told in what it reads', async () => {
    const response = await post({ query: FOLLOW, variables: { id: ids.booking(1) } }, { accept: 'application/json' })
    expect(await response.body.json()).toMatchObject({
      errors: [{ message: expect.stringContaining('text/event-stream'), extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })
})

it('a query is answered in events too, to a client that reads nothing else', async () => {
  const [next, complete] = await frames(await post({ query: '{ me { id } }' }))
  expect(answerIn(next)).toMatchObject({ data: { me: { id: ids.user(1) } } })
  expect(complete).toEqual({ event: 'complete', data: '' })
  const either = await post({ query: '{ me { id } }' }, { accept: 'text/event-stream, application/json' })
  expect(await either.body.json()).toMatchObject({ data: { me: { id: ids.user(1) } } })
})

describe('by GET', () => {
  const query = new URLSearchParams({ query: FOLLOW, variables: JSON.stringify({ id: ids.booking(1) }) })
  const get = (headers: Record<string, string>) =>
    request(`${gateway.url}/graphql?${query.toString()}`, {
      dispatcher: agent,
      headers: { ...EVENTS, authorization: `Bearer ${ada}`, ...headers },
    })

  it('needs the header that other sites cannot send', async () => {
    const refused = await get({})
    expect(refused.statusCode).toBe(400)
    await refused.body.dump()
    const [first] = await frames(await get({ 'x-tikitu-csrf': '1' }), 1)
    expect(answerIn(first)).toMatchObject({ data: { bookingUpdated: { status: 'PENDING' } } })
  })

  it.each([
    [SITE, SITE],
    ['https://evil.example.com', undefined],
  ])('lets pages of %s read it as %s', async (origin, allowed) => {
    const response = await get({ 'x-tikitu-csrf': '1', origin })
    expect(response.headers['access-control-allow-origin']).toBe(allowed)
    await frames(response, 1)
  })
})

describe('it ends', () => {
  it('when the token expires, and says why', async () => {
    const exp = Math.floor(Date.now() / 1000) + 5
    const all = await frames(await follow(await gateway.pool.accessToken({ sub: 'sub-ada', exp })))
    expect(all.map(({ event }) => event)).toEqual(['next', 'next', 'complete'])
    expect(answerIn(all[1])).toMatchObject({
      errors: [{ message: 'The access token has expired. Sign in again.', extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  it('when the account is closed', async () => {
    const response = await follow()
    gateway.principals.users.set('sub-ada', { userId: ids.user(1), status: 'SUSPENDED' })
    const all = await frames(response)
    gateway.principals.users.set('sub-ada', { userId: ids.user(1), status: 'ACTIVE' })
    expect(answerIn(all.at(-2))).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    await waitFor('the account to be open', async () => {
      return (await gateway.graph('{ me { id } }', { token: ada })).status === 200
    })
  })

  it('without a word when the gateway stops, so that its client asks again', async () => {
    const another = await startTestGateway()
    const response = await request(`${another.url}/graphql`, {
      method: 'POST',
      dispatcher: agent,
      headers: {
        'content-type': 'application/json',
        ...EVENTS,
        authorization: `Bearer ${await another.pool.accessToken({ sub: 'sub-ada' })}`,
      },
      body: JSON.stringify({ query: FOLLOW, variables: { id: ids.booking(1) } }),
    })
    const failure = frames(response).then(
      () => undefined,
      (error: unknown) => error,
    )
    await waitFor('the stream to have begun', () => another.subgraphs.streams() === 1)
    await another.close()
    expect(await failure).toMatchObject({ code: 'UND_ERR_SOCKET' })
  })
})

it('is one of so many that its caller may have open', async () => {
  const open = [await follow(), await follow(), await follow()]
  const refused = await follow()
  expect(refused.statusCode).toBe(429)
  expect(await refused.body.json()).toMatchObject({ errors: [{ extensions: { code: 'THROTTLED' } }] })
  await Promise.all(open.map((response) => frames(response, 1)))
  await waitFor('a place', async () => {
    const response = await follow()
    await (response.statusCode === 200 ? frames(response, 1) : response.body.dump())
    return response.statusCode === 200
  })
})
