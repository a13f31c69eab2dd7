import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

let gateway: TestGateway
let token = ''
beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_ENGINE: 'planned', SUBGRAPH_TIMEOUT_MILLISECONDS: '500' })
  token = await gateway.pool.accessToken({ sub: 'sub-ada' })
})
afterAll(() => gateway.close())
beforeEach(() => gateway.subgraphs.forget())

const asked = () => gateway.subgraphs.calls.filter(({ path }) => path === '/graphql').map(({ service }) => service)
const EVENT = `event(id: "${ids.event(1)}")`

describe('what the stock engine cannot answer', () => {
  it('an alias of a reference, an enum, a list', async () => {
    const { data, errors } = await gateway.graph(
      `{ e: ${EVENT} { c: category place: venue { n: name } kinds: ticketTypes { n: name } } }`,
    )
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      e: { c: 'MUSIC', place: { n: 'Olympiastadion' }, kinds: [{ n: 'Main stand' }, { n: 'Floor' }] },
    })
  })

  it('a field that two fragments ask differently', async () => {
    const fragments =
      'fragment A on Event { venue { name } } fragment B on Event { venue { city partner { companyName } } }'
    const { data } = await gateway.graph(`{ ${EVENT} { ...A ...B ... { venue { country } } } } ${fragments}`)
    expect(data).toEqual({
      event: {
        venue: { name: 'Olympiastadion', city: 'Berlin', partner: { companyName: 'Olympia Events' }, country: 'DE' },
      },
    })
  })

  it('several operations of one document', async () => {
    const query = `query A { me { id } } query B { me { firstName } }`
    for (let round = 0; round < 2; round++) {
      expect((await gateway.graph(query, { operationName: 'A', token })).data).toEqual({ me: { id: ids.user(1) } })
      expect((await gateway.graph(query, { operationName: 'B', token })).data).toEqual({ me: { firstName: 'Ada' } })
    }
  })

  it('a variable inside a list', async () => {
    const query = `mutation ($seat: ID!, $event: ID!) {
      holdSeats(input: { eventId: $event, seatIds: [$seat], idempotencyKey: "12345678" }) { ... on SeatsTaken { seatIds } }
    }`
    const variables = { seat: 'A-1-2', event: ids.event(1) }
    expect((await gateway.graph(query, { variables, token })).data).toEqual({ holdSeats: { seatIds: ['A-1-2'] } })
  })

  it.each(['constructor', 'toString'])('a variable named %s, which every object has', async (name) => {
    const query = (inner: string) => `query ($${name}: String${inner}) { ${EVENT} { seats(section: $${name}) { id } } }`
    for (const round of [1, 2]) {
      const all = await gateway.graph(query(''))
      expect(all.errors, `round ${round}`).toBeUndefined()
      expect(all.data).toHaveProperty('event.seats.length', 2)
      const some = await gateway.graph(query(' = "nowhere"'))
      expect(some.data).toHaveProperty('event.seats', [])
    }
  })

  it('nothing at all, by a literal below a condition by a variable', async () => {
    const query = `query ($yes: Boolean!) { ${EVENT} { ... @include(if: $yes) { title @include(if: false) } } }`
    expect((await gateway.graph(query, { variables: { yes: true } })).data).toEqual({ event: {} })
  })

  it('the schema and the graph in one operation', async () => {
    const query = `query Q { ...F __schema { queryType { name } } __typename } fragment F on Query { t: __type(name: "Money") { kind } ${EVENT} { title } }`
    const { data } = await gateway.graph(query, { operationName: 'Q' })
    expect(data).toEqual({
      t: { kind: 'OBJECT' },
      event: { title: 'Concert 1' },
      __schema: { queryType: { name: 'Query' } },
      __typename: 'Query',
    })
    expect(asked()).toEqual(['booking'])
  })
})

describe('subgraphs', () => {
  it('are asked for each entity once, however often it comes up', async () => {
    await gateway.graph('{ events(first: 3) { edges { node { title venue { name } } } } }')
    const call = gateway.subgraphs.calls.find(({ service }) => service === 'partner')
    expect(asked()).toEqual(['booking', 'partner'])
    expect(call?.body).toMatchObject({
      variables: {
        representations: [
          { __typename: 'Venue', id: ids.venue(1) },
          { __typename: 'Venue', id: ids.venue(2) },
        ],
      },
    })
  })

  it('are not asked for what is switched off', async () => {
    const query = `query ($places: Boolean = false) { ${EVENT} { title venue @include(if: $places) { name } } }`
    expect((await gateway.graph(query)).data).toEqual({ event: { title: 'Concert 1' } })
    expect(asked()).toEqual(['booking'])
    const variables = { places: true }
    expect((await gateway.graph(query, { variables })).data).toHaveProperty('event.venue.name', 'Olympiastadion')
  })

  it('carry out the fields of a mutation one after another', async () => {
    const query = `mutation {
      a: checkout(input: { holdId: "1", idempotencyKey: "12345678" }) { __typename }
      b: startPayment(input: { bookingId: "1", method: CARD, idempotencyKey: "12345678" }) { __typename }
      c: checkout(input: { holdId: "2", idempotencyKey: "12345678" }) { __typename }
    }`
    expect(Object.keys((await gateway.graph(query, { token })).data ?? {})).toEqual(['a', 'b', 'c'])
    expect(asked()).toEqual(['booking', 'payment', 'booking'])
  })
})

describe('one entity at two places', () => {
  it('may be asked different things there under the same name', async () => {
    const query = `{
      a: event(id: "${ids.event(1)}") { partner { owner { x: email } } }
      b: event(id: "${ids.event(3)}") { partner { owner { x: firstName } } }
    }`
    expect((await gateway.graph(query)).data).toEqual({
      a: { partner: { owner: { x: 'bob@example.com' } } },
      b: { partner: { owner: { x: 'Bob' } } },
    })
  })
})

describe('a fault below a list', () => {
  it('is told at its own place', async () => {
    const query = `{ partner(id: "${ids.partner(1)}") { people: staff { who: user { tel: phone } } } }`
    const answer = await gateway.graph(query, { token })
    expect(answer.data).toEqual({ partner: { people: [{ who: { tel: null } }, { who: { tel: '+442079460958' } }] } })
    expect(answer.errors).toEqual([
      {
        message: 'This telephone number is not yours.',
        path: ['partner', 'people', 0, 'who', 'tel'],
        extensions: { code: 'FORBIDDEN', requestId: answer.headers.get('x-request-id') },
      },
    ])
  })

  it('of a subgraph that is down is told at each place that misses something', async () => {
    await gateway.subgraphs.stop('partner')
    const answer = await gateway.graph('{ events(first: 3) { edges { node { title venue { name } } } } }')
    await gateway.subgraphs.start('partner')
    expect(answer.data).toMatchObject({
      events: { edges: [1, 2, 3].map((n) => ({ node: { title: `Concert ${n}`, venue: null } })) },
    })
    expect(answer.errors?.map(({ path }) => path?.join('.'))).toEqual(
      [0, 1, 2].map((index) => `events.edges.${index}.node.venue.name`),
    )
  })
})
