import { expect, test } from 'vitest'
import { layOut, planLayout } from './plan.rules.ts'

const seats = (...ids: string[]) => ids.map((id) => ({ id, number: id }))

test('rows and seats are counted through the plan in its order', () => {
  const { rows, seats: counted } = layOut([
    {
      name: 'West',
      rows: [
        { name: '1', category: 'A', seats: seats('w1', 'w2') },
        { name: '2', category: 'B', seats: seats('w3') },
      ],
    },
    { name: 'East', rows: [{ name: '1', category: 'A', seats: seats('e1', 'e2') }] },
  ])
  expect(rows).toEqual([
    { section: 'West', row: '1', baseSeat: 0, width: 2 },
    { section: 'West', row: '2', baseSeat: 2, width: 1 },
    { section: 'East', row: '1', baseSeat: 3, width: 2 },
  ])
  expect(counted.map(({ seatId, rowNo, category }) => [seatId, rowNo, category])).toEqual([
    ['w1', 0, 'A'],
    ['w2', 0, 'A'],
    ['w3', 1, 'B'],
    ['e1', 2, 'A'],
    ['e2', 2, 'A'],
  ])
})

test('a row without seats is left out, and the rows after it are counted as if it were not there', () => {
  const { rows } = layOut([
    {
      name: 'West',
      rows: [
        { name: '1', category: 'A', seats: [] },
        { name: '2', category: 'A', seats: seats('w1') },
      ],
    },
  ])
  expect(rows).toEqual([{ section: 'West', row: '2', baseSeat: 0, width: 1 }])
})

test('a seat may have a category of its own and be accessible', () => {
  const { seats: counted } = layOut([
    {
      name: 'West',
      rows: [
        {
          name: '1',
          category: 'A',
          seats: [
            { id: 'w1', number: '1', category: 'B', accessible: true },
            { id: 'w2', number: '2' },
          ],
        },
      ],
    },
  ])
  expect(counted).toEqual([
    { seatId: 'w1', rowNo: 0, number: '1', category: 'B', accessible: true },
    { seatId: 'w2', rowNo: 0, number: '2', category: 'A', accessible: false },
  ])
})

test('a layout finds seats by id and rows by section, also where a section comes in two parts', () => {
  const { rows, seats: counted } = layOut([
    { name: 'West', rows: [{ name: '1', category: 'A', seats: seats('w1') }] },
    { name: 'East', rows: [{ name: '1', category: 'A', seats: seats('e1') }] },
    { name: 'West', rows: [{ name: '2', category: 'A', seats: seats('w2') }] },
  ])
  const layout = planLayout(rows, counted)
  expect(layout.seatNoById.get('w2')).toBe(2)
  expect(layout.rowsBySection.get('West')?.map(({ row }) => row)).toEqual(['1', '2'])
})
