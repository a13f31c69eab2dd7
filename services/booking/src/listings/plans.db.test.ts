import type { Database } from '@tikitu/runtime/database'
import { testDatabase } from '@tikitu/runtime/testing'
import type { SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { beforeAll, expect, test } from 'vitest'
import { manyEvents } from '../../test/many-events.ts'
import { listingsOf, similarWordsOf, type EventCriteria, type ListPage } from './listing.sql.ts'
import { suggestionsOf } from './suggestion.sql.ts'

const isSoak = process.env['SOAK'] === '1'
/** With a tenth of them, the planner decides as it does with all; the times are those of all. */
const EVENTS = isSoak ? 100_000 : 10_000

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
  await manyEvents(database, EVENTS)
}, 300_000)

const PUBLISHED = { statuses: ['PUBLISHED'] } as const
const FIRST: ListPage = { sort: 'DATE', after: null, limit: 21 }
const near = { latitude: 41.1, longitude: 0.1, radiusKm: 50 }
const word = (typed: string) => ({ typed, similar: [] })
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)

/** What people ask, and how long it may take with 100,000 events, in milliseconds. */
const LISTS: readonly (readonly [string, EventCriteria, ListPage, number])[] = [
  ['by start', PUBLISHED, FIRST, 5],
  [
    'by start, deep',
    PUBLISHED,
    { ...FIRST, after: ['2028-06-01T00:00:00.000Z', '0190a000-0000-7000-8000-000000000000'] },
    5,
  ],
  ['by popularity', PUBLISHED, { ...FIRST, sort: 'POPULARITY' }, 5],
  [
    'by popularity, deep',
    PUBLISHED,
    { ...FIRST, sort: 'POPULARITY', after: ['0.5', '0190a000-0000-7000-8000-000000000000'] },
    5,
  ],
  ['a city', { ...PUBLISHED, city: 'city 7' }, FIRST, 5],
  ['a city by popularity', { ...PUBLISHED, city: 'city 7' }, { ...FIRST, sort: 'POPULARITY' }, 5],
  ['a country', { ...PUBLISHED, country: 'DE' }, FIRST, 5],
  ['a category by popularity', { ...PUBLISHED, category: 'MUSIC' }, { ...FIRST, sort: 'POPULARITY' }, 5],
  ['a weekend', { ...PUBLISHED, startsFrom: inDays(300), startsBefore: inDays(302) }, FIRST, 5],
  ['a price', { ...PUBLISHED, currency: 'EUR', priceFrom: 900, priceTo: 1_500 }, FIRST, 10],
  ['a price that nothing has', { ...PUBLISHED, currency: 'EUR', priceTo: 400 }, FIRST, 20],
  ['a price that next to nothing has', { ...PUBLISHED, currency: 'EUR', priceFrom: 20_400 }, FIRST, 20],
  ['available now', { ...PUBLISHED, availableNow: true }, FIRST, 10],
  ['a rare word', { ...PUBLISHED, words: [word('harvest')] }, FIRST, 25],
  ['a frequent word', { ...PUBLISHED, words: [word('night')] }, FIRST, 60],
  ['a name', { ...PUBLISHED, words: [word('metallica'), word('city')] }, FIRST, 40],
  ['a beginning', { ...PUBLISHED, words: [word('requ')] }, { ...FIRST, sort: 'POPULARITY' }, 40],
  ['around a point', { ...PUBLISHED, near }, FIRST, 30],
  ['around a point by distance', { ...PUBLISHED, near }, { ...FIRST, sort: 'DISTANCE' }, 30],
  ['a partner’s drafts', { statuses: ['DRAFT'], partnerIds: ['0190a000-0000-7000-8000-000000000000'] }, FIRST, 5],
  [
    'everything at once',
    {
      ...PUBLISHED,
      near,
      category: 'MUSIC',
      words: [word('live')],
      currency: 'EUR',
      priceTo: 9_000,
      availableNow: true,
      startsFrom: inDays(30),
    },
    { ...FIRST, sort: 'DISTANCE' },
    40,
  ],
]

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly PlanNode[]
}

/** The tables that a statement reads from one end to the other, and how long it takes, in milliseconds: the median of five. */
async function explain(statement: SQL): Promise<{ scanned: string[]; milliseconds: number }> {
  const { sql, params } = new PgDialect().sqlToQuery(statement)
  const runs: { scanned: string[]; milliseconds: number }[] = []
  for (let run = 0; run < 5; run++) {
    const { rows } = await database.pool.query<{
      'QUERY PLAN': [{ Plan: PlanNode; 'Planning Time': number; 'Execution Time': number }]
    }>(`explain (analyze, timing off, format json) ${sql}`, params)
    const plan = rows[0]?.['QUERY PLAN'][0]
    if (!plan) throw new Error('there is no plan')
    runs.push({ scanned: scannedBy(plan.Plan), milliseconds: plan['Execution Time'] })
  }
  const [median] = runs.toSorted((left, right) => left.milliseconds - right.milliseconds).slice(2)
  if (!median) throw new Error('nothing was measured')
  return median
}

function scannedBy(node: PlanNode): string[] {
  const name = node['Relation Name'] ?? '?'
  // There are a twentieth as many venues as events: in a short run their table is a few pages.
  const isSmall = !isSoak && name === 'venue_listings'
  const here = node['Node Type'] === 'Seq Scan' && !isSmall ? [name] : []
  return [...here, ...(node.Plans ?? []).flatMap(scannedBy)]
}

test.each(LISTS)('%s is found by an index', async (name, criteria, page, goal) => {
  const { scanned, milliseconds } = await explain(listingsOf(criteria, page))
  report(name, milliseconds, goal)
  expect(scanned).toEqual([])
})

test('words that are like others, and suggestions, are found by an index', async () => {
  const similar = await explain(similarWordsOf(['metalica', 'requim']))
  report('similar words', similar.milliseconds, 40)
  const suggested = await explain(suggestionsOf(['ni'], 8))
  report('suggestions', suggested.milliseconds, 60)
  expect([...similar.scanned, ...suggested.scanned]).toEqual([])
})

/** Figures are for people and for long runs: elsewhere the machine is somebody else's too. */
function report(name: string, milliseconds: number, goal: number): void {
  if (!isSoak) return
  process.stdout.write(`${EVENTS} events, ${name}: ${milliseconds.toFixed(2)} ms (at most ${goal})\n`)
  expect(milliseconds).toBeLessThan(goal)
}
