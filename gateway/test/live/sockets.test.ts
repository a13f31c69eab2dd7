import { waitFor } from '@tikitu/runtime/testing'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { changeBooking, ids } from '../world.ts'
import {
  FOLLOW,
  followBySocket,
  rawSocket as openRawSocket,
  socketClient,
  type RawSocket,
  type SocketOptions,
} from './clients.ts'

const SITE = 'https://tickets.example.com'

let gateway: TestGateway
let ada: string
beforeAll(async () => {
  gateway = await startTestGateway({
    CORS_ORIGINS: SITE,
    SOCKET_INIT_MILLISECONDS: '200',
    SOCKET_OPERATIONS_MAX: '3',
    LIVE_CONNECTIONS_PER_CALLER_MAX: '2',
    LIVE_RECHECK_MILLISECONDS: '50',
    LIVE_KEEP_ALIVE_MILLISECONDS: '300',
    PRINCIPAL_CACHE_MILLISECONDS: '20',
    PRINCIPAL_TIMEOUT_MILLISECONDS: '1000',
  })
  ada = await gateway.pool.accessToken({ sub: 'sub-ada' })
})
afterAll(() => gateway.close())
beforeEach(() => {
  changeBooking(ids.booking(1), 'PENDING')
  gateway.principals.users.set('sub-ada', { userId: ids.user(1), status: 'ACTIVE' })
})

const init = (payload?: object) => ({ type: 'connection_init', payload })
const withToken = (token: string) => init({ authorization: `Bearer ${token}` })
const subscribe = (id: string, query: string, variables: object = {}) => ({
  type: 'subscribe',
  id,
  payload: { query, variables },
})
const follow = (id: string) => subscribe(id, FOLLOW, { id: ids.booking(1) })
const allGone = () => waitFor('the subgraph to see that all have left', () => gateway.subgraphs.streams() === 0)

/** The account is known and open, to the gateway as well. */
const isKnown = () =>
  waitFor('the account to be known', async () => {
    const { data } = await gateway.graph('{ me { id } }', { token: ada })
    return data?.['me'] !== null && data?.['me'] !== undefined
  })

const opened: RawSocket[] = []
afterEach(async () => {
  for (const { socket } of opened) socket.terminate()
  await Promise.all(opened.splice(0).map(({ closed }) => closed))
  await allGone()
})

async function rawSocket(url: string, options: SocketOptions = {}): Promise<RawSocket> {
  const socket = await openRawSocket(url, options)
  opened.push(socket)
  return socket
}

/** Waits until the gateway has said something of this type about this operation. */
async function heard({ heard: said }: RawSocket, type: string, id?: string) {
  const match = () => said.find((message) => message.type === type && (id === undefined || message.id === id))
  await waitFor(`${type} ${id ?? ''}, having heard ${JSON.stringify(said)}`, () => match() !== undefined)
  return match()
}

async function open(payload: object = withToken(ada)) {
  const socket = await rawSocket(gateway.url)
  socket.send(payload)
  await heard(socket, 'connection_ack')
  return socket
}

describe('a socket is closed', () => {
  it('with 4408 when its client does not say who it is', async () => {
    const socket = await rawSocket(gateway.url)
    expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' })
  })

  it('with 4401 when it asks before it says who it is', async () => {
    const socket = await rawSocket(gateway.url)
    socket.send(follow('1'))
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' })
  })

  it('with 4429 when it says who it is twice', async () => {
    const socket = await open()
    socket.send(withToken(ada))
    expect(await socket.closed).toMatchObject({ code: 4429 })
  })

  it('with 4409 when it uses a name twice', async () => {
    const socket = await open()
    socket.send(follow('same'))
    socket.send(follow('same'))
    expect(await socket.closed).toMatchObject({ code: 4409 })
  })

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['of no known type', '{"type":"nonsense"}'],
    ['without a query', '{"type":"subscribe","id":"1","payload":{}}'],
    ['with a query that is no text', '{"type":"subscribe","id":"1","payload":{"query":{"kind":"Document"}}}'],
    ['that only the gateway sends', '{"type":"next","id":"1","payload":{"data":null}}'],
  ])('with 4400 after a message that is %s', async (_what, message) => {
    const socket = await open()
    socket.send(message)
    expect(await socket.closed).toMatchObject({ code: 4400 })
  })

  it('with 4400 after bytes, and with 1009 after a message of more than 64 KiB', async () => {
    const bytes = await open()
    bytes.socket.send(Buffer.from('{"type":"ping"}'))
    expect(await bytes.closed).toMatchObject({ code: 4400 })
    const long = await open()
    long.send({ type: 'ping', payload: { text: 'x'.repeat(65_536) } })
    expect(await long.closed).toMatchObject({ code: 1009 })
  })

  it('with 4406 when it speaks another protocol', async () => {
    const { WebSocket } = await import('ws')
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`)
    const code = await new Promise((resolve) => socket.on('close', resolve))
    expect(code).toBe(4406)
  })

  it.each([
    ['expired', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['an id token', { token_use: 'id' }],
    ['of another client', { client_id: 'another' }],
  ])('with 4403 when its token is %s', async (_what, claims) => {
    const socket = await rawSocket(gateway.url)
    socket.send(withToken(await gateway.pool.accessToken({ sub: 'sub-ada', ...claims })))
    expect(await socket.closed).toEqual({ code: 4403, reason: 'The access token is not valid. Sign in again.' })
    expect(socket.heard).toEqual([])
  })

  it.each([
    { authorization: 'nonsense' },
    { authorization: 7 },
    { Authorization: '' },
    { headers: { authorization: {} } },
  ])('with 4403 when what it says is no token: %j', async (payload) => {
    const socket = await rawSocket(gateway.url)
    socket.send(init(payload))
    expect(await socket.closed).toMatchObject({ code: 4403 })
  })

  it('with 4403 when its token expires', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const socket = await open(withToken(await gateway.pool.accessToken({ sub: 'sub-ada', exp: seconds + 5 })))
    socket.send(follow('1'))
    await heard(socket, 'next', '1')
    expect(await socket.closed).toEqual({ code: 4403, reason: 'The access token has expired. Sign in again.' })
  })

  it('with 4403 within a second of the end of the account, or of a change of what its owner may do', async () => {
    const socket = await open()
    gateway.principals.users.set('sub-ada', { userId: ids.user(1), status: 'SUSPENDED' })
    expect(await socket.closed).toEqual({ code: 4403, reason: 'This account is closed.' })
    gateway.principals.users.set('sub-ada', { userId: ids.user(1), status: 'ACTIVE' })
    await isKnown()

    const changed = await open()
    gateway.principals.users.set('sub-ada', { userId: ids.user(2), status: 'ACTIVE' })
    expect(await changed.closed).toEqual({ code: 4403, reason: 'What you may do has changed. Connect again.' })
  })

  it('never because the service that knows the caller does not answer', async () => {
    const socket = await open()
    gateway.principals.silent.add('user')
    await new Promise((resolve) => socket.socket.once('ping', resolve))
    gateway.principals.silent.delete('user')
    expect(socket.socket.readyState).toBe(socket.socket.OPEN)
    await isKnown()
  })

  it('with 1013 when its owner has too many', async () => {
    const sockets = [await open(), await open()]
    const third = await rawSocket(gateway.url)
    third.send(withToken(ada))
    expect(await third.closed).toMatchObject({ code: 1013 })
    for (const { socket } of sockets) socket.close()
    await Promise.all(sockets.map(({ closed }) => closed))
    await waitFor('a place', async () => {
      const next = await rawSocket(gateway.url)
      next.send(withToken(ada))
      const { socket, heard: said } = next
      await waitFor('the answer', () => said.length > 0 || socket.readyState === socket.CLOSED)
      return said.length > 0
    })
  })

  it('without a word when it does not answer pings, and its subscriptions end', async () => {
    const socket = await rawSocket(gateway.url, { autoPong: false })
    socket.send(withToken(ada))
    await heard(socket, 'connection_ack')
    socket.send(follow('1'))
    await heard(socket, 'next', '1')
    expect(await socket.closed).toMatchObject({ code: 1006 })
  })
})

describe('the page from which a socket is opened', () => {
  it.each([SITE, undefined])('may be %s', async (origin) => {
    const socket = await rawSocket(gateway.url, origin === undefined ? {} : { origin })
    expect(await socket.refused).toBeUndefined()
  })

  it('may be one of our own', async () => {
    const socket = await rawSocket(gateway.url, { origin: gateway.url })
    expect(await socket.refused).toBeUndefined()
  })

  it.each(['https://evil.example.com', 'null', `${SITE}.evil.example.com`, 'http://127.0.0.1:1', 'nonsense'])(
    'may not be %s',
    async (origin) => {
      expect(await (await rawSocket(gateway.url, { origin })).refused).toBe(403)
    },
  )
})

describe('an operation over a socket', () => {
  it('is a query or a mutation as well, with the caller of the socket', async () => {
    const socket = await open()
    socket.send(subscribe('q', '{ me { id } __typename }'))
    expect(await heard(socket, 'next', 'q')).toMatchObject({ payload: { data: { me: { id: ids.user(1) } } } })
    await heard(socket, 'complete', 'q')

    const nobody = await open(init())
    nobody.send(subscribe('q', '{ me { id } }'))
    expect(await heard(nobody, 'next', 'q')).toMatchObject({ payload: { data: { me: null } } })
  })

  it.each([
    ['malformed', '{', {}],
    ['not of the graph', '{ nope }', {}],
    ['too deep', `{ ${'a { '.repeat(20)} b ${'}'.repeat(20)} }`, {}],
    ['a malformed subscription', 'subscription { bookingUpdated(', {}],
    ['a subscription that is not of the graph', 'subscription { nope }', {}],
    ['a subscription with a variable of another type', FOLLOW, { id: { a: 1 } }],
    ['a subscription without its variable', FOLLOW, {}],
    [
      'two subscriptions in one',
      'subscription { a: bookingUpdated(id: 1) { id } b: bookingUpdated(id: 1) { id } }',
      {},
    ],
    ['a subscription to the schema', 'subscription { __typename }', {}],
    ['of an alias that is ours', 'subscription { bookingUpdated(id: 1) { __id: id } }', {}],
  ])('that is %s is refused as over HTTP, and the socket stays', async (_what, query, variables) => {
    const socket = await open()
    socket.send(subscribe('wrong', query, variables))
    expect(await heard(socket, 'error', 'wrong')).toMatchObject({
      payload: [{ extensions: { code: 'BAD_USER_INPUT', requestId: expect.any(String) } }],
    })
    socket.send(subscribe('good', '{ __typename }'))
    await heard(socket, 'complete', 'good')
  })

  it('is one of so many at most', async () => {
    const socket = await open()
    for (const name of ['1', '2', '3']) {
      socket.send(follow(name))
      await heard(socket, 'next', name)
    }
    socket.send(follow('4'))
    expect(await heard(socket, 'error', '4')).toMatchObject({
      payload: [{ extensions: { code: 'THROTTLED', max: 3 } }],
    })
    socket.send({ type: 'complete', id: '1' })
    await waitFor('the subgraph to see that one has left', () => gateway.subgraphs.streams() === 2)
    socket.send(follow('5'))
    await heard(socket, 'next', '5')
  })

  it('that is ended before it began leaves nothing behind', async () => {
    const socket = await open()
    for (let round = 0; round < 20; round++) {
      socket.send(follow(`${round}`))
      socket.send({ type: 'complete', id: `${round}` })
    }
    socket.send(subscribe('last', '{ __typename }'))
    await waitFor('the last', () => socket.heard.some(({ id }) => id === 'last'))
    await allGone()
  })
})

it('a gateway that stops says so, and does not wait for its clients', async () => {
  const another = await startTestGateway()
  const token = await another.pool.accessToken({ sub: 'sub-ada' })
  const socket = await rawSocket(another.url)
  socket.send(withToken(token))
  const client = socketClient(another.url, token)
  const mine = followBySocket(client, ids.booking(1))
  await mine.answer(0)
  const watch = stopwatch()
  await another.close()
  expect(watch.milliseconds()).toBeLessThan(5_000)
  expect(await socket.closed).toMatchObject({ code: 1001 })
})

it('the stock engine refuses subscriptions, and does the rest', async () => {
  const stock = await startTestGateway({ GATEWAY_ENGINE: 'stock' })
  const socket = await rawSocket(stock.url)
  socket.send(withToken(await stock.pool.accessToken({ sub: 'sub-ada' })))
  await heard(socket, 'connection_ack')
  socket.send(follow('1'))
  expect(await heard(socket, 'error', '1')).toMatchObject({
    payload: [{ message: 'This gateway runs on an engine without subscriptions.' }],
  })
  socket.send(subscribe('q', '{ me { id } }'))
  expect(await heard(socket, 'next', 'q')).toMatchObject({ payload: { data: { me: { id: ids.user(1) } } } })
  socket.socket.terminate()
  await stock.close()
})
