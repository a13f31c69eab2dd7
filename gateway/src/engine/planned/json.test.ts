import { describe, expect, it } from 'vitest'
import { merge, type JsonObject } from './json.ts'

describe('merging an answer into another', () => {
  it('adds to objects and to the objects in lists, and replaces everything else', () => {
    const target: JsonObject = { a: 1, b: { c: 2 }, d: [{ e: 3 }, null], f: null }
    merge(target, { a: 9, b: { g: 4 }, d: [{ h: 5 }, { i: 6 }], f: { j: 7 } })
    expect(target).toEqual({ a: 9, b: { c: 2, g: 4 }, d: [{ e: 3, h: 5 }, { i: 6 }], f: { j: 7 } })
  })
})
