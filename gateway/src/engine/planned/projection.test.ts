import { buildSchema, getOperationAST, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from './json.ts'
import { compileProjection } from './projection.ts'

const schema = buildSchema(`
  type Query { a: A  must: A!  list: [A!]  lists: [[Int]]  pet: Pet }
  type A { id: ID!  count: Int  name: String  size: Size  any: Any  inner: A }
  enum Size { SMALL }
  scalar Any
  union Pet = Cat | Dog
  type Cat { lives: Int! }
  type Dog { tricks: [String!] }
`)

function project(query: string, data: JsonObject): unknown {
  const document = parse(query)
  const operation = getOperationAST(document)
  const root = schema.getQueryType()
  if (!operation || !root) throw new Error('no operation')
  return JSON.parse(
    compileProjection({ schema, fragments: new Map(), variables: {} }, root, operation.selectionSet)(data),
  )
}

describe('the answer to a client', () => {
  it('is what was selected, in its order, and nothing more', () => {
    const data = { a: { __typename: 'A', size: 'SMALL', n: 'x', id: '1', extra: true, inner: { id: '2' } } }
    expect(JSON.stringify(project('{ a { size n: name id } }', data))).toBe('{"a":{"size":"SMALL","n":"x","id":"1"}}')
  })

  it('has the type that an object says it has, by whatever key', () => {
    expect(project('{ pet { kind: __typename } }', { pet: { kind: 'Dog' } })).toEqual({ pet: { kind: 'Dog' } })
    expect(project('{ pet { kind: __typename } }', { pet: { __typename: 'Dog', kind: 'Cat' } })).toEqual({
      pet: { kind: 'Dog' },
    })
  })

  it('has null where something may be null and is missing', () => {
    expect(project('{ a { id name inner { id } } lists }', { a: { id: '1' } })).toEqual({
      a: { id: '1', name: null, inner: null },
      lists: null,
    })
  })

  it('has null above what may not be null, as far up as it must', () => {
    expect(project('{ a { id } }', { a: { name: 'x' } })).toEqual({ a: null })
    expect(project('{ list { id } }', { list: [{ id: '1' }, {}] })).toEqual({ list: null })
    expect(project('{ must { id } a { name } }', { a: { name: 'x' } })).toBeNull()
  })

  it('knows what a value may be', () => {
    expect(project('{ a { id size any } }', { a: { id: 7, size: 'HUGE', any: { b: [1] } } })).toEqual({
      a: { id: '7', size: null, any: { b: [1] } },
    })
    for (const count of [1.5, 2 ** 31, -(2 ** 31) - 1, '1']) {
      expect(project('{ a { id count } }', { a: { id: 1, count } })).toEqual({ a: { id: '1', count: null } })
    }
    expect(project('{ a { id } }', { a: { id: 1.5 } })).toEqual({ a: null })
    expect(project('{ lists }', { lists: [[1, Infinity]] })).toEqual({ lists: [[1, null]] })
    expect(project('{ lists }', { lists: [[1, null], null, [2]] })).toEqual({ lists: [[1, null], null, [2]] })
  })

  it('goes by the type of the object', () => {
    const query = '{ pet { __typename ... on Cat { lives } ... on Dog { tricks } } }'
    expect(project(query, { pet: { __typename: 'Cat', lives: 9 } })).toEqual({ pet: { __typename: 'Cat', lives: 9 } })
    expect(project(query, { pet: { __typename: 'Dog', tricks: ['sit'] } })).toEqual({
      pet: { __typename: 'Dog', tricks: ['sit'] },
    })
    expect(project(query, { pet: { __typename: 'Fish' } })).toEqual({ pet: null })
  })

  it('may hold any text', () => {
    const name = 'quote " backslash \\ line\nbreak \u2028 \ud83c\udfab \u0000'
    expect(project('{ a { id name } }', { a: { id: '1', name } })).toEqual({ a: { id: '1', name } })
  })
})
