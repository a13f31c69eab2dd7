import { buildSchema, parse } from 'graphql'
import { expect, test } from 'vitest'
import { wordedForPlanner } from './wording.ts'

const schema = buildSchema(`
  type Query { event: Event }
  type Event { id: ID! node: Event }
  type Mutation { hold: HoldOutcome!  publish: PublishOutcome! }
  interface Refusal { message: String! }
  union HoldOutcome = Event | SoldOut
  union PublishOutcome = Event | NotAllowed
  type SoldOut implements Refusal { message: String! }
  type NotAllowed implements Refusal { message: String! }
`)

const worded = (query: string) => wordedForPlanner(schema, parse(query)).replaceAll(/\s+/g, ' ')

test('an operation stays as it is, fragments and all', () => {
  const query = 'query Q($id: ID) { event { ...F } } fragment F on Event { id other: node { id } }'
  expect(worded(query)).toBe(query)
})

test('a field that goes by its own name goes without', () => {
  expect(worded('{ event { node: node { id } node { other: id } } }')).toBe(
    '{ event { node { id } node { other: id } } }',
  )
})

test('a field whose fragments can never apply is still asked for', () => {
  expect(worded('mutation { hold { ... on Refusal { ... on NotAllowed { message } } } }')).toBe(
    'mutation { hold { ... on Refusal { __typename } } }',
  )
  expect(
    worded(
      'mutation { hold { ...F } } fragment F on Event { ... on PublishOutcome { ...G } } fragment G on NotAllowed { message }',
    ),
  ).toBe('mutation { hold { ... on Event { ... on PublishOutcome { __typename } } } }')
})

test('what literals leave out is not asked for, and where nothing is left the type is', () => {
  expect(
    worded(
      'query ($yes: Boolean!) { event { ... @include(if: $yes) { ...F @skip(if: true) } } } fragment F on Event { id }',
    ),
  ).toBe('query ($yes: Boolean!) { event { ... @include(if: $yes) { __typename } } }')
  expect(worded('{ event { id @include(if: false) node { id } } }')).toBe('{ event { node { id } } }')
})

test('a condition that always holds is none', () => {
  expect(worded('mutation ($yes: Boolean!) { hold { ... on HoldOutcome @include(if: $yes) { __typename } } }')).toBe(
    'mutation ($yes: Boolean!) { hold { ... @include(if: $yes) { __typename } } }',
  )
})

test('what may apply stays, with its conditions', () => {
  const query =
    'mutation ($yes: Boolean!) { hold { ... on Refusal @include(if: $yes) { message ... on SoldOut { __typename } } ... on Event { id } } }'
  expect(worded(query)).toBe(query)
})
