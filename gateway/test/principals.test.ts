import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ PRINCIPAL_CACHE_MILLISECONDS: '1000', PRINCIPAL_TIMEOUT_MILLISECONDS: '700' })
})
afterAll(() => gateway.close())

let subject = ''
beforeEach(() => {
  // A subject of its own for each test, so that no test sees what another made the gateway remember.
  subject = crypto.randomUUID()
  gateway.subgraphs.forget()
})

const QUERY = '{ myPartners { id } }'
const tokenWith = (claims: Record<string, unknown> = {}) => gateway.pool.accessToken({ sub: subject, ...claims })
const ask = async (token: string) => gateway.graph(QUERY, { token })
const identity = () => gateway.subgraphs.calls.find(({ path }) => path === '/graphql')?.identity
const lookUps = () => gateway.subgraphs.calls.filter(({ path }) => path.startsWith('/internal/principal'))
const register = (status: 'ACTIVE' | 'SUSPENDED' | 'ERASED' = 'ACTIVE') =>
  gateway.principals.users.set(subject, { userId: ids.user(1), status })

describe('who holds a token', () => {
  it('is asked of the user service, by the gateway itself', async () => {
    register()
    await ask(await tokenWith({ auth_time: 1_700_000_000 }))
    expect(lookUps()).toMatchObject([{ service: 'user', identity: { kind: 'service', subject: 'gateway' } }])
    expect(lookUps()[0]?.path).toBe(`/internal/principal?subject=${subject}&signedInAt=2023-11-14T22%3A13%3A20.000Z`)
    expect(identity()).toMatchObject({ userId: ids.user(1), adminRole: null, partners: [], incomplete: false })
  })

  it('has a role as an admin only in the group admin', async () => {
    register()
    gateway.principals.admins.set(subject, { adminRole: 'FINANCE' })
    await ask(await tokenWith())
    expect(identity()).toMatchObject({ adminRole: null })
    gateway.subgraphs.forget()
    await ask(await tokenWith({ 'cognito:groups': ['admin'] }))
    expect(identity()).toMatchObject({ adminRole: 'FINANCE' })
  })

  it('works for partners only in the group partner', async () => {
    register()
    const partners = [{ partnerId: ids.partner(2), role: 'MANAGER' }]
    gateway.principals.partners.set(subject, { partners })
    await ask(await tokenWith())
    expect(identity()).toMatchObject({ partners: [] })
    gateway.subgraphs.forget()
    await ask(await tokenWith({ 'cognito:groups': ['partner'] }))
    expect(identity()).toMatchObject({ partners })
  })

  it('may be a machine, which the partner service knows by its app client', async () => {
    const scope = 'tikitu/events.read tikitu/checkin.write'
    const token = await tokenWith({ sub: 'machine-1', client_id: 'machine-1', username: undefined, scope })
    const answer = await ask(token)
    expect(answer.data).toEqual({ myPartners: [{ id: ids.partner(1) }] })
    expect(lookUps().map(({ service }) => service)).toEqual(['partner'])
    expect(identity()).toMatchObject({
      kind: 'machine',
      clientId: 'machine-1',
      userId: null,
      scopes: ['tikitu/events.read', 'tikitu/checkin.write'],
      partners: [{ partnerId: ids.partner(1), role: 'MACHINE' }],
    })
  })

  it.each(['SUSPENDED', 'ERASED'] as const)('gets nothing once the account is %s', async (status) => {
    register(status)
    const answer = await ask(await tokenWith())
    expect(answer.status).toBe(401)
    expect(answer.errors).toMatchObject([
      { message: 'This account is closed.', extensions: { code: 'UNAUTHENTICATED' } },
    ])
    expect(identity()).toBeUndefined()
  })
})

describe('what a service said about a principal', () => {
  it('is believed for a moment, and then asked again', async () => {
    register()
    const token = await tokenWith()
    await ask(token)
    await ask(token)
    expect(lookUps()).toHaveLength(1)
    register('SUSPENDED')
    await expect.poll(async () => (await ask(token)).status, { interval: 50 }).toBe(401)
  })

  it('is not remembered when it was "nobody": who registers is somebody at once', async () => {
    const token = await tokenWith()
    await ask(token)
    expect(identity()).toMatchObject({ userId: null, incomplete: false })
    register()
    gateway.subgraphs.forget()
    await ask(token)
    expect(identity()).toMatchObject({ userId: ids.user(1) })
  })

  it('is asked once by forty requests at once', async () => {
    register()
    const patient = await gateway.startAnother({ ...gateway.config, principalCacheMilliseconds: 60_000 })
    const token = await tokenWith()
    const answers = await Promise.all(Array.from({ length: 40 }, () => patient.graph(QUERY, { token })))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(lookUps()).toHaveLength(1)
  })

  it('when it says nothing in time leaves the identity incomplete, and the request goes on', async () => {
    register()
    gateway.principals.silent.add('user')
    const watch = stopwatch()
    const answer = await ask(await tokenWith())
    gateway.principals.silent.clear()
    expect(watch.milliseconds()).toBeLessThan(2_000)
    expect(answer.status).toBe(200)
    expect(identity()).toMatchObject({ userId: null, incomplete: true })
  })

  it('when the service is down leaves the identity incomplete, and is asked again by the next request', async () => {
    register()
    const token = await tokenWith()
    await gateway.subgraphs.stop('user')
    await ask(token)
    expect(identity()).toMatchObject({ userId: null, incomplete: true })
    await gateway.subgraphs.start('user')
    gateway.subgraphs.forget()
    await ask(token)
    expect(identity()).toMatchObject({ userId: ids.user(1), incomplete: false })
  })

  it('when it is nothing that we understand counts as said nothing', async () => {
    gateway.principals.users.set(subject, { userId: 'not a uuid', status: 'ACTIVE' })
    await ask(await tokenWith())
    expect(identity()).toMatchObject({ userId: null, incomplete: true })
  })
})
