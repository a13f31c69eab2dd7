import { randomUUID } from 'node:crypto'
import { newId } from '@tikitu/runtime/ids'
import type { Identity } from '@tikitu/runtime/identity'
import { anAdmin, aUser, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { aPartner, aVenue, partnerService, venueInput, type TestPartner } from '../test/build.ts'
import { aPretixPlan } from '../test/pretix-plan.ts'

let service: TestService
let partner: TestPartner
let venueId: string
beforeAll(async () => {
  service = await partnerService()
  partner = await aPartner(service)
  venueId = await aVenue(service, partner)
})

/** A mutation that creates a row, and whose key may be left out: who asks, for what, and for what else. */
interface Keyed {
  readonly name: string
  readonly facts: string
  readonly table: 'partners' | 'venues' | 'seating_plans' | 'api_clients'
  readonly wishes: () => { identity: Identity; one: object; other: object }
}

const sections = [{ name: 'Stalls', category: 'Main', rows: [{ name: 'A', seats: 2 }] }]

const MUTATIONS: readonly Keyed[] = [
  {
    name: 'registerPartner',
    facts: '... on Partner { id companyName contactEmail }',
    table: 'partners',
    wishes: () => {
      const one = { companyName: 'Round House Ltd', contactEmail: 'office@example.com' }
      return { identity: aUser(), one, other: { ...one, contactEmail: 'other@example.com' } }
    },
  },
  {
    name: 'createVenue',
    facts: '... on Venue { id name location { latitude } }',
    table: 'venues',
    wishes: () => {
      const one = venueInput(partner.id, { location: { latitude: 51.5, longitude: -0.1 } })
      return { identity: partner.owner, one, other: { ...one, location: { latitude: 51.6, longitude: -0.1 } } }
    },
  },
  {
    name: 'createSeatingPlan',
    facts: '... on SeatingPlan { id version seatCount }',
    table: 'seating_plans',
    wishes: () => {
      const one = { venueId, name: 'Hall', sections }
      return {
        identity: partner.manager,
        one,
        other: { ...one, areas: [{ name: 'Pit', category: 'Pit', capacity: 9 }] },
      }
    },
  },
  {
    name: 'importSeatingPlan',
    facts: '... on SeatingPlan { id version seatCount }',
    table: 'seating_plans',
    wishes: () => {
      const one = { venueId, name: 'Hall', plan: aPretixPlan() }
      return { identity: partner.owner, one, other: { ...one, plan: JSON.stringify(aPretixPlan()) } }
    },
  },
  {
    name: 'addApiClient',
    facts: '... on ApiClient { clientId name createdAt }',
    table: 'api_clients',
    wishes: () => {
      const one = { partnerId: partner.id, clientId: randomUUID().replaceAll('-', ''), name: 'Box office' }
      return { identity: anAdmin('SUPPORT'), one, other: { ...one, name: 'Another' } }
    },
  },
]

describe.each(MUTATIONS)('$name under a key', ({ name, facts, table, wishes }) => {
  const type = name.charAt(0).toUpperCase() + name.slice(1)
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ${facts}
    ... on IdempotencyKeyReused { idempotencyKey } } }`
  const ask = async (identity: Identity, input: object) => {
    const { data, errors } = await service.graph(identity, query, { input })
    return errors[0]?.extensions['code'] ?? data[name]
  }
  const rows = async () => {
    const { rows: counted } = await service.database.pool.query(
      `select (select count(*) from ${table})::integer as rows, (select count(*) from outbox)::integer as told`,
    )
    return counted[0]
  }

  test.each(['short', 'with a space in it', 'x'.repeat(101), '\u0000'.repeat(8)])(
    'is refused when the key is %j',
    async (idempotencyKey) => {
      const { identity, one } = wishes()
      const before = await rows()
      expect(await ask(identity, { ...one, idempotencyKey })).toBe('BAD_USER_INPUT')
      expect(await rows()).toEqual(before)
    },
  )

  test('is done once, however often it is asked for, and gives the first answer again', async () => {
    const { identity, one, other } = wishes()
    const idempotencyKey = newId()
    const before = await rows()
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(identity, { ...one, idempotencyKey })))
    const after = await rows()
    expect(after.rows).toBe(before.rows + 1)
    const first = answers.find((answer) => answer !== 'CONFLICT')
    expect(first).toMatchObject({ __typename: expect.not.stringContaining('Reused') })
    for (const answer of answers) expect([first, 'CONFLICT']).toContainEqual(answer)
    expect(await ask(identity, { ...one, idempotencyKey })).toEqual(first)
    expect(await ask(identity, { ...other, idempotencyKey })).toEqual({
      __typename: 'IdempotencyKeyReused',
      idempotencyKey,
    })
    expect(await rows()).toEqual(after)
  })

  test('needs none, and without one is as it ever was', async () => {
    const { identity, one } = wishes()
    const before = await rows()
    const answers = [await ask(identity, one), await ask(identity, { ...one, idempotencyKey: null })]
    const second = { registerPartner: 'PartnerExists', addApiClient: 'ApiClientTaken' }[name]
    expect((await rows()).rows).toBe(before.rows + (second ? 1 : 2))
    expect(answers[1].__typename).toBe(second ?? answers[0].__typename)
  })
})

test('what was refused is not remembered under its key, and a key is its caller’s own', async () => {
  const query = `mutation ($input: CreateSeatingPlanInput!) { createSeatingPlan(input: $input) { __typename ... on SeatingPlan { id } } }`
  const ask = async (identity: Identity, name: string, seats: number) => {
    const hall = [{ name: 'Stalls', category: 'Main', rows: [{ name: 'A', seats }] }]
    const input = { venueId, name, sections: hall, idempotencyKey: 'the-same-key' }
    return (await service.graph(identity, query, { input })).data.createSeatingPlan
  }
  expect(await ask(partner.owner, 'Hall', 501)).toEqual({ __typename: 'SeatingPlanInvalid' })
  const mine = await ask(partner.owner, 'Hall', 2)
  expect(mine.__typename).toBe('SeatingPlan')
  const theirs = await ask(partner.manager, 'Other hall', 3)
  expect(theirs.__typename).toBe('SeatingPlan')
  expect(theirs.id).not.toBe(mine.id)
})
