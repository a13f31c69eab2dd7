import { Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { measureOperation } from './measure.ts'

function measure(source: string) {
  const document = parse(source)
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (!operation) throw new Error('no operation')
  return measureOperation(document, operation)
}

describe('the measure of an operation', () => {
  it('counts levels, fields, aliases and the top', () => {
    expect(measure('{ a { b c: d { e } } x: f }')).toEqual({
      depth: 3,
      aliases: 2,
      fields: 5,
      rootFields: 2,
      introspects: false,
      reservedAlias: false,
    })
  })

  it('counts a fragment wherever it is spread, and fragments are no level', () => {
    const source = '{ a { ...F } b { ... on T { ...F } } } fragment F on T { x: c { d } }'
    expect(measure(source)).toMatchObject({ depth: 3, aliases: 2, fields: 6, rootFields: 2 })
  })

  it('of introspection is small, however deep it goes', () => {
    expect(measure('{ s: __schema { types { fields { type { ofType { name } } } } } }')).toEqual({
      depth: 1,
      aliases: 1,
      fields: 1,
      rootFields: 1,
      introspects: true,
      reservedAlias: false,
    })
    expect(measure('{ a { __typename } }').introspects).toBe(false)
  })

  it('tells of an alias that looks like introspection, wherever it is', () => {
    expect(measure('{ a { ...F } } fragment F on T { b { __proto__: c } }').reservedAlias).toBe(true)
    expect(measure('{ a { _b: __typename } }').reservedAlias).toBe(false)
  })

  it('of fragments that spread themselves, or that there are none of, ends', () => {
    expect(measure('{ ...A } fragment A on T { a ...B } fragment B on T { b ...A ...Nope }').fields).toBe(2)
  })

  it('of fragments that double thirty times is found at once', () => {
    const fragments = Array.from({ length: 30 }, (_, n) => `fragment F${n} on T { ...F${n + 1} ...F${n + 1} }`)
    expect(measure(`{ ...F0 } ${fragments.join(' ')} fragment F30 on T { a }`).fields).toBe(2 ** 30)
  })
})
