import { gzipSync } from 'node:zlib'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { beforeAll, describe, expect, it } from 'vitest'
import { aUser, type TestService } from '@tikitu/runtime/testing'
import { sqlState } from '@tikitu/runtime/database'
import {
  aPartner,
  aVenue,
  anInactiveVenue,
  anyId,
  everyCaller,
  outcomeOf,
  partnerService,
  type CallerKind,
  type TestPartner,
} from '../../test/build.ts'
import { aPretixPlan } from '../../test/pretix-plan.ts'

let service: TestService
let partner: TestPartner
let venueId: string
let callers: ReturnType<typeof everyCaller>
beforeAll(async () => {
  service = await partnerService()
  partner = await aPartner(service)
  venueId = await aVenue(service, partner)
  callers = everyCaller(partner, await aPartner(service))
})

const FIELDS = `__typename
  ... on SeatingPlan { id name version seatCount categories sections { name rows seats } areas { name category capacity } createdAt venue { id } }
  ... on VenueNotFound { venueId }
  ... on SeatingPlanInvalid { message problems { path message } }`
const CREATE = `mutation ($input: CreateSeatingPlanInput!) { answer: createSeatingPlan(input: $input) { ${FIELDS} } }`
const IMPORT = `mutation ($input: ImportSeatingPlanInput!) { answer: importSeatingPlan(input: $input) { ${FIELDS} } }`

const form = (facts: object = {}) => ({
  venueId,
  name: 'End stage',
  sections: [{ name: 'Stalls', category: 'Main', rows: [{ name: 'A', seats: 2 }] }],
  ...facts,
})

async function countOf(table: 'seating_plans' | 'outbox'): Promise<number> {
  const { rows } = await service.database.pool.query<{ count: number }>(`select count(*)::int from ${table}`)
  return rows[0]?.count ?? 0
}

describe('who may add a plan', () => {
  it.each<[CallerKind, string]>([
    ['nobody', 'UNAUTHENTICATED'],
    ['stranger', 'FORBIDDEN'],
    ['buyer', 'VenueNotFound'],
    ['other owner', 'VenueNotFound'],
    ['other machine', 'FORBIDDEN'],
    ['scanner', 'FORBIDDEN'],
    ['machine', 'FORBIDDEN'],
    ['support', 'FORBIDDEN'],
    ['service', 'FORBIDDEN'],
    ['manager', 'SeatingPlan'],
    ['owner', 'SeatingPlan'],
  ])('%s gets %s', async (kind, expected) => {
    expect(await outcomeOf(service, callers[kind], CREATE, { input: form() })).toBe(expected)
    expect(
      await outcomeOf(service, callers[kind], IMPORT, { input: { venueId, name: 'Hall', plan: aPretixPlan() } }),
    ).toBe(expected)
  })

  it('a stranger is not told what is wrong with a plan', async () => {
    expect(await outcomeOf(service, aUser(), IMPORT, { input: { venueId, name: 'Hall', plan: 1 } })).toBe(
      'VenueNotFound',
    )
  })

  it.each(['', "x'; --", 'a\u0000', anyId()])('there is no venue %j', async (id) => {
    const { data } = await service.graph(partner.owner, CREATE, { input: form({ venueId: id }) })
    expect(data.answer).toEqual({ __typename: 'VenueNotFound', venueId: id })
  })
})

describe('a plan that is wrong', () => {
  it.each([
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\u0000' }],
  ])('names the bad %s', async (field, facts) => {
    const { errors } = await service.graph(partner.owner, CREATE, { input: form(facts) })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })

  it('is refused with what is wrong where, and nothing is written', async () => {
    const before = [await countOf('seating_plans'), await countOf('outbox')]
    const quick = await service.graph(partner.owner, CREATE, {
      input: form({ sections: [{ name: 'S', category: 'c', rows: [{ name: 'A', seats: 501 }] }] }),
    })
    expect(quick.data.answer).toEqual({
      __typename: 'SeatingPlanInvalid',
      message: 'The seating plan cannot be used: one thing is wrong with it.',
      problems: [{ path: 'sections[0].rows[0].seats', message: 'must be a whole number from 1 to 500' }],
    })
    const twice = aPretixPlan()
    twice.zones[0]!.rows[1]!.seats[0]!['seat_guid'] = 'p-1-1'
    const noRows = { ...aPretixPlan(), zones: [{ name: 'Parkett' }] }
    const million = '{"seat_guid":"a","seat_number":"1","category":"A"},'.repeat(1_000_000)
    const damages: [plan: unknown, path: string, message: string][] = [
      [1, 'plan', 'must be an object'],
      [[], 'plan', 'must be an object'],
      [{}, 'categories', 'is missing'],
      ['{"zones": [}', 'plan', 'is not JSON: see line 1, column 12'],
      [twice, 'zones[0].rows[1].seats[0].seat_guid', '"p-1-1" is already used at zones[0].rows[0].seats[0].seat_guid'],
      [JSON.stringify(twice), 'zones[0].rows[1].seats[0].seat_guid', 'is already used'],
      [noRows, 'zones[0].rows', 'is missing'],
      [gzipSync(`[${million}`).toString('base64'), 'plan', 'bytes when it is unpacked'],
      [
        gzipSync(`{"zones":[{"rows":[{"seats":[${'1,'.repeat(999_999)}1]}]}],"categories":[]}`).toString('base64'),
        'zones[0].rows[0].seats',
        'goes beyond the 100000 seats',
      ],
    ]
    for (const [plan, path, message] of damages) {
      const { data } = await service.graph(partner.owner, IMPORT, { input: { venueId, name: 'Hall', plan } })
      expect(data.answer).toMatchObject({
        __typename: 'SeatingPlanInvalid',
        problems: expect.arrayContaining([{ path, message: expect.stringContaining(message) }]),
      })
    }
    expect([await countOf('seating_plans'), await countOf('outbox')]).toEqual(before)
  })

  it('may be written into the document itself', async () => {
    const { data } = await service.graph(
      partner.owner,
      `mutation { answer: importSeatingPlan(input: { venueId: "${venueId}", name: "x", plan: { zones: 1, categories: [{ name: "a" }] } }) { ${FIELDS} } }`,
    )
    expect(data.answer.problems).toEqual([{ path: 'zones', message: 'must be a list' }])
  })
})

describe('a plan that is right', () => {
  it('from the quick form is a version, published with every seat', async () => {
    const id = await aVenue(service, partner)
    const areas = [{ name: 'Pit', category: 'Standing', capacity: 100 }]
    const { data } = await service.graph(partner.manager, CREATE, {
      input: form({ venueId: id, name: "Rock 'n' roll; --", areas }),
    })
    const { id: planId, createdAt, ...plan } = data.answer
    expect(plan).toEqual({
      __typename: 'SeatingPlan',
      name: "Rock 'n' roll; --",
      version: 1,
      seatCount: 2,
      categories: ['Main', 'Standing'],
      sections: [{ name: 'Stalls', rows: 1, seats: 2 }],
      areas,
      venue: { id },
    })
    const published = (await service.published('seating_plan.published')).at(-1)
    expect(published?.data).toEqual({
      planId,
      venueId: id,
      partnerId: partner.id,
      name: "Rock 'n' roll; --",
      version: 1,
      seatCount: 2,
      categories: ['Main', 'Standing'],
      sections: [
        {
          name: 'Stalls',
          rows: [
            {
              name: 'A',
              category: 'Main',
              seats: [
                { id: 'Stalls-A-1', number: '1' },
                { id: 'Stalls-A-2', number: '2' },
              ],
            },
          ],
        },
      ],
      areas,
      at: createdAt,
    })
  })

  it('from pretix keeps its places for later and publishes what others need', async () => {
    const { data } = await service.graph(partner.owner, IMPORT, {
      input: { venueId, name: 'Stadthalle', plan: aPretixPlan() },
    })
    expect(data.answer).toMatchObject({
      seatCount: 5,
      categories: ['Main', 'Cheap', 'Standing'],
      areas: [{ name: 'Stehplatz', capacity: 300 }],
    })
    const { rows } = await service.database.pool.query(
      "select layout #> '{0,rows,0,seats,0}' as seat from seating_plans where id = $1",
      [data.answer.id],
    )
    expect(rows).toEqual([{ seat: { id: 'p-1-1', number: '1', position: [110, 220] } }])
    const published = (await service.published('seating_plan.published')).at(-1)
    expect(JSON.stringify(published?.data)).not.toContain('position')
    expect(JSON.stringify(published?.data)).not.toContain('focus')

    const plan = { ...aPretixPlan(), focal_point: { x: 110, y: 220 } }
    await service.graph(partner.owner, IMPORT, { input: { venueId, name: 'Stadthalle', plan } })
    const looking = (await service.published('seating_plan.published')).at(-1)
    expect(looking?.data).toMatchObject({ sections: [{ rows: [{ focus: { place: 0, distance: 0 } }, {}] }, {}] })
    expect(
      (await service.database.pool.query('select focal_point from seating_plans where focal_point is not null')).rows,
    ).toEqual([{ focal_point: [110, 220] }])
  })

  it('is the same as text, and as text that is packed', async () => {
    const text = JSON.stringify(aPretixPlan())
    for (const plan of [text, gzipSync(text).toString('base64')]) {
      const { data } = await service.graph(partner.owner, IMPORT, { input: { venueId, name: 'Stadthalle', plan } })
      expect(data.answer).toMatchObject({ __typename: 'SeatingPlan', seatCount: 5 })
    }
  })

  it('with general admission alone is fine', async () => {
    const { data } = await service.graph(partner.owner, CREATE, {
      input: form({ sections: [], areas: [{ name: 'Field', category: 'Camping', capacity: 60_000 }] }),
    })
    expect(data.answer).toMatchObject({ seatCount: 0, categories: ['Camping'], sections: [] })
  })

  it('of forty hands at once is forty versions, counted from 1', async () => {
    const id = await aVenue(service, partner)
    await Promise.all(
      Array.from({ length: 40 }, () => service.graph(partner.owner, CREATE, { input: form({ venueId: id }) })),
    )
    const { data } = await service.graph(
      partner.owner,
      'query ($id: ID!) { venue(id: $id) { seatingPlans { version } } }',
      { id },
    )
    expect(data.venue.seatingPlans.map((plan: { version: number }) => plan.version)).toEqual(
      Array.from({ length: 40 }, (_, index) => 40 - index),
    )
  })

  it('never changes and never vanishes', async () => {
    await service.graph(partner.owner, CREATE, { input: form() })
    for (const statement of [
      "update seating_plans set name = 'another'",
      'update seating_plans set version = version',
      'delete from seating_plans',
      'truncate seating_plans',
    ]) {
      const error: unknown = await service.database.pool.query(statement).catch((reason: unknown) => reason)
      expect(sqlState(error), statement).toBe('23001')
    }
  })

  it('of a stadium of 39,264 seats is there in a second', async () => {
    // As many seats, rows and sections as the stadium of the demo has.
    const rows = (section: number) =>
      Array.from({ length: section < 42 ? 25 : 24 }, (_, row) => ({ name: String(row + 1), seats: 27 }))
    const sections = Array.from({ length: 58 }, (_, section) => ({
      name: `section ${section}`,
      category: 'Main',
      rows: rows(section),
    }))
    const total = sections.reduce((sum, section) => sum + section.rows.length * 27, 0)
    const watch = stopwatch()
    const { data } = await service.graph(partner.owner, CREATE, { input: form({ sections }) })
    const milliseconds = watch.milliseconds()
    expect(data.answer).toMatchObject({ __typename: 'SeatingPlan', seatCount: total })
    expect(total).toBeGreaterThan(38_000)
    expect(milliseconds).toBeLessThan(3_000)
  })
})

describe('who sees a plan, asked for or met as an entity', () => {
  const ASK = `query ($id: ID!, $representations: [_Any!]!) {
    seatingPlan(id: $id) { version venue { id } }
    _entities(representations: $representations) { ... on SeatingPlan { version } }
  }`

  it.each<[CallerKind, boolean]>([
    ['nobody', false],
    ['stranger', false],
    ['buyer', false],
    ['other owner', false],
    ['other machine', false],
    ['service', false],
    ['scanner', true],
    ['manager', true],
    ['owner', true],
    ['machine', true],
    ['support', true],
    ['finance', true],
  ])('%s: %s', async (kind, visible) => {
    const inactive = await anInactiveVenue(service, partner)
    const { data: made } = await service.graph(partner.owner, CREATE, { input: form({ venueId: inactive }) })
    const id = made.answer.id
    const { data, errors } = await service.graph(callers[kind], ASK, {
      id,
      representations: [{ __typename: 'SeatingPlan', id }],
    })
    expect(errors).toEqual([])
    expect(data.seatingPlan).toEqual(visible ? { version: 1, venue: { id: inactive } } : null)
    expect(data._entities).toEqual([visible ? { version: 1 } : null])
  })

  it.each(['', 'x', 'a\u0000', anyId()])('there is no plan %j', async (id) => {
    const { data } = await service.graph(partner.owner, ASK, {
      id,
      representations: [{ __typename: 'SeatingPlan', id }],
    })
    expect(data).toEqual({ seatingPlan: null, _entities: [null] })
  })
})
