import { expect, test } from 'vitest'
import { spread } from './sequencer.ts'

test('nothing is lost, however many there are of either', () => {
  for (const [few, many] of [
    [0, 0],
    [3, 0],
    [0, 3],
    [5, 2],
    [2, 5],
    [9, 240],
  ] as const) {
    const left = Array.from({ length: few }, (_, n) => `few ${n}`)
    const right = Array.from({ length: many }, (_, n) => `many ${n}`)
    const mixed = spread(left, right)
    expect(mixed.toSorted()).toEqual([...left, ...right].toSorted())
    expect(mixed.filter((item) => left.includes(item))).toEqual(left)
  }
})

test('the few stand apart, the first in front, and none at the end', () => {
  expect(spread(['A', 'B'], ['1', '2', '3', '4', '5', '6', '7', '8'])).toEqual(
    ['A', '1', '2', '3'].concat('B', '4', '5', '6', '7', '8'),
  )
})
