import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inRepository } from '../repository.ts'
import { problemsOfInput } from '../../test/partner-contract.ts'
import { readStadiumPlan } from './stadium-plan.ts'

const json = readFileSync(inRepository('scripts/data/stadium-39264-seats.json'), 'utf8')

describe('a document that is no stadium', () => {
  it.each([
    ['is not JSON', '{', SyntaxError],
    ['is something else', '[]', 'expected object'],
    ['has a stand in the sky', json.replace('"stand":"west"', '"stand":"up"'), 'sections[0].stand'],
    ['has a row of nobody', json.replace('"row":"1","seats":18', '"row":"1","seats":0'), 'sections[0].rows[0].seats'],
    [
      'has lost a seat',
      json.replace('"row":"1","seats":18', '"row":"1","seats":17'),
      'says it has 39264 seats, but its rows have 39263',
    ],
  ])('that %s is refused', (_what, text, message) => {
    expect(() => readStadiumPlan(text)).toThrow(message)
  })
})

describe('the stadium', () => {
  const plan = readStadiumPlan(json)
  const rows = plan.sections.flatMap((section) => section.rows)

  it('has 58 sections, 1,434 rows and 39,264 seats', () => {
    expect(plan.sections).toHaveLength(58)
    expect(rows).toHaveLength(1_434)
    expect(rows.reduce((sum, row) => sum + row.seats, 0)).toBe(39_264)
  })

  it('is what the graph takes for a seating plan', () => {
    expect(problemsOfInput('CreateSeatingPlanInput', { ...plan, venueId: 'any' })).toEqual([])
    expect(new Set(plan.sections.map(({ name }) => name)).size).toBe(58)
    for (const { name, rows: own } of plan.sections)
      expect(new Set(own.map((row) => row.name)).size, name).toBe(own.length)
    expect(Math.max(...rows.map(({ seats }) => seats))).toBeLessThanOrEqual(500)
  })

  it('calls its sections by stand and number', () => {
    expect(plan.sections.slice(0, 2).map(({ name }) => name)).toEqual(['west 1', 'west 2'])
    expect(plan.sections.at(-1)?.name).toBe('north 20')
  })

  it('costs more along the touchline than behind the goals, and has standing room', () => {
    const categories = new Set(plan.sections.map(({ name, category }) => `${name.split(' ')[0]}: ${category}`))
    expect(categories).toEqual(new Set(['west: Main', 'south: Standard', 'east: Main', 'north: Standard']))
    expect(plan.areas).toEqual([{ name: 'Fan zone', category: 'Standing', capacity: 2_000 }])
  })
})
