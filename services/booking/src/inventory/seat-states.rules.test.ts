import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, test } from 'vitest'
import { layOut, planLayout } from '../venues/plan.rules.ts'
import { compactLayout, compactSections, sectionChanges } from './compact-map.rules.ts'
import { changedPlaces, packStates, statesOfLetters, unpackStates } from './seat-states.rules.ts'

const someStates = fc.uint8Array({ max: 3, maxLength: 70 })

describe('two bits a seat', () => {
  test('the first seat is in the lowest bits of the first byte, and what is left over is 0', () => {
    expect([...packStates(statesOfLetters('HSBAS'))]).toEqual([0b00_11_10_01, 0b00_00_00_10])
    expect(packStates(statesOfLetters(''))).toHaveLength(0)
  })

  test('tell the states they were made of', () => {
    fc.assert(
      fc.property(someStates, (states) => {
        const packed = packStates(states)
        expect(packed).toHaveLength(Math.ceil(states.length / 4))
        expect(unpackStates(packed, states.length)).toEqual(states)
      }),
    )
  })

  test('places that changed lead from one to the other, and no others do', () => {
    const pairs = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 70 })
    fc.assert(
      fc.property(pairs, (states) => {
        const [before, after] = [states.map(([was]) => was), states.map(([, is]) => is)]
        const changed = changedPlaces(Uint8Array.from(before), Uint8Array.from(after))
        expect(before.map((was, place) => (changed.includes(place) ? after[place] : was))).toEqual(after)
        expect(changed.every((place) => before[place] !== after[place])).toBe(true)
      }),
    )
  })
})

describe('a plan of two sections', () => {
  const seat = (id: string, facts: object = {}) => ({ id, number: id.slice(1), ...facts })
  const { rows, seats } = layOut([
    {
      name: 'Stalls',
      rows: [
        { name: '1', category: 'GOLD', seats: [seat('a1'), seat('a2', { accessible: true })] },
        { name: '2', category: 'SILVER', seats: [seat('b1'), seat('b2', { category: 'GOLD' }), seat('b3')] },
      ],
    },
    { name: 'Circle', rows: [{ name: '1', category: 'SILVER', seats: [seat('c1')] }] },
  ])
  const plan = planLayout(rows, seats)

  test('has its places counted through the rows of a section', () => {
    expect(compactSections(plan, statesOfLetters('AHSBAH'))).toEqual([
      { name: 'Stalls', seats: 5, available: 2, states: Buffer.from([0b11_10_01_00, 0]).toString('base64') },
      { name: 'Circle', seats: 1, available: 0, states: Buffer.from([0b01]).toString('base64') },
    ])
  })

  test('tells of several changes the last state of each seat, by section', () => {
    const first = { seatNos: [0, 4, 5], states: Uint8Array.of(1, 1, 1) }
    const second = { seatNos: [4], states: Uint8Array.of(0) }
    expect(sectionChanges(plan, [first])).toEqual([
      { name: 'Stalls', available: [], held: [0, 4], sold: [], blocked: [] },
      { name: 'Circle', available: [], held: [0], sold: [], blocked: [] },
    ])
    expect(sectionChanges(plan, [first, second])[0]).toMatchObject({ available: [4], held: [0] })
    expect(sectionChanges(plan, [second])).toHaveLength(1)
  })

  test('has a layout with ids, numbers, categories and seats for wheelchairs by row', () => {
    expect(compactLayout('p', plan)).toEqual({
      id: 'p',
      categories: ['GOLD', 'SILVER'],
      sections: [
        {
          name: 'Stalls',
          rows: [
            { name: '1', seatIds: ['a1', 'a2'], numbers: ['1', '2'], categories: [0, 0], accessible: [1] },
            { name: '2', seatIds: ['b1', 'b2', 'b3'], numbers: ['1', '2', '3'], categories: [1, 0, 1], accessible: [] },
          ],
        },
        { name: 'Circle', rows: [{ name: '1', seatIds: ['c1'], numbers: ['1'], categories: [1], accessible: [] }] },
      ],
    })
  })
})
