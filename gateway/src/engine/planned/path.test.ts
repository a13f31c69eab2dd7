import { describe, expect, it } from 'vitest'
import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner'
import type { JsonObject } from './json.ts'
import { compilePath, type Trail } from './path.ts'

const possibleTypes = (name: string) => new Set(name === 'Pet' ? ['Pet', 'Cat', 'Dog'] : [name])

function visited(data: JsonObject, ...segments: FlattenNodePathSegment[]): string[] {
  const places: string[] = []
  const trail: Trail = []
  const visit = (object: JsonObject) => void places.push(`${trail.join('.')}=${JSON.stringify(object['id'])}`)
  compilePath(segments, possibleTypes)(data, visit, trail)
  return places
}

const data: JsonObject = {
  a: { id: 1, list: [{ id: 2 }, null, { id: 3 }], nested: [[{ id: 4 }], [{ id: 5 }]] },
  pets: [{ __typename: 'Cat', id: 6 }, { __typename: 'Fish', id: 7 }, { id: 8 }],
}

describe('a path of a plan', () => {
  it('goes through fields and lists, past nulls and what is not there', () => {
    expect(visited(data, { Field: 'a' })).toEqual(['a=1'])
    expect(visited(data, { Field: 'a' }, { Field: 'list' }, '@')).toEqual(['a.list.0=2', 'a.list.2=3'])
    expect(visited(data, { Field: 'a' }, { Field: 'nested' }, '@', '@')).toEqual(['a.nested.0.0=4', 'a.nested.1.0=5'])
    expect(visited(data, { Field: 'a' }, { Field: 'nope' }, '@', { Field: 'x' })).toEqual([])
  })

  it('that ends at a list means what is in it', () => {
    expect(visited(data, { Field: 'a' }, { Field: 'nested' })).toEqual(['a.nested.0.0=4', 'a.nested.1.0=5'])
  })

  it('with a type lets only that type through, or an object that nobody asked for its type', () => {
    expect(visited(data, { Field: 'pets' }, '@', { TypeCondition: ['Pet'] })).toEqual(['pets.0=6', 'pets.2=8'])
    expect(visited(data, { Field: 'pets' }, '@', { TypeCondition: ['Fish'] })).toEqual(['pets.1=7', 'pets.2=8'])
  })
})
