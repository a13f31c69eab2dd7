import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, it, onTestFinished } from 'vitest'
import { copyOf, merge, quoted, type Json, type JsonObject } from './json.ts'

describe('merging an answer into another', () => {
  it('adds to objects and to the objects in lists, and replaces everything else', () => {
    const target: JsonObject = { a: 1, b: { c: 2 }, d: [{ e: 3 }, null], f: null }
    merge(target, { a: 9, b: { g: 4 }, d: [{ h: 5 }, { i: 6 }], f: { j: 7 } })
    expect(target).toEqual({ a: 9, b: { c: 2, g: 4 }, d: [{ e: 3, h: 5 }, { i: 6 }], f: { j: 7 } })
  })
})

it('merging never reaches what all objects have in common', () => {
  merge({}, JSON.parse('{"__proto__":{"polluted":"yes"}}') as JsonObject)
  onTestFinished(() => void Reflect.deleteProperty(Object.prototype, 'polluted'))
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

it('a copy is equal and shares nothing', () => {
  const value: JsonObject = { a: [{ b: 1 }, null], c: { d: 'e' } }
  const copy = copyOf(value)
  expect(copy).toEqual(value)
  const list = copy['a'] as Json[]
  list.push(1)
  expect(value['a']).toHaveLength(2)
})

it('a text is quoted as JSON.stringify does it', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => quoted(text) === JSON.stringify(text)))
  expect(quoted('\ud800 "\\\n')).toBe(JSON.stringify('\ud800 "\\\n'))
})
