import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fc } from '@tikitu/runtime/testing/properties'
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

it('a map that is too heavy forgets as much as it must, but not what came last', () => {
  const map = new LruMap<string, string>(10, { max: 5, of: (text) => text.length })
  map.set('a', '12')
  map.set('b', '123')
  expect(map.get('a')).toBe('12')
  map.set('b', '1')
  map.set('c', '12')
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual(['12', '1', '12'])
  map.set('d', '123456')
  expect([map.size, map.get('d')]).toEqual([1, '123456'])
  map.set('e', '')
  expect([map.size, map.get('d')]).toEqual([1, undefined])
  map.deleteWhere(() => true)
  map.set('f', '12345')
  map.set('g', '')
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

it('whatever happens to it, it has exactly what was asked for last', () => {
  const step = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat({ max: 6 }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 100 }), (max, steps) => {
      const map = new LruMap<number, string>(max)
      /** The keys that there should be, the one that was asked for last at the end. */
      let expected: number[] = []
      for (const [verb, key] of steps) {
        const was = expected.includes(key)
        if (verb === 'get') expect(map.get(key)).toBe(was ? `value ${key}` : undefined)
        else if (verb === 'set') map.set(key, `value ${key}`)
        else map.delete(key)
        const others = expected.filter((one) => one !== key)
        const stays = verb === 'set' || (verb === 'get' && was)
        expected = stays ? [...others, key].slice(-max) : others
        expect(map.size).toBe(expected.length)
      }
      for (const key of [0, 1, 2, 3, 4, 5, 6]) expect(map.get(key) !== undefined).toBe(expected.includes(key))
    }),
  )
})

const GETS = 400_000
/** What is left of a get when everything is forgotten that can be, at most, in bytes; it was 150 of them. */
const BYTES_A_GET_MAX = 10

it.each([1, 200])('a map of %i entries that are only asked for does not grow', (entries) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heapBytes = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const map = new LruMap<number, string>(10_000)
  for (let key = 0; key < entries; key += 1) map.set(key, 'value')
  const before = heapBytes()
  for (let get = 0; get < GETS; get += 1) map.get(get % entries)
  expect((heapBytes() - before) / GETS).toBeLessThan(BYTES_A_GET_MAX)
  // Or it would be forgotten before.
  expect(map.size).toBe(entries)
})
