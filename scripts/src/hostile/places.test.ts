import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { operationsOf } from './operations.ts'
import { placesOf, variablesWith } from './places.ts'

const schema = buildSchema(`
  scalar JSON
  type Query { shop(id: ID!): Shop, shops(filter: ShopFilter, first: Int! = 20): [Shop!]! }
  type Mutation { open(input: OpenInput!): Opened! }
  type Shop { id: ID!, name: String!, shelves(label: String): [Int!]! }
  type Taken { name: String }
  union Opened = Shop | Taken
  enum Kind { SMALL, LARGE }
  input ShopFilter { text: String, owner: Owner }
  input Owner { id: ID!, name: String }
  input OpenInput { name: String!, kind: Kind!, tags: [String!]!, plan: JSON!, isOpen: Boolean! }
`)
const plausible = (coordinate: string) =>
  ({ 'Query.shop.id': 'shop-1', 'OpenInput.plan': { rooms: [{ label: 'Kitchen', size: 3 }] } })[coordinate]
const operations = operationsOf(schema)
const places = operations.flatMap((operation) => placesOf(operation, plausible))
const at = (name: string) => places.find((place) => place.name === name) ?? expect.fail(`there is no place ${name}`)

describe('the places where a client writes', () => {
  it('are those of every argument and input field, in lists and JSON and below the first field too', () => {
    expect(places.map(({ name }) => name)).toEqual([
      'Query.shop id',
      'Query.shops filter.text',
      'Query.shops filter.owner.id',
      'Query.shops filter.owner.name',
      'Query.shops first',
      'Mutation.open input.name',
      'Mutation.open input.tags.0',
      'Mutation.open input.plan',
      'Mutation.open input.plan.rooms.0.label',
      'Shop.shelves shop_id',
      'Shop.shelves label',
    ])
  })

  it('get their value among plausible ones, as deep as they lie', () => {
    const input = { name: 'A plain text', kind: 'SMALL', tags: ['A plain text'], isOpen: true }
    expect(variablesWith(at('Mutation.open input.plan.rooms.0.label'), 'x', plausible)).toEqual({
      input: { ...input, plan: { rooms: [{ label: 'x', size: 3 }] } },
    })
    expect(variablesWith(at('Shop.shelves label'), 'x', plausible)).toEqual({ shop_id: 'shop-1', label: 'x' })
    expect(variablesWith(at('Query.shops filter.text'), 'x', plausible)).toEqual({ filter: { text: 'x' }, first: 2 })
  })

  it('cannot be reached by a request that needs an id nobody knows', () => {
    expect(() => variablesWith(at('Query.shops filter.owner.name'), 'x', plausible)).toThrow('Owner.id')
  })
})

describe('a document', () => {
  it('asks for what its field gives, under names that do not collide', () => {
    expect(operations.find(({ coordinate }) => coordinate === 'Mutation.open')?.document).toBe(
      'mutation Hostile($input: OpenInput!) { open(input: $input) ' +
        '{ __typename ... on Shop { id Shop_name: name } ... on Taken { Taken_name: name } } }',
    )
  })
})
