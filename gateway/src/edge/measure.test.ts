import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { measureDocument } from './measure.ts'

function measure(source: string) {
  const [first] = measureDocument(parse(source)).operations
  if (!first) throw new Error('no operation')
  return first.measure
}

describe('the measure of an operation', () => {
  it('counts levels, fields, aliases and the top', () => {
    expect(measure('{ a { b c: d { e } } x: f }')).toEqual({
      depth: 3,
      aliases: 2,
      fields: 5,
      selections: 5,
      directivesAtOnePlace: 0,
      rootFields: 2,
      introspects: false,
      reservedAlias: false,
    })
  })

  it('counts a fragment wherever it is spread, and fragments are no level', () => {
    const source = '{ a { ...F } b { ... on T { ...F } } } fragment F on T { x: c { d } }'
    expect(measure(source)).toMatchObject({ depth: 3, aliases: 2, fields: 6, selections: 9, rootFields: 2 })
  })

  it('of introspection is one level, however deep it goes, and all of its fields', () => {
    expect(measure('{ s: __schema { types { fields { type { ofType { name } } } } } }')).toEqual({
      depth: 1,
      aliases: 1,
      fields: 6,
      selections: 6,
      directivesAtOnePlace: 0,
      rootFields: 1,
      introspects: true,
      reservedAlias: false,
    })
    expect(measure('{ a { __typename } }').introspects).toBe(false)
  })

  it('tells how many directives stand at one place, wherever it is', () => {
    expect(measure('{ a @x { b @x @y @z } c { ...F @x } }').directivesAtOnePlace).toBe(3)
    expect(measure('{ a { ...F } } fragment F on T { ... @x @y { b } }').directivesAtOnePlace).toBe(2)
  })

  it('tells of an alias that looks like introspection, wherever it is', () => {
    expect(measure('{ a { ...F } } fragment F on T { b { __proto__: c } }').reservedAlias).toBe(true)
    expect(measure('{ a { _b: __typename } }').reservedAlias).toBe(false)
  })

  it.each([
    ['one that spreads itself', '{ a } fragment F on T { a { ...F } }', 'Cannot spread fragment "F" within itself.'],
    [
      'two that spread each other',
      '{ ...A } fragment A on T { a ...B } fragment B on T { b ...A }',
      'Cannot spread fragment "A" within itself.',
    ],
    [
      'two of one name',
      '{ ...A } fragment A on T { a } fragment A on T { b }',
      'There can be only one fragment named "A".',
    ],
  ])('is not taken of fragments when there is %s', (_, source, message) => {
    expect(() => measureDocument(parse(source))).toThrow(message)
  })

  it('counts a spread of a fragment that there is none of', () => {
    expect(measure('{ a ...Nope }')).toMatchObject({ fields: 1, selections: 2 })
  })

  it.each([
    ['fields', 'on T { a }', { fields: 2 ** 60, selections: 3 * 2 ** 60 - 2 }],
    ['introspection', 'on Query { __schema { description } }', { fields: 2 ** 61, introspects: true }],
    ['nothing but spreads', 'on T { ...Nope }', { fields: 0, selections: 3 * 2 ** 60 - 2 }],
  ])('of fragments that double sixty times is found at once, over %s', (_, last, expected) => {
    const source = `{ ...F0 ...F0 } ${doubling(59)} fragment F59 ${last}`
    expect(measure(source)).toMatchObject(expected)
  })

  it('counts what is below introspection wherever its fragment is spread', () => {
    const source = `{ __schema { types { ...F0 } } } ${doubling(60)} fragment F60 on __Type { name }`
    expect(measure(source)).toMatchObject({ depth: 1, fields: 2 ** 60 + 2, introspects: true })
  })
})

describe('the measure of a document', () => {
  it('has every operation, and every fragment whether it is spread or not', () => {
    const { operations, fragments } = measureDocument(
      parse(
        'query A { a } query B { ...F } fragment F on Q { b { c } } fragment G on Q { __type(name: "T") { name } }',
      ),
    )
    expect(operations.map(({ operation, measure: { fields } }) => [operation.name?.value, fields])).toEqual([
      ['A', 1],
      ['B', 2],
    ])
    expect(fragments.map(({ fields, introspects }) => [fields, introspects])).toEqual([
      [2, false],
      [2, true],
    ])
  })
})

/** Fragments F0, F1 … of which each spreads the next twice. */
function doubling(count: number): string {
  return Array.from({ length: count }, (_, n) => `fragment F${n} on T { ...F${n + 1} ...F${n + 1} }`).join(' ')
}
