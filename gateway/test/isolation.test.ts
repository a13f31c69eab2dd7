import { anonymous, IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ENGINE_NAMES } from '../src/engine/engine.ts'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { IDENTITY_SECRET } from './subgraphs.ts'
import { ids } from './world.ts'

describe.each(ENGINE_NAMES)('with the engine %s', (engine) => {
  let gateway: TestGateway
  let tokens: readonly (string | undefined)[]
  beforeAll(async () => {
    gateway = await startTestGateway({ GATEWAY_ENGINE: engine })
    tokens = [
      await gateway.pool.accessToken({ sub: 'sub-ada' }),
      await gateway.pool.accessToken({ sub: 'sub-bob' }),
      undefined,
    ]
  })
  afterAll(() => gateway.close())
  beforeEach(() => gateway.subgraphs.forget())

  describe('an answer', () => {
    const query = `{
    me { id email bookings(first: 10) { edges { node { id payment { id } notifications { id } user { id phone } } } } }
    bookings(first: 10) { edges { node { id event { venue { partner { companyName } } } } } }
    myNotifications(first: 10) { edges { node { id booking { id } } } }
  }`

    it('is for nobody but the caller, whoever asks the same at the same time', async () => {
      const rounds = Array.from({ length: 30 }, () => tokens).flat()
      const answers = await Promise.all(
        rounds.map((token) => gateway.graph(query, token === undefined ? {} : { token })),
      )
      for (const [index, { data }] of answers.entries()) {
        const number = index % 3 === 2 ? null : (index % 3) + 1
        const node = number && {
          id: ids.booking(number),
          payment: { id: ids.payment(number) },
          notifications: [{ id: ids.notification(number) }],
          user: { id: ids.user(number), phone: '+442079460958' },
        }
        expect(data?.['me'] ?? null).toEqual(
          node && { id: ids.user(number), email: expect.any(String), bookings: { edges: [{ node }] } },
        )
        expect(data).toHaveProperty('bookings.edges.length', number ? 1 : 0)
        expect(data).toMatchObject({
          myNotifications: {
            edges: number ? [{ node: { id: ids.notification(number), booking: { id: ids.booking(number) } } }] : [],
          },
        })
      }
    })

    it('costs each subgraph call the identity of its own request', async () => {
      const answers = await Promise.all(
        tokens.map((token) =>
          gateway.graph('{ me { id bookings(first: 1) { edges { cursor } } } }', token === undefined ? {} : { token }),
        ),
      )
      const requestIds = new Map(answers.map(({ headers }, index) => [headers.get('x-request-id'), index]))
      const calls = gateway.subgraphs.calls.filter(({ path }) => path === '/graphql')
      expect(calls.length).toBeGreaterThanOrEqual(5)
      for (const { identity, requestId } of calls) {
        expect(identity.requestId).toBe(requestId)
        expect(identity.subject).toBe(['sub-ada', 'sub-bob', ''][requestIds.get(requestId ?? '') ?? -1])
      }
    })
  })

  describe('a header of the client', () => {
    const forged = signIdentity({ ...anonymous('forged'), kind: 'user', userId: ids.user(2) }, IDENTITY_SECRET)

    it.each([IDENTITY_HEADER, IDENTITY_HEADER.toUpperCase()])(
      'named %s is dropped, even one signed with our secret',
      async (name) => {
        const answer = await gateway.graph('{ me { id } }', { headers: { [name]: forged } })
        expect(answer.data).toEqual({ me: null })
        expect(gateway.subgraphs.calls).toMatchObject([{ identity: { kind: 'anonymous', userId: null } }])
      },
    )

    it('never reaches a subgraph, the token least of all', async () => {
      const received: string[][] = []
      gateway.subgraphs.onHeaders((headers) => received.push(Object.keys(headers)))
      const headers = { cookie: 'a=b', 'x-forwarded-for': '1.2.3.4', 'x-anything': '1' }
      await gateway.graph('{ me { id } }', { token: tokens[0] ?? '', headers })
      expect(received.length).toBeGreaterThan(0)
      for (const names of received) {
        expect(names).toEqual(expect.arrayContaining([IDENTITY_HEADER, 'x-request-id']))
        expect(names).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/authorization|cookie|forwarded|anything/)]),
        )
      }
    })
  })

  describe('the request id', () => {
    it('is the client’s own when it is plain', async () => {
      const answer = await gateway.graph('{ me { nope } }', { headers: { 'x-request-id': 'client-chose-this_1' } })
      expect(answer.headers.get('x-request-id')).toBe('client-chose-this_1')
      expect(answer.errors).toMatchObject([{ extensions: { requestId: 'client-chose-this_1' } }])
    })

    it.each(['short', 'with space in it', 'x'.repeat(65), '{"json":"1234"}'])(
      'is a new one instead of %j',
      async (sent) => {
        const answer = await gateway.graph('{ __typename }', { headers: { 'x-request-id': sent } })
        expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      },
    )

    it.each(['/', '/livez', '/readyz', '/nothing', '/graphql', '/graphiql'])('is on the answer of %s', async (path) => {
      const response = await fetch(`${gateway.url}${path}`)
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    })
  })
})
