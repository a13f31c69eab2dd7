import { expect, it } from 'vitest'
import { arrivalsOf, SECONDS } from './arrivals.ts'

it('has as many arrivals in each second as the real one, times the scale', () => {
  const seconds = [...Map.groupBy(arrivalsOf(10), (at) => Math.floor(at / 1000))].map(([second, all]) => [
    second,
    all.length,
  ])
  expect(seconds.slice(0, 3)).toEqual([
    [0, 70],
    [1, 180],
    [2, 520],
  ])
  expect(seconds).toHaveLength(SECONDS)
})

it('has them in their order', () => {
  const arrivals = arrivalsOf(3)
  expect(arrivals.toSorted()).toEqual(arrivals)
  expect(arrivals).toHaveLength(3 * 906)
})
