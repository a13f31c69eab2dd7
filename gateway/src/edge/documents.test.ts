import { getIntrospectionQuery, GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { operationCheck } from './documents.ts'

const limits = {
  charactersMax: 32_768,
  tokensMax: 2_000,
  depthMax: 12,
  aliasesMax: 50,
  rootFieldsMax: 20,
  fieldsMax: 1_000,
  directivesMax: 50,
  directivesAtOnePlaceMax: 5,
  fragmentsMax: 100,
}
const costOf = () => ({ isPriority: false, pointsFor: () => 1 })
const check = (source: string, operationName?: string) => operationCheck(limits, costOf)(source, operationName)

/** Fragments A0 to A60, of which each spreads the next twice, and what the last one selects. */
const doubling = (last: string) =>
  [
    ...Array.from({ length: 60 }, (_, n) => `fragment A${n} on __Type{...A${n + 1} ...A${n + 1}}`),
    `fragment A60 on __Type{${last}}`,
  ].join(' ')

describe('fragments that double', () => {
  it.each([
    ['below introspection', '{__schema{types{...A0}}}', 'name', 'too many fields'],
    [
      'below introspection of a fragment',
      '{...X} fragment X on Query{__schema{types{...A0}}}',
      'name',
      'too many fields',
    ],
    [
      'below introspection of a fragment that nobody spreads',
      '{__typename} fragment X on Query{__schema{types{...A0}}}',
      'name',
      'too many fields',
    ],
    ['and that nobody spreads', '{__typename}', 'name', 'too many fields'],
    ['and end in a fragment that there is none of', '{__schema{types{...A0}}}', '...Nope', 'too many selections'],
    ['and end where they began', '{__schema{types{...A0}}}', '...A0', 'Cannot spread fragment "A0" within itself.'],
    [
      'beside an operation of the same document',
      'query A{__typename} query B{__schema{types{...A0}}}',
      'name',
      'too many fields',
    ],
  ])('%s are refused', (_, operations, last, message) => {
    expect(() => check(`${operations} ${doubling(last)}`, operations.includes('query A') ? 'A' : undefined)).toThrow(
      message,
    )
  })
})

describe('introspection', () => {
  const options = {
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  }

  it.each([
    ['as graphql-js asks', getIntrospectionQuery()],
    ['with all options', getIntrospectionQuery(options)],
    ['with all options, and types wrapped twenty times', getIntrospectionQuery({ ...options, typeDepth: 20 })],
  ])('%s is within the limits', (_, source) => {
    expect(check(source)).toMatchObject({ introspects: true })
  })

  it('is said of a document whose unused fragment introspects, or a fragment of another operation', () => {
    expect(check('{ a } fragment X on Query { __schema { description } }').introspects).toBe(true)
    expect(
      check('query A { a } query B { ...X } fragment X on Q { __type(name: "T") { name } }', 'A').introspects,
    ).toBe(true)
    expect(check('{ a { __typename } } fragment X on Query { b }').introspects).toBe(false)
  })
})

describe('brackets in each other', () => {
  const nested = (open: string, close: string, count: number) => open.repeat(count) + close.repeat(count)

  it.each([
    ['lists', `{event(id:${nested('[', ']', 900)}){id}}`],
    ['lists that never end', `{event(id:${'['.repeat(1_900)}){id}}`],
    ['objects', `{event(id:${'{a:'.repeat(600)}1${'}'.repeat(600)}){id}}`],
    ['selections', `${'{a'.repeat(600)}${'}'.repeat(600)}`],
    ['inline fragments', `{${'...{'.repeat(600)}a${'}'.repeat(600)}}`],
    ['types of variables', `query($a:${'['.repeat(900)}ID${']'.repeat(900)}){a}`],
    ['directives', `{a @b(c:${'[{d:'.repeat(150)}1${'}]'.repeat(150)})}`],
  ])('are refused when they are %s deeper than 200', (_, source) => {
    expect(() => check(source)).toThrow('The document has too many brackets in each other: at most 200 are allowed.')
  })

  it('may be 200 deep, and beside each other as many as there are tokens', () => {
    expect(check(`{a(b:${nested('[', ']', 198)})}`)).toMatchObject({ type: 'query' })
    expect(check(`{a(b:[${'[]'.repeat(900)}])}`)).toMatchObject({ type: 'query' })
  })

  it('do not count in strings, block strings and comments', () => {
    const open = '[{('.repeat(300)
    const source = `{a(b:"\\"${open}" c:"""\\"""${open}" """) # "${open}\n}`
    expect(check(source)).toMatchObject({ type: 'query' })
  })

  it('in text that is no GraphQL are a syntax error', () => {
    expect(() => check('{a(b:"[')).toThrow(GraphQLError)
  })
})

describe('a document has at most', () => {
  const many = (count: number, text: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => text(n)).join(' ')

  it.each([
    ['fifty directives', 'directives', 50, (count: number) => `{p{${many(count, (n) => `a${n} @include(if: true)`)}}}`],
    ['five directives of a field', 'directives at one place', 5, (count: number) => `{a ${many(count, () => '@x')}}`],
    [
      'a hundred fragments',
      'fragments',
      100,
      (count: number) => `{a} ${many(count, (n) => `fragment F${n} on Query{a}`)}`,
    ],
  ])('%s', (_, what, max, document) => {
    expect(check(document(max))).toMatchObject({ type: 'query' })
    expect(() => check(document(max + 1))).toThrow(`The document has too many ${what}: at most ${max} are allowed.`)
  })
})
