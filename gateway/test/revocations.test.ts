import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import type { Revocation } from '@tikitu/schema/revocations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { followByEvents, rawSocket } from './live/clients.ts'
import { startTestGateway, type RunningGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

/** Principals and connections are believed for so long that no test would see the end of it. */
const PRINCIPAL_CACHE_MILLISECONDS = '60000'

let gateway: TestGateway
let both: RunningGateway[]
beforeAll(async () => {
  gateway = await startTestGateway({
    PRINCIPAL_CACHE_MILLISECONDS,
    // Gateways that ask a silent service go on after that.
    PRINCIPAL_TIMEOUT_MILLISECONDS: '3000',
    LIVE_RECHECK_MILLISECONDS: '60000',
  })
  both = [gateway, await gateway.startAnother(gateway.config)]
})
afterAll(() => gateway.close())

let subject = ''
beforeEach(() => {
  subject = crypto.randomUUID()
  gateway.principals.users.set(subject, { userId: ids.user(1), status: 'ACTIVE' })
})

const nowSeconds = () => Math.floor(Date.now() / 1000)
const tokenOf = (claims: Record<string, unknown> = {}) =>
  gateway.pool.accessToken({ sub: subject, origin_jti: 'phone', auth_time: nowSeconds() - 60, ...claims })
const QUERY = '{ me { firstName } }'
const statuses = (token: string) =>
  Promise.all(both.map(async (instance) => (await instance.graph(QUERY, { token })).status))
const tell = (facts: Partial<Revocation>) =>
  gateway.principals.revocations.push({ subject, signInId: null, signedOutAt: null, isClosed: false, ...facts })
const setStatus = (status: 'ACTIVE' | 'SUSPENDED') => {
  gateway.principals.users.set(subject, { userId: ids.user(1), status })
  tell({ isClosed: status !== 'ACTIVE' })
}

/** Waits until every instance answers so; fails after a second. */
async function withinOneSecond(token: string, status: number): Promise<void> {
  const watch = stopwatch()
  await expect.poll(() => statuses(token), { interval: 20 }).toEqual([status, status])
  expect(watch.milliseconds()).toBeLessThan(1_000)
}

describe('a gateway', () => {
  it('asks for revocations as often with callers as without', async () => {
    const token = await tokenOf()
    const { principals } = gateway
    const before = principals.revocationsAsked
    const begun = performance.now()
    while (performance.now() - begun < 1_000) await statuses(token)
    const polls = (performance.now() - begun) / gateway.config.revocationPollMilliseconds
    expect(principals.revocationsAsked - before).toBeLessThanOrEqual(both.length * (1 + polls))
  })
})

describe('on every gateway within a second', () => {
  it('a suspended account is closed, and one that is opened again is open with the token it had', async () => {
    const token = await tokenOf()
    expect(await statuses(token)).toEqual([200, 200])
    setStatus('SUSPENDED')
    await withinOneSecond(token, 401)
    setStatus('ACTIVE')
    await withinOneSecond(token, 200)
  })

  it('an account is open again of which only the look-up had said that it was closed', async () => {
    const token = await tokenOf()
    gateway.principals.users.set(subject, { userId: ids.user(1), status: 'SUSPENDED' })
    expect(await statuses(token)).toEqual([401, 401])
    setStatus('ACTIVE')
    await withinOneSecond(token, 200)
  })

  it('a sign-in is over, its refreshed tokens with it, and another of the same person is not', async () => {
    const [phone, laptop] = [await tokenOf(), await tokenOf({ origin_jti: 'laptop' })]
    expect(await statuses(phone)).toEqual([200, 200])
    tell({ signInId: 'phone', signedOutAt: new Date().toISOString() })
    await withinOneSecond(phone, 401)
    expect(await statuses(await tokenOf({ jti: 'refreshed' }))).toEqual([401, 401])
    expect(await statuses(laptop)).toEqual([200, 200])
  })

  it('all sign-ins of a person are over, and one that comes after is not', async () => {
    const [phone, laptop] = [await tokenOf(), await tokenOf({ origin_jti: 'laptop' })]
    tell({ signedOutAt: new Date().toISOString() })
    await withinOneSecond(phone, 401)
    expect(await statuses(laptop)).toEqual([401, 401])
    expect(await statuses(await tokenOf({ origin_jti: 'new', auth_time: nowSeconds() + 1 }))).toEqual([200, 200])
  })

  it.each<[string, Partial<Revocation>]>([
    ['the account is closed', { isClosed: true }],
    ['the sign-in is over', { signInId: 'phone', signedOutAt: new Date().toISOString() }],
    ['all sign-ins are over', { signedOutAt: new Date().toISOString() }],
  ])('those who stay connected are sent away when %s, and nobody else is', async (_, facts) => {
    const [token, other] = [await tokenOf(), await tokenOf({ sub: 'sub-bob', origin_jti: 'laptop' })]
    const connect = async (url: string, bearer: string) => {
      const socket = await rawSocket(url)
      socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${bearer}` } })
      await expect.poll(() => socket.heard).toMatchObject([{ type: 'connection_ack' }])
      return socket
    }
    const sockets = await Promise.all(both.map(({ url }) => connect(url, token)))
    const others = await Promise.all(both.map(({ url }) => connect(url, other)))
    const streams = both.map(({ url }) => followByEvents(url, ids.booking(1), token))
    await Promise.all(streams.map((stream) => stream.answer(0)))

    const watch = stopwatch()
    tell(facts)
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toMatchObject([{ code: 4403 }, { code: 4403 }])
    await Promise.all(streams.map(({ over }) => over))
    expect(watch.milliseconds()).toBeLessThan(1_000)
    expect(streams.map(({ answers }) => answers.at(-1)?.errors?.[0]?.extensions?.['code'])).toEqual(
      both.map(() => 'UNAUTHENTICATED'),
    )
    expect(others.map(({ socket }) => socket.readyState)).toEqual(others.map(({ socket }) => socket.OPEN))
    for (const { socket } of others) socket.terminate()
  })

  it('an admin and a member of staff lose what they may do', async () => {
    gateway.principals.admins.set(subject, { adminRole: 'SUPPORT' })
    const partners = [{ partnerId: ids.partner(1), role: 'OWNER' }]
    gateway.principals.partners.set(subject, { partners })
    const token = await tokenOf({ 'cognito:groups': ['admin', 'partner'] })
    const known = async () => {
      gateway.subgraphs.forget()
      await Promise.all(both.map((instance) => instance.graph(QUERY, { token })))
      const calls = gateway.subgraphs.calls.filter(({ path }) => path === '/graphql')
      return calls.map(({ identity }) => ({ role: identity.adminRole, partners: identity.partners }))
    }
    expect(await known()).toEqual(both.map(() => ({ role: 'SUPPORT', partners })))
    gateway.principals.admins.delete(subject)
    gateway.principals.partners.delete(subject)
    const watch = stopwatch()
    const nothing = both.map(() => ({ role: null, partners: [] }))
    await expect.poll(known, { interval: 20 }).toEqual(nothing)
    expect(watch.milliseconds()).toBeLessThan(1_000)
  })
})

describe('a token of a sign-in that is over', () => {
  it('is refused like any that is not valid', async () => {
    const token = await tokenOf()
    tell({ signInId: 'phone', signedOutAt: new Date().toISOString() })
    await withinOneSecond(token, 401)
    const [revoked, forged] = await Promise.all([
      gateway.graph(QUERY, { token }),
      gateway.graph(QUERY, { token: `${token.slice(0, -4)}AAAA` }),
    ])
    const told = ({ status, data, errors, headers }: typeof revoked) => [
      status,
      data,
      errors?.map(({ message, extensions }) => [message, extensions?.['code']]),
      headers.get('www-authenticate'),
    ]
    expect(told(revoked)).toEqual(told(forged))
  })
})

describe('while the user service is away', () => {
  it('what is known stays in force, nobody else is refused, and what was missed is made up for', async () => {
    const [revoked, other] = [await tokenOf(), await tokenOf({ origin_jti: 'laptop' })]
    const closed = await tokenOf({ sub: 'sub-closed' })
    tell({ signInId: 'phone', signedOutAt: new Date().toISOString() })
    tell({ subject: 'sub-closed', isClosed: true })
    await withinOneSecond(revoked, 401)
    await withinOneSecond(closed, 401)

    await gateway.subgraphs.stop('user')
    try {
      await expect.poll(() => statuses(closed)).toEqual([401, 401])
      expect(await statuses(revoked)).toEqual([401, 401])
      const anonymous = await gateway.graph('{ events(first: 1) { edges { node { title } } } }', { token: other })
      expect(anonymous.status).toBe(200)
      expect(anonymous.errors).toBeUndefined()
      tell({ signInId: 'laptop', signedOutAt: new Date().toISOString() })
    } finally {
      await gateway.subgraphs.start('user')
    }
    await withinOneSecond(other, 401)
  })

  it('a gateway begins all the same, whether the service is gone or says nothing', async () => {
    gateway.principals.silent.add('user')
    const silent = await gateway.startAnother({ ...gateway.config, principalTimeoutMilliseconds: 300 })
    gateway.principals.silent.delete('user')
    expect((await silent.graph('{ __typename }')).status).toBe(200)
  })
})

describe('a new gateway', () => {
  it('knows before its first caller what is in force, however much that is', async () => {
    for (let i = 0; i < 20; i += 1) tell({ subject: `sub-${i}`, isClosed: true })
    tell({ signInId: 'phone', signedOutAt: new Date().toISOString() })
    const fresh = await gateway.startAnother(gateway.config)
    expect((await fresh.graph(QUERY, { token: await tokenOf() })).status).toBe(401)
  })
})
