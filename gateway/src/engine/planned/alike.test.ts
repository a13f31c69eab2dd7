import { buildSchema, OperationTypeNode, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { selectAlike, selectedBy } from './alike.ts'

const schema = buildSchema(`
  type Query { me: User thing: Thing things: [Thing] }
  interface Named { name: String }
  type User implements Named { id: ID name: String friends: [User] }
  type Cat implements Named { name: String lives: Int }
  union Thing = User | Cat
`)

const alike = (left: string, right: string) =>
  selectAlike(
    schema.getRootType(OperationTypeNode.QUERY)!,
    selectedBy(schema, parse(left)),
    selectedBy(schema, parse(right)),
  )

describe('a subgraph answers what the client asked', () => {
  it.each([
    ['the same text', '{ me { id name } }', '{ me { id name } }'],
    ['fragments written out', '{ me { ...F } } fragment F on User { id friends { name } }', '{me{id friends{name}}}'],
    ['fields that are asked twice', '{ me { id } me { name id } }', '{ me { id name } }'],
    ['aliases', '{ a: me { b: id } }', '{ a: me { b: id } }'],
    ['a type of a union', '{ thing { ... on Cat { lives } } }', '{ thing { ... on Cat { lives } } }'],
    ['interfaces written out', '{ thing { ... on Named { name } } }', '{thing{...on User{name} ...on Cat{name}}}'],
  ])('with %s', (_, asked, sent) => {
    expect(alike(asked, sent)).toBe(true)
  })

  it.each([
    ['a field more', '{ me { id } }', '{ me { __typename id } }'],
    ['a field less', '{ me { id name } }', '{ me { id } }'],
    ['another order', '{ me { id name } }', '{ me { name id } }'],
    ['another name under the same key', '{ me { name } }', '{ me { name: id } }'],
    ['another alias', '{ a: me { id } }', '{ me { id } }'],
    ['less of one type of a union', '{ thing { ... on Named { name } } }', '{ thing { ... on User { name } } }'],
    ['a question about the schema', '{ me { id } __type(name: "A") { name } }', '{ me { id } __type }'],
    ['something deep inside', '{ me { friends { friends { id } } } }', '{ me { friends { friends { name } } } }'],
  ])('but not with %s', (_, asked, sent) => {
    expect(alike(asked, sent)).toBe(false)
  })
})
