import { fc } from '@tikitu/runtime/testing/properties'
import { expect, test } from 'vitest'
import { timelineOf, type Passage } from './timeline.rules.ts'

const passage = (id: string, direction: Passage['direction'], minute: number): Passage => ({
  id,
  direction,
  at: new Date(Date.UTC(2027, 4, 1, 18, minute)),
})

test('with a ticket that nobody came with, nobody is inside', () => {
  expect(timelineOf([])).toEqual({ inside: false, firstEntry: null, doubles: [] })
})

test('of two who came in with one ticket the first by the clock wins, whoever is told of first', () => {
  const [early, late] = [passage('b', 'ENTRY', 1), passage('a', 'ENTRY', 2)]
  for (const told of [
    [early, late],
    [late, early],
  ])
    expect(timelineOf(told)).toEqual({ inside: true, firstEntry: early, doubles: [{ passage: late, first: early }] })
})

test('who went out may come in again', () => {
  const [first, out, again] = [passage('a', 'ENTRY', 1), passage('b', 'EXIT', 2), passage('c', 'ENTRY', 3)]
  expect(timelineOf([again, out, first])).toEqual({ inside: true, firstEntry: first, doubles: [] })
  expect(timelineOf([first, out])).toMatchObject({ inside: false, firstEntry: first })
})

test('who leaves without having come in makes nobody a double', () => {
  expect(timelineOf([passage('a', 'EXIT', 1), passage('b', 'ENTRY', 2)])).toMatchObject({ inside: true, doubles: [] })
})

test('whatever the order in which doors tell, the story is the same', () => {
  const passages = fc.array(
    fc.record({
      direction: fc.constantFrom('ENTRY' as const, 'EXIT' as const),
      minute: fc.integer({ min: 0, max: 9 }),
    }),
    { maxLength: 12 },
  )
  const told = passages.map((drawn) =>
    drawn.map(({ direction, minute }, index) => passage(`${index}`, direction, minute)),
  )
  fc.assert(
    fc.property(
      told.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const story = timelineOf(all)
        expect(timelineOf(shuffled)).toEqual(story)
        const entries = all.filter(({ direction }) => direction === 'ENTRY').length
        expect(story.doubles.length).toBeLessThanOrEqual(Math.max(0, entries - 1))
        expect(story.firstEntry === null).toBe(entries === 0)
      },
    ),
  )
})
