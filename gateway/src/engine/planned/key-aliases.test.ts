import { parse, print } from 'graphql'
import { expect, it } from 'vitest'
import { keyNamesOf, withoutKeyAliases } from './key-aliases.ts'

const KEYS = keyNamesOf(
  'type A @join__type(graph: X, key: "id place { code }") { b: Int @join__field(requires: "size") }',
)

const cleared = (query: string) => {
  const { document, aliases } = withoutKeyAliases(parse(query), KEYS)
  return [print(document).replaceAll(/\s+/g, ' '), aliases && Object.fromEntries(aliases)]
}

it('an alias by the name of a key gets another name, in fragments too', () => {
  expect(cleared('{ a { id: phone ...F } } fragment F on A { code: id size }')).toEqual([
    '{ a { c_id: phone ...F } } fragment F on A { c_code: id size }',
    { c_id: 'id', c_code: 'code' },
  ])
})

it('the new name is nobody else’s', () => {
  expect(cleared('{ a { size: id c_size: id } }')).toEqual(['{ a { cc_size: id c_size: id } }', { cc_size: 'size' }])
})

it('keys under their own name, and other aliases, are left as they are', () => {
  expect(cleared('{ id: id a: id id }')).toEqual(['{ id: id a: id id }', undefined])
})

it('the type’s name cannot be told by another field either', () => {
  expect(cleared('{ __typename: id }')).toEqual(['{ c___typename: id }', { c___typename: '__typename' }])
})
