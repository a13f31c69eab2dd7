import { beforeAll, describe, expect, it } from 'vitest'
import type { TestService } from '@tikitu/runtime/testing'
import {
  aPartner,
  aPendingPartner,
  aVenue,
  anyId,
  decide,
  everyCaller,
  outcomeOf,
  partnerService,
  venueInput,
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

const CREATE = `mutation ($input: CreateVenueInput!) {
  answer: createVenue(input: $input) {
    __typename
    ... on Venue { id name address city state country location { latitude longitude } timezone capacity description isActive partner { id } seatingPlans { id } }
    ... on PartnerNotFound { partnerId }
    ... on PartnerNotInState { status }
  }
}`
const UPDATE = `mutation ($input: UpdateVenueInput!) {
  answer: updateVenue(input: $input) { __typename ... on Venue { name address description capacity isActive } ... on VenueNotFound { venueId } }
}`

describe('who may open and change a venue', () => {
  it.each<[CallerKind, created: string, changed: string]>([
    ['nobody', 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ['stranger', 'FORBIDDEN', 'FORBIDDEN'],
    ['buyer', 'PartnerNotFound', 'VenueNotFound'],
    ['other owner', 'PartnerNotFound', 'VenueNotFound'],
    ['other machine', 'FORBIDDEN', 'FORBIDDEN'],
    ['scanner', 'FORBIDDEN', 'FORBIDDEN'],
    ['machine', 'FORBIDDEN', 'FORBIDDEN'],
    ['support', 'FORBIDDEN', 'FORBIDDEN'],
    ['service', 'FORBIDDEN', 'FORBIDDEN'],
    ['manager', 'Venue', 'Venue'],
    ['owner', 'Venue', 'Venue'],
  ])('%s gets %s and %s', async (kind, created, changed) => {
    const venueId = await aVenue(service, partner)
    expect(await outcomeOf(service, callers[kind], CREATE, { input: venueInput(partner.id) })).toBe(created)
    expect(await outcomeOf(service, callers[kind], UPDATE, { input: { venueId, capacity: 1 } })).toBe(changed)
  })

  it('no partner that is not verified has venues', async () => {
    const pending = await aPendingPartner(service)
    const suspended = await aPartner(service)
    await decide(service, 'suspend', suspended.id)
    for (const [{ owner, id }, status] of [
      [pending, 'PENDING'],
      [suspended, 'SUSPENDED'],
    ] as const) {
      const { data } = await service.graph(owner, CREATE, { input: venueInput(id) })
      expect(data.answer).toEqual({ __typename: 'PartnerNotInState', status })
    }
  })

  it('a suspended partner may still close its venues', async () => {
    const suspended = await aPartner(service)
    const venueId = await aVenue(service, suspended)
    await decide(service, 'suspend', suspended.id)
    expect(await outcomeOf(service, suspended.owner, UPDATE, { input: { venueId, isActive: false } })).toBe('Venue')
  })

  it.each(['', "'; drop table venues", 'a\u0000', anyId()])('there is no venue %j', async (id) => {
    expect(await outcomeOf(service, partner.owner, UPDATE, { input: { venueId: id } })).toBe('VenueNotFound')
    expect(await outcomeOf(service, partner.owner, CREATE, { input: venueInput(id) })).toBe('PartnerNotFound')
    expect(
      (await service.graph(partner.owner, 'query ($id: ID!) { venue(id: $id) { id } }', { id })).data.venue,
    ).toBeNull()
  })
})

describe('opening a venue', () => {
  it.each([
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\u0000b' }],
    ['address', { address: 'x'.repeat(501) }],
    ['city', { city: '\t' }],
    ['city', { city: 'a\u0000' }],
    ['state', { state: 'x'.repeat(201) }],
    ['country', { country: 'England' }],
    ['country', { country: 'gb' }],
    ['country', { country: 'XX' }],
    ['timezone', { timezone: 'Europe/Atlantis' }],
    ['timezone', { timezone: 'x'.repeat(5_000) }],
    ['location.latitude', { location: { latitude: 90.1, longitude: 0 } }],
    ['location.longitude', { location: { latitude: 0, longitude: -180.1 } }],
    ['capacity', { capacity: 0 }],
    ['capacity', { capacity: 1_000_001 }],
    ['description', { description: 'x'.repeat(5_001) }],
  ])('names the bad %s', async (field, facts) => {
    const { errors } = await service.graph(partner.owner, CREATE, { input: venueInput(partner.id, facts) })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })

  it('keeps what was said, and publishes the copy that others keep', async () => {
    const facts = {
      name: 'Estadio "El Molinón"',
      address: "1; delete from venues where 'x' = 'x",
      city: 'Gijón',
      state: 'Asturias',
      country: 'ES',
      location: { latitude: 43.536111, longitude: -5.637222 },
      timezone: 'Europe/Madrid',
      capacity: 30_000,
      description: 'Since 1908.\nBy the river.',
    }
    const { data } = await service.graph(partner.manager, CREATE, { input: venueInput(partner.id, facts) })
    const { id, ...venue } = data.answer
    expect(venue).toEqual({
      __typename: 'Venue',
      ...facts,
      isActive: true,
      partner: { id: partner.id },
      seatingPlans: [],
    })
    const { data: published } = (await service.published('venue.published')).at(-1)!
    expect(published).toEqual({
      venueId: id,
      partnerId: partner.id,
      name: facts.name,
      address: facts.address,
      city: 'Gijón',
      country: 'ES',
      latitude: 43.536111,
      longitude: -5.637222,
      timezone: 'Europe/Madrid',
      capacity: 30_000,
      isActive: true,
      version: 1,
      at: expect.any(String),
    })
  })
})

describe('changing a venue', () => {
  const versionsOf = async (venueId: string) =>
    (await service.published('venue.published'))
      .filter(({ data }) => data['venueId'] === venueId)
      .map(({ data }) => data['version'])

  it('changes what is said, clears what is null, leaves the rest, and publishes each version', async () => {
    const venueId = await aVenue(service, partner, { address: 'High Street', description: 'Old' })
    const { data } = await service.graph(partner.owner, UPDATE, {
      input: { venueId, name: 'Guildhall', address: null, isActive: false },
    })
    expect(data.answer).toEqual({
      __typename: 'Venue',
      name: 'Guildhall',
      address: null,
      description: 'Old',
      capacity: 500,
      isActive: false,
    })
    expect(await versionsOf(venueId)).toEqual([1, 2])
  })

  it('to what it is already is no version', async () => {
    const venueId = await aVenue(service, partner)
    for (const change of [{}, { name: 'Town Hall' }, { isActive: true, capacity: 500, address: null }]) {
      expect(await outcomeOf(service, partner.owner, UPDATE, { input: { venueId, ...change } })).toBe('Venue')
    }
    expect(await versionsOf(venueId)).toEqual([1])
  })

  it('by forty hands at once counts every change, and publishes them in order', async () => {
    const venueId = await aVenue(service, partner)
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        service.graph(partner.owner, UPDATE, { input: { venueId, capacity: 1_000 + index } }),
      ),
    )
    expect(await versionsOf(venueId)).toEqual(Array.from({ length: 41 }, (_, index) => index + 1))
  })

  it.each([
    ['name', { name: null }],
    ['capacity', { capacity: 0 }],
    ['isActive', { isActive: null }],
    ['description', { description: 'a\u0000' }],
  ])('names the bad %s', async (field, facts) => {
    const venueId = await aVenue(service, partner)
    const { errors } = await service.graph(partner.owner, UPDATE, { input: { venueId, ...facts } })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })
})
