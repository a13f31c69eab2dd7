import type { RequiresSelection } from '@graphql-hive/router-query-planner'
import { describe, expect, it } from 'vitest'
import { compileIdentity, compileRepresentation } from './representation.ts'

const possibleTypes = (name: string) => new Set([name])
const field = (name: string, selections?: RequiresSelection[]): RequiresSelection => ({
  kind: 'Field',
  name,
  ...(selections ? { selections } : {}),
})
const on = (typeCondition: string, ...selections: RequiresSelection[]): RequiresSelection => ({
  kind: 'InlineFragment',
  typeCondition,
  selections,
})

describe('what identifies an object to a subgraph', () => {
  const represent = compileRepresentation([on('User', field('__typename'), field('id'))], possibleTypes)

  it('is its type and key', () => {
    expect(represent({ __typename: 'User', id: '1', name: 'x' }, {})).toBe('{"__typename":"User","id":"1"}')
  })

  it('is nothing when the type is another, or the key is not there', () => {
    expect(represent({ __typename: 'Event', id: '1' }, {})).toBeUndefined()
    expect(represent({ __typename: 'User' }, {})).toBeUndefined()
  })

  it('may be several fields, objects, lists, and fields that a rename has moved', () => {
    const selections = [
      on('User', field('__typename'), { kind: 'Field', name: 'org', alias: 'o', selections: [field('id')] }),
      on('User', field('tags', [field('t')])),
    ]
    const user = { __typename: 'User', o: { id: 1, x: 2 }, tags: [{ t: 'a', u: 0 }, null] }
    expect(compileRepresentation(selections, possibleTypes)(user, {})).toBe(
      '{"__typename":"User","org":{"id":1},"tags":[{"t":"a"},null]}',
    )
  })

  it('leaves out what a condition has switched off', () => {
    const switched = compileRepresentation(
      [on('User', field('__typename')), { ...on('User', field('id')), includeIf: 'yes' } as RequiresSelection],
      possibleTypes,
    )
    expect(switched({ __typename: 'User', id: '1' }, { yes: true })).toBe('{"__typename":"User","id":"1"}')
    expect(switched({ __typename: 'User' }, { yes: false })).toBe('{"__typename":"User"}')
  })
})

describe('what tells objects from each other', () => {
  const user = { __typename: 'User', id: '1', name: 'x' }

  it('is their key, when it is one text of one type', () => {
    const identify = compileIdentity([on('User', field('__typename'), field('id'))], possibleTypes)
    expect(identify(user)).toBe('1')
    expect(identify({ ...user, id: 1 })).toBeUndefined()
    expect(identify({ ...user, __typename: 'Event' })).toBeUndefined()
  })

  it.each([
    ['several types', [on('User', field('__typename'), field('id')), on('Event', field('__typename'), field('id'))]],
    ['several keys', [on('User', field('__typename'), field('id'), field('name'))]],
    ['no key', [on('User', field('__typename'))]],
    ['a key with parts', [on('User', field('__typename'), field('id', [field('of')]))]],
    ['a condition', [{ ...on('User', field('__typename'), field('id')), skipIf: 'no' } as RequiresSelection]],
  ])('is not known beforehand of %s', (_, selections) => {
    expect(compileIdentity(selections, possibleTypes)(user)).toBeUndefined()
  })

  it('is not known of an interface, whose objects have several types', () => {
    const identify = compileIdentity([on('Node', field('__typename'), field('id'))], () => new Set(['Node', 'User']))
    expect(identify(user)).toBeUndefined()
  })
})
