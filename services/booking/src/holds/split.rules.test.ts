import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, test } from 'vitest'
import { splitGroup, type FreeRow } from './split.rules.ts'

/** Rows of ten seats from a drawing: `.` is free, `x` is not. A row may be `B:` of another section. */
function hall(...rows: string[]): FreeRow[] {
  return rows.map((drawing, row) => {
    const [section, seats] = drawing.includes(':') ? (drawing.split(':') as [string, string]) : ['A', drawing]
    return { section, seatNos: seats.split('').flatMap((seat, place) => (seat === '.' ? [row * 10 + place] : [])) }
  })
}

describe('a group is split', () => {
  test('within a row before over two', () => {
    expect(splitGroup(hall('..x.x..x', '....'), 4)).toEqual([0, 1, 5, 6])
  })

  test('over rows that follow each other, into parts of about the same size', () => {
    expect(splitGroup(hall('.....', '.....'), 6)).toEqual([0, 1, 2, 10, 11, 12])
    expect(splitGroup(hall('...x', '..xx'), 5)).toEqual([0, 1, 2, 10, 11])
  })

  test('into two parts in the back before three in the front', () => {
    expect(splitGroup(hall('..', '..', '..', 'xx', '...', '...'), 6)).toEqual([40, 41, 42, 50, 51, 52])
    expect(splitGroup(hall('..', '..', '..'), 6)).toEqual([0, 1, 10, 11, 20, 21])
  })

  test.each([
    ['over a row that is full', hall('...', 'xxx', '...'), 6],
    ['over two sections', hall('A:...', 'B:...'), 6],
    ['with somebody alone', hall('...', '.x.', 'x.x'), 4],
    ['when there are three', hall('..', '..'), 3],
    ['when there are not enough', hall('..', '...'), 6],
    ['where there is nothing', [], 4],
  ])('never %s', (_where, rows, quantity) => {
    expect(splitGroup(rows, quantity)).toBeNull()
  })

  test('so that no single seat stays, where another size avoids it', () => {
    // Three and three would leave one in each row.
    expect(splitGroup(hall('....', '....'), 6)).toEqual([0, 1, 2, 3, 10, 11])
    expect(splitGroup(hall('....', '......'), 7)).toEqual([0, 1, 2, 3, 10, 11, 12])
    // Here one stays whatever the sizes.
    expect(splitGroup(hall('....', '...x'), 6)).toHaveLength(6)
  })
})

test('whatever the hall: free seats only, as many as wanted, each with a neighbour of the group, rows without a gap', () => {
  const row = fc.array(fc.boolean(), { maxLength: 9 }).map((free) => free.map((is) => (is ? '.' : 'x')).join(''))
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), fc.integer({ min: 2, max: 9 }), (drawing, quantity) => {
      const rows = hall(...drawing)
      const seats = splitGroup(rows, quantity)
      if (!seats) return
      const free = new Set(rows.flatMap(({ seatNos }) => seatNos))
      expect(seats.every((seat) => free.has(seat))).toBe(true)
      expect(new Set(seats).size).toBe(quantity)
      expect(seats.every((seat) => seats.includes(seat - 1) || seats.includes(seat + 1))).toBe(true)
      const used = [...new Set(seats.map((seat) => Math.floor(seat / 10)))].toSorted((left, right) => left - right)
      expect(used.at(-1)).toBe((used[0] ?? 0) + used.length - 1)
    }),
  )
})
