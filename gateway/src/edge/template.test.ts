import { buildSchema, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { templates } from './template.ts'

const schema = buildSchema(`
  type Query { event(id: ID!): Event, events(filter: Filter, first: Int = 20): [Event!]! }
  type Event { id: ID!, title: String!, near(km: Float): [Event!]! }
  enum Kind { MUSIC SPORT }
  input Filter { kind: Kind, text: String, ids: [ID!] }
`)
const templateOf = templates(schema)
const text = (query: string) => templateOf(parse(query), query)?.text.replaceAll(/\s+/g, ' ')
const isValid = (query: string) => validate(schema, parse(query)).length === 0
const literals = (query: string) => templateOf(parse(query), query)?.literals

it('has no name, numbered aliases and variables for arguments, so that equal ones are equal', () => {
  const one = 'query One { mine: event(id: "1") { a: title near(km: 2.5) { b: title } } }'
  const other = 'query Other { yours: event(id: "2") { c: title near(km: 3.5) { d: title } } }'
  expect(text(one)).toBe(
    'query ($v0_: ID!, $v1_: Float) { a0_: event(id: $v0_) { a1_: title near(km: $v1_) { a2_: title } } }',
  )
  expect(text(other)).toBe(text(one))
  expect(templateOf(parse(other), other)).toMatchObject({ literals: { v0_: '2', v1_: 3.5 } })
  expect([...(templateOf(parse(other), other)?.aliases ?? [])]).toEqual([
    ['a0_', 'yours'],
    ['a1_', 'c'],
    ['a2_', 'd'],
  ])
})

it('tells apart what is merged from what is not', () => {
  const merged = '{ event(id: "1") { id } event(id: "1") { title } }'
  const other = '{ event(id: "1") { id } event(id: "2") { title } }'
  expect(text(merged)).toContain('event(id: $v0_) { id } event(id: $v0_) { title }')
  expect(text(other)).toContain('event(id: $v0_) { id } event(id: $v1_) { title }')
})

it('keeps an alias that a field has for a name, and those of __typename', () => {
  expect(text('{ title: event(id: "1") { title } }')).toContain('title: event(')
  expect(text('{ t: __typename event(id: "1") { t: id } }')).toContain('t: __typename')
})

it('reaches fragments and keeps variables with their defaults', () => {
  const query =
    'query Q($k: Kind = SPORT) { events(filter: { kind: $k }, first: 3) { ...F } } fragment F on Event { near(km: 1) { x: id } }'
  expect(text(query)).toBe(
    'query ($k: Kind = SPORT, $v0_: Int, $v1_: Float) { events(filter: {kind: $k}, first: $v0_) { ...F } } ' +
      'fragment F on Event { near(km: $v1_) { a0_: id } }',
  )
  expect(literals(query)).toEqual({ v0_: 3, v1_: 1 })
})

it('takes lists, objects, enums and null along', () => {
  expect(literals('{ events(filter: { kind: MUSIC, ids: ["1", 2], text: null }, first: null) { id } }')).toEqual({
    v0_: { kind: 'MUSIC', ids: ['1', 2], text: null },
    v1_: null,
  })
})

it.each([
  ['a text for an enum', '{ events(filter: {kind: "MUSIC"}) { id } }'],
  ['an enum for a text', '{ events(filter: {text: MUSIC}) { id } }'],
  ['a number for a text', '{ events(filter: {text: 1}) { id } }'],
  ['a field given twice', '{ events(filter: {text: "a", text: "b"}) { id } }'],
  ['null where there has to be something', '{ event(id: null) { id } }'],
  ['an argument that does not exist', '{ event(key: "1") { id } }'],
  ['a number that JavaScript cannot hold', '{ event(id: 12345678901234567890) { id } }'],
  ['a nought that JSON would write in another way', '{ event(id: -0) { id } }'],
  ['a fraction for a whole number', '{ events(first: 1.5) { id } }'],
])('leaves %s where it is, to be refused or read there', (_, query) => {
  expect(literals(query)).toEqual({})
  expect(text(query)).toBe(query)
})

it('gives no alias a name that another keeps', () => {
  expect(text('{ x: event(id: "1") { a0_: __typename } }')).toBe(
    'query ($v0_: ID!) { a1_: event(id: $v0_) { a0_: __typename } }',
  )
})

it.each([
  ['a variable that nobody has defined', '{ event(id: "1") { id } b: event(id: $v0_) { id } }'],
  ['one in a list in a fragment', '{ events(first: 1) { ...F } } fragment F on Event { near(km: $v0_) { id } }'],
  ['one in a condition', '{ events(first: 1) { id @skip(if: $v0_) } }'],
  ['texts that are not written alike', '{ events(filter: {text: "a"}) { id } events(filter: {text: """a"""}) { id } }'],
])('is not valid when its document is not: %s', (_, query) => {
  expect(isValid(query)).toBe(false)
  expect(isValid(text(query) ?? query)).toBe(false)
})

it('does without when a client has chosen its names', () => {
  expect(text('query ($v0_: Int) { events(first: $v0_) { near(km: 1) { id } } }')).toBeUndefined()
})
