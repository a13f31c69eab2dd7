import type { FetchNode, FlattenNode, FlattenNodePathSegment, PlanNode } from '@graphql-hive/router-query-planner'
import { buildSchema, isAbstractType, parse } from 'graphql'
import { expect, it } from 'vitest'
import { selectedBy } from './alike.ts'
import { verbatimFetches } from './verbatim.ts'

const schema = buildSchema(`
  type Query { bookings: [Booking] things: [Thing] }
  union Thing = Booking | User
  type Booking { id: ID user: User payment: Payment }
  type User { id: ID name: String email: String city: City }
  type City { id: ID name: String }
  type Payment { id: ID status: String amount: Int }
`)

const path = (...keys: string[]): FlattenNodePathSegment[] =>
  keys.map((key) => (key === '@' ? '@' : key.startsWith('...') ? { TypeCondition: [key.slice(3)] } : { Field: key }))

/** A fetch that adds to the objects at a path. */
function fetchOf(
  typename: string,
  selection: string,
  at: FlattenNodePathSegment[],
  needs: string[] = ['id'],
): FlattenNode {
  const node: FetchNode = {
    kind: 'Fetch',
    serviceName: 'any',
    operation: `query($representations:[_Any!]!){_entities(representations:$representations){...on ${typename}${selection}}}`,
    requires: [
      {
        kind: 'InlineFragment',
        typeCondition: typename,
        selections: ['__typename', ...needs].map((name) => ({ kind: 'Field', name })),
      },
    ],
  }
  return { kind: 'Flatten', path: at, node }
}

const BOOKING = path('bookings', '@')
const USER = path('bookings', '@', 'user')

/** Which of the fetches may be passed on as they are. */
function verbatim(query: string, ...fetches: FlattenNode[]): boolean[] {
  const plan: PlanNode = { kind: 'Parallel', nodes: fetches }
  const possibleTypes = (name: string) => {
    const type = schema.getType(name)
    return new Set(isAbstractType(type) ? schema.getPossibleTypes(type).map((each) => each.name) : [name])
  }
  const found = verbatimFetches(plan, schema.getQueryType()!, selectedBy(schema, parse(query)), possibleTypes)
  return fetches.map(({ node }) => found.has(node as FetchNode))
}

it.each([
  ['the same fields', '{ bookings { id payment { status } } }', fetchOf('Booking', '{payment{status}}', BOOKING)],
  ['some of the fields', '{ bookings { user { id name email } } }', fetchOf('User', '{name email}', USER)],
  ['an alias', '{ bookings { user { n: name } } }', fetchOf('User', '{n:name}', USER)],
  [
    'a type of a union',
    '{ things { ... on User { name } } }',
    fetchOf('User', '{name}', path('things', '@', '...User')),
  ],
])('takes %s', (_, query, fetch) => {
  expect(verbatim(query, fetch)).toEqual([true])
})

it.each([
  ['a key that the client did not ask for', '{ bookings { user { id } } }', fetchOf('User', '{name}', USER)],
  ['more inside', '{ bookings { payment { status } } }', fetchOf('Booking', '{payment{id status}}', BOOKING)],
  ['less inside', '{ bookings { payment { id status } } }', fetchOf('Booking', '{payment{id}}', BOOKING)],
  [
    'another order inside',
    '{ bookings { payment { id status } } }',
    fetchOf('Booking', '{payment{status id}}', BOOKING),
  ],
  ['another field under the key', '{ bookings { user { name } } }', fetchOf('User', '{name:email}', USER)],
  [
    'a type, which decides where others go',
    '{ bookings { user { __typename name } } }',
    fetchOf('User', '{__typename name}', USER),
  ],
])('does not take %s', (_, query, fetch) => {
  expect(verbatim(query, fetch)).toEqual([false])
})

it('does not take what another fetch goes through', () => {
  const query = '{ bookings { user { name city { name } } } }'
  const user = fetchOf('Booking', '{user{name city{name}}}', BOOKING)
  const city = fetchOf('City', '{name}', path('bookings', '@', 'user', 'city'))
  expect(verbatim(query, user, city)).toEqual([false, true])
})

it('does not take what identifies an object to another fetch, there or above', () => {
  const query = '{ bookings { user { name } payment { status } } }'
  const name = fetchOf('User', '{name}', USER)
  expect(verbatim(query, name, fetchOf('User', '{email}', USER, ['name']))).toEqual([false, false])
  expect(verbatim(query, name, fetchOf('Booking', '{payment{status}}', BOOKING, ['name']))).toEqual([false, true])
  expect(verbatim(query, name, fetchOf('Booking', '{payment{status}}', BOOKING))).toEqual([true, true])
})

it('does not take what has to be changed', () => {
  const fetch = fetchOf('User', '{name}', USER)
  const node = { ...(fetch.node as FetchNode), outputRewrites: [{ KeyRenamer: { path: [], renameKeyTo: 'x' } }] }
  expect(verbatim('{ bookings { user { name } } }', { ...fetch, node })).toEqual([false])
})
