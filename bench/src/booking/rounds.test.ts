import { describe, expect, it } from 'vitest'
import { alternate, median, ratio, turned } from './rounds.ts'

describe('rounds', () => {
  it('let each contender be first in its turn', async () => {
    const order: string[] = []
    const contend = (name: string, value: number) => async () => {
      order.push(name)
      return value
    }
    const settle = async () => void order.push('settled')
    const reached = await alternate(2, { one: contend('one', 1), other: contend('other', 2) }, settle)
    expect(order.filter((name) => name !== 'settled')).toEqual(['one', 'other', 'other', 'one'])
    expect(order.filter((_, index) => index % 2 === 0)).toEqual(Array.from({ length: 4 }, () => 'settled'))
    expect(reached).toEqual({ one: [1, 1], other: [2, 2] })
    expect(turned(['a', 'b', 'c'], 3)).toEqual(['c', 'a', 'b'])
  })

  it('are compared one by one: a slow round is slow for both', () => {
    expect(ratio([100, 10, 120], [50, 5, 40])).toBe(2)
    expect(ratio([1], [])).toBeNaN()
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
    expect(median([])).toBeNaN()
  })
})
