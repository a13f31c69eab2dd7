import { beforeAll, describe, expect, it } from 'vitest'
import { aUser, nobody, type TestService } from '@tikitu/runtime/testing'
import {
  aPartner,
  aVenue,
  anInactiveVenue,
  anyId,
  decide,
  everyCaller,
  partnerService,
  type CallerKind,
  type TestPartner,
} from '../../test/build.ts'

let service: TestService
let partner: TestPartner
let callers: ReturnType<typeof everyCaller>
beforeAll(async () => {
  service = await partnerService()
  partner = await aPartner(service)
  callers = everyCaller(partner, await aPartner(service))
})

describe('who sees a venue', () => {
  const ASK = `query ($id: ID!, $partnerId: ID!, $representations: [_Any!]!) {
    venue(id: $id) { name seatingPlans { id } }
    venues(filter: { partnerId: $partnerId }, first: 100) { edges { node { id } } }
    partner(id: $partnerId) { venues(first: 100) { edges { node { id } } } }
    _entities(representations: $representations) { ... on Venue { name city isActive seatingPlans { id } } }
  }`
  let active: string
  let inactive: string
  beforeAll(async () => {
    active = await aVenue(service, partner)
    inactive = await anInactiveVenue(service, partner)
  })

  async function sees(kind: CallerKind, id: string): Promise<string> {
    const variables = { id, partnerId: partner.id, representations: [{ __typename: 'Venue', id }] }
    const { data, errors } = await service.graph(callers[kind], ASK, variables)
    expect(errors).toEqual([])
    const seen = data.venue !== null
    expect(data._entities).toMatchObject([{ name: 'Town Hall', isActive: id === active }])
    expect(data._entities[0].seatingPlans).toEqual(data.venue?.seatingPlans ?? null)
    for (const list of [data.venues, data.partner.venues]) {
      expect(list.edges.some((edge: { node: { id: string } }) => edge.node.id === id)).toBe(seen)
    }
    if (!seen) return 'nothing'
    return data.venue.seatingPlans === null ? 'without plans' : 'with plans'
  }

  it.each<[CallerKind, active: string, inactive: string]>([
    ['nobody', 'without plans', 'nothing'],
    ['stranger', 'without plans', 'nothing'],
    ['buyer', 'without plans', 'nothing'],
    ['other owner', 'without plans', 'nothing'],
    ['other machine', 'without plans', 'nothing'],
    ['service', 'without plans', 'nothing'],
    ['scanner', 'with plans', 'with plans'],
    ['manager', 'with plans', 'with plans'],
    ['owner', 'with plans', 'with plans'],
    ['machine', 'with plans', 'with plans'],
    ['support', 'with plans', 'with plans'],
    ['finance', 'with plans', 'with plans'],
  ])(
    '%s finds an active one %s, an inactive one %s, and is told of both by whatever refers to them',
    async (kind, ofActive, ofInactive) => {
      expect([await sees(kind, active), await sees(kind, inactive)]).toEqual([ofActive, ofInactive])
    },
  )

  it('nothing is told of a venue that does not exist', async () => {
    const ids = [anyId(), "'; drop table venues", 'a\u0000', '']
    const { data, errors } = await service.graph(nobody(), ASK, {
      id: active,
      partnerId: partner.id,
      representations: ids.map((id) => ({ __typename: 'Venue', id })),
    })
    expect([data._entities, errors]).toEqual([ids.map(() => null), []])
  })

  it('a venue of a suspended partner stays, without its partner', async () => {
    const suspended = await aPartner(service)
    const id = await aVenue(service, suspended)
    await decide(service, 'suspend', suspended.id)
    const ASK_PARTNER = 'query ($id: ID!) { venue(id: $id) { id partner { id } } }'
    expect((await service.graph(nobody(), ASK_PARTNER, { id })).data.venue).toEqual({ id, partner: null })
    expect((await service.graph(suspended.scanner, ASK_PARTNER, { id })).data.venue.partner).toEqual({
      id: suspended.id,
    })
  })
})

describe('the list of venues', () => {
  const LIST = `query ($filter: VenueFilter, $first: Int!, $after: String) {
    venues(filter: $filter, first: $first, after: $after) { edges { cursor node { name } } pageInfo { hasNextPage endCursor } }
  }`
  let other: TestPartner
  beforeAll(async () => {
    other = await aPartner(service)
    for (const [name, city, country] of [
      ['Émile', 'Lyon', 'FR'],
      ['zenith', 'Lyon', 'FR'],
      ['Ätna', 'Catania', 'IT'],
      ['Apollo', 'New York', 'US'],
      ['apollo', 'York', 'GB'],
      ['100% Live', 'York', 'GB'],
    ]) {
      await aVenue(service, other, { name, city, country })
    }
  })

  const search = async (filter: object) => {
    const { data } = await service.graph(aUser(), LIST, { filter: { partnerId: other.id, ...filter }, first: 100 })
    return data.venues.edges.map((edge: { node: { name: string } }) => edge.node.name)
  }

  it('goes by name in any case, and pages without a gap or a repetition', async () => {
    const names: string[] = []
    let after: string | null = null
    do {
      const { data } = await service.graph(nobody(), LIST, { filter: { partnerId: other.id }, first: 1, after })
      names.push(...data.venues.edges.map((edge: { node: { name: string } }) => edge.node.name))
      after = data.venues.pageInfo.hasNextPage ? data.venues.pageInfo.endCursor : null
    } while (after !== null)
    expect(names.map((name) => name.toLowerCase())).toEqual([
      '100% live',
      'apollo',
      'apollo',
      'zenith',
      'ätna',
      'émile',
    ])
    expect(new Set(names).size).toBe(6)
  })

  it('is narrowed by part of name or city, by city, by country, and by all of them', async () => {
    expect(await search({ text: 'YORK' })).toHaveLength(3)
    expect(await search({ text: 'émi' })).toEqual(['Émile'])
    expect(await search({ text: '%' })).toEqual(['100% Live'])
    expect(await search({ text: "' or 1=1 --" })).toEqual([])
    expect(await search({ city: 'york' })).toEqual(['100% Live', 'apollo'])
    expect(await search({ country: 'FR' })).toEqual(['zenith', 'Émile'])
    expect(await search({ country: 'GB', city: 'York', text: 'apo' })).toEqual(['apollo'])
    expect(await search({ text: '', city: '', country: null })).toHaveLength(6)
    expect(await search({ partnerId: 'x' })).toEqual([])
    expect(await search({ partnerId: anyId() })).toEqual([])
  })

  it.each([
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['after', { first: 1, after: '' }],
    ['after', { first: 1, after: Buffer.from(JSON.stringify(['a', 'no id'])).toString('base64url') }],
    ['after', { first: 1, after: Buffer.from(JSON.stringify(['a\u0000', anyId()])).toString('base64url') }],
    ['filter.text', { first: 1, filter: { text: 'a\u0000' } }],
    ['filter.city', { first: 1, filter: { city: 'x'.repeat(201) } }],
    ['filter.country', { first: 1, filter: { country: 'England' } }],
  ])('refuses a bad %s', async (field, variables) => {
    const { errors } = await service.graph(nobody(), LIST, variables)
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field })
  })
})
