import { accepted } from '@tikitu/runtime/outcome'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { describe, expect, it } from 'vitest'
import { aPretixPlan } from '../../test/pretix-plan.ts'
import { categoriesOf, publishedSections, seatCount, sectionSummaries } from './plan.rules.ts'
import { planFromPretix } from './pretix.rules.ts'

function problemsOf(document: unknown): { path: string; message: string }[] {
  const reading = planFromPretix(document)
  return reading.ok ? [] : [...reading.facts.problems]
}

/** A sound plan with one value replaced; undefined takes it away. */
function damaged(path: string, value: unknown): unknown {
  const plan: unknown = aPretixPlan()
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '')
  const last = keys.pop() ?? ''
  const parent = keys.reduce((node, key) => (node as Record<string, unknown>)[key], plan) as Record<string, unknown>
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return plan
}

describe('a document that is no plan', () => {
  it.each([null, undefined, 1, 'zones', true, []])('%j is refused', (document) => {
    expect(problemsOf(document)).toEqual([{ path: 'plan', message: 'must be an object with zones and categories' }])
  })

  it('{} says what is missing', () => {
    expect(problemsOf({})).toEqual([
      { path: 'categories', message: 'is missing' },
      { path: 'zones', message: 'is missing' },
    ])
  })

  it('without seats and areas is refused', () => {
    expect(problemsOf({ zones: [], categories: [] })).toEqual([
      { path: 'zones', message: 'has neither a seat nor a general-admission area' },
    ])
    const stage = {
      zones: [{ name: 'Stage', position: { x: 0, y: 0 }, rows: [], areas: [{ shape: 'text' }] }],
      categories: [],
    }
    expect(problemsOf(stage).map(({ path }) => path)).toEqual(['zones'])
  })

  it('whatever it holds, nothing but problems comes of it', () => {
    for (const junk of [null, 0, 'x', [], [[]], {}, [null], [{ seats: 3 }], Number.NaN]) {
      for (const path of [
        'zones',
        'categories',
        'zones[0]',
        'zones[0].rows',
        'zones[0].rows[0]',
        'zones[0].rows[0].seats',
        'zones[0].rows[0].seats[0]',
      ]) {
        expect(() => planFromPretix(damaged(path, junk))).not.toThrow()
      }
    }
  })
})

describe('a damaged plan is refused with the place of the damage', () => {
  const SEAT = 'zones[0].rows[0].seats[0]'
  it.each<[path: string, value: unknown, message: RegExp]>([
    ['zones', {}, /must be a list/],
    ['zones[0]', null, /must be an object/],
    ['zones[1].name', undefined, /is missing/],
    ['zones[0].name', 7, /must be a string/],
    ['zones[0].name', '  ', /must not be empty/],
    ['zones[0].name', 'x'.repeat(101), /at most 100/],
    ['zones[1].name', 'Parkett', /"Parkett" is already used at zones\[0\].name/],
    ['zones[0].position', 'left', /numbers x and y/],
    ['zones[0].rows', undefined, /is missing/],
    ['zones[0].rows', 'A', /must be a list/],
    ['zones[0].rows[0]', [], /must be an object/],
    ['zones[0].rows[0].row_number', undefined, /is missing/],
    ['zones[0].rows[0].row_number', 1, /must be a string/],
    ['zones[0].rows[0].seats', undefined, /is missing/],
    ['zones[0].rows[0].seats', [], /must not be empty/],
    ['focal_point', [1, 2], /numbers x and y/],
    [SEAT, 'A1', /must be an object/],
    [`${SEAT}.seat_guid`, undefined, /is missing/],
    [`${SEAT}.seat_guid`, '', /must not be empty/],
    [`${SEAT}.seat_guid`, 12, /must be a string/],
    [`${SEAT}.seat_guid`, 'x'.repeat(321), /at most 320/],
    [`${SEAT}.seat_guid`, 'a\u0000', /control characters/],
    [`${SEAT}.seat_number`, undefined, /is missing/],
    [`${SEAT}.seat_number`, 1, /must be a string/],
    [`${SEAT}.seat_number`, '\ud800', /control characters/],
    [`${SEAT}.category`, undefined, /is missing/],
    [`${SEAT}.category`, 'Gold', /"Gold" is not the name of a category/],
    [`${SEAT}.position`, { x: 1 }, /numbers x and y/],
    [`${SEAT}.position`, { x: '1', y: 2 }, /numbers x and y/],
    [`${SEAT}.position`, { x: 1e300, y: 2 }, /numbers x and y/],
    [`${SEAT}.accessible`, 'yes', /true or false/],
    ['categories', undefined, /is missing/],
    ['categories[0]', 'Main', /must be an object/],
    ['categories[0].name', undefined, /is missing/],
    ['zones[1].areas', 'bar', /must be a list/],
    ['zones[1].areas[0]', null, /must be an object/],
    ['zones[1].areas[0].capacity', 'many', /whole number/],
    ['zones[1].areas[0].capacity', 0, /from 1 to 1000000/],
    ['zones[1].areas[0].category', undefined, /is missing/],
    ['zones[1].areas[0].category', 'Gold', /is not the name of a category/],
    ['zones[1].areas[0].text.text', undefined, /is missing/],
  ])('%s is %j', (path, value, message) => {
    const problems = problemsOf(damaged(path, value))
    expect(problems).toContainEqual({ path, message: expect.stringMatching(message) })
  })

  it('a list of categories that is wrong is one problem, not one for every seat', () => {
    expect(problemsOf(damaged('categories', undefined))).toEqual([{ path: 'categories', message: 'is missing' }])
  })

  it('two seats of one guid', () => {
    expect(problemsOf(damaged('zones[1].rows[0].seats[0].seat_guid', 'p-1-1'))).toEqual([
      {
        path: 'zones[1].rows[0].seats[0].seat_guid',
        message: '"p-1-1" is already used at zones[0].rows[0].seats[0].seat_guid',
      },
    ])
  })

  it('two seats of one number in a row, though an aisle parts it', () => {
    const [problem] = problemsOf(damaged('zones[0].rows[1].seats[0].seat_number', '2'))
    expect(problem?.path).toBe('zones[0].rows[1].seats[0].seat_number')
  })

  it('two areas of one name', () => {
    const plan = aPretixPlan()
    plan.zones[0]!.areas.push(structuredClone(plan.zones[1]!.areas[0]!))
    expect(problemsOf(plan).map(({ path }) => path)).toEqual(['zones[1].areas[0].text.text'])
  })

  it('more than 100,000 seats: by the row that goes beyond, and a million cost nothing', () => {
    const seat = { seat_guid: 'the same', seat_number: '1', category: 'Main' }
    const path = 'zones[0].rows[1].seats'
    for (const count of [100_001, 1_000_000]) {
      const watch = stopwatch()
      expect(
        problemsOf(
          damaged(
            path,
            Array.from({ length: count }, () => seat),
          ),
        ),
      ).toEqual([{ path, message: 'goes beyond the 100000 seats that a plan has at most' }])
      expect(watch.milliseconds()).toBeLessThan(2_000)
    }
  })

  it('rows that are missing', () => {
    expect(problemsOf(damaged('zones[1].rows', undefined))).toEqual([{ path: 'zones[1].rows', message: 'is missing' }])
    expect(problemsOf(damaged('zones[0].rows[0].seats', []))).toEqual([
      { path: 'zones[0].rows[0].seats', message: 'must not be empty' },
    ])
  })
})

describe('a sound plan', () => {
  const reading = planFromPretix(aPretixPlan())
  const plan = reading.ok ? reading.value : { sections: [], areas: [] }

  it('is read with its ids, numbers, categories and places in the hall', () => {
    expect(plan).toEqual({
      sections: [
        {
          name: 'Parkett',
          rows: [
            {
              name: '1',
              category: 'Main',
              seats: [
                { id: 'p-1-1', number: '1', position: [110, 220] },
                { id: 'p-1-2', number: '2', position: [130, 220] },
                { id: 'p-1-3', number: '3', category: 'Cheap', accessible: true, position: [150, 220] },
              ],
            },
            // The other side of the aisle.
            { name: '1', category: 'Main', seats: [{ id: 'p-1-4', number: '4', position: [210, 220] }] },
          ],
        },
        { name: 'Rang', rows: [{ name: 'A', category: 'Cheap', seats: [{ id: 'r-a-1', number: '1' }] }] },
      ],
      areas: [{ name: 'Stehplatz', category: 'Standing', capacity: 300 }],
    })
  })

  it('is counted without the aisle', () => {
    expect(seatCount(plan)).toBe(5)
    expect(sectionSummaries(plan)).toEqual([
      { name: 'Parkett', rows: 1, seats: 4 },
      { name: 'Rang', rows: 1, seats: 1 },
    ])
  })

  it('has the categories that are used, and no others', () => {
    expect(categoriesOf(plan)).toEqual(['Main', 'Cheap', 'Standing'])
  })

  it('is told to others without positions', () => {
    expect(publishedSections(plan)[0]?.rows[0]?.seats).toEqual([
      { id: 'p-1-1', number: '1' },
      { id: 'p-1-2', number: '2' },
      { id: 'p-1-3', number: '3', category: 'Cheap', accessible: true },
    ])
  })

  it('says of each row how close it comes to what people look at, where all its seats have a place', () => {
    const { focal_point, ...document } = { ...aPretixPlan(), focal_point: { x: 131, y: 224 } }
    const looking = accepted(planFromPretix({ ...document, focal_point }))
    expect(looking.focalPoint).toEqual([131, 224])
    const [stalls] = publishedSections(looking)
    expect(stalls?.rows[0]).toMatchObject({ focus: { place: 1, distance: Math.hypot(1, 4) } })
    expect(publishedSections(accepted(planFromPretix(document)))[0]?.rows[0]).not.toHaveProperty('focus')
    const [first] = document.zones[0]!.rows[0]!.seats
    delete first!['position']
    expect(publishedSections(accepted(planFromPretix({ ...document, focal_point })))[0]?.rows[0]).not.toHaveProperty(
      'focus',
    )
  })

  it('may name a zone by its id, as older documents do not name it', () => {
    const older = aPretixPlan()
    Object.assign(older.zones[0]!, { name: undefined, zone_id: 'zone-1' })
    const read = planFromPretix(older)
    expect(read.ok && read.value.sections[0]?.name).toBe('zone-1')
  })
})
