import { expect, it } from 'vitest'
import { LruMap } from './lru.ts'

it('a full map forgets what was asked for longest ago', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect(map.get('a')).toBe(1)
  map.set('c', 3)
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3])
  expect(map.size).toBe(2)
})

it('setting an entry again replaces it and makes no room', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  expect([map.size, map.get('a'), map.get('b')]).toEqual([2, 3, 2])
  map.delete('a')
  expect([map.size, map.get('a')]).toEqual([1, undefined])
})
