import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, it } from 'vitest'
import { newId } from '../ids.ts'
import { connectionOf, instantAndId, pageOf, PAGE_SIZE_MAX } from './connection.ts'

describe('a list that grows', () => {
  it('is walked to its end, each node once, whatever the page size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 10 }), (size, first) => {
        const all = Array.from({ length: size }, (_, index) => String(index).padStart(3, '0'))
        const seen: string[] = []
        let after: string | null = null
        do {
          const page = pageOf({ first, after }, 1)
          const rows = all.filter((id) => page.after === null || id > (page.after[0] ?? '')).slice(0, page.limit)
          const { edges, pageInfo } = connectionOf(rows, page, (id) => [id])
          seen.push(...edges.map(({ node }) => node))
          expect(pageInfo.endCursor === null).toBe(edges.length === 0)
          after = pageInfo.hasNextPage ? pageInfo.endCursor : null
        } while (after !== null)
        expect(seen).toEqual(all)
      }),
    )
  })

  it('has pages of a bounded size', () => {
    for (const first of [0, -1, PAGE_SIZE_MAX + 1]) {
      expect(() => pageOf({ first }, 1)).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field: 'first' } }),
      )
    }
  })

  it('takes its own cursors only', () => {
    const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')
    expect(pageOf({ first: 1, after: cursor(['a', 'b']) }, 2).after).toEqual(['a', 'b'])
    for (const after of ['', 'nonsense', cursor(['a']), cursor([1, 2]), cursor({}), cursor(null)]) {
      expect(() => pageOf({ first: 1, after }, 2), after).toThrow(
        expect.objectContaining({ details: { field: 'after' } }),
      )
    }
  })

  it('that is sorted by time takes no time that cannot be stored', () => {
    const [at, id] = ['2026-11-22T20:00:00.000Z', newId()]
    expect(instantAndId([at, id])).toEqual({ instant: new Date(at), id })
    for (const bad of [
      '',
      'yesterday',
      '-271821-04-20T00:00:00.000Z',
      '+275760-09-13T00:00:00.000Z',
      '0000-01-01T00:00:00.000Z',
    ]) {
      expect(() => instantAndId([bad, id]), bad).toThrow(expect.objectContaining({ details: { field: 'after' } }))
    }
    expect(() => instantAndId([at, 'nonsense'])).toThrow('after')
  })
})
