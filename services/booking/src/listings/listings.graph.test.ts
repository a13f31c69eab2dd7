import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { aMachine, anAdmin, aPartnerUser, aUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { anEvent, aPartner, aVenue, inDays, TICKET_KEY_SECRET, type EventFacts } from '../../test/build.ts'
import { defineBooking } from '../service.ts'

let booking: TestService

beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const LIST = `query ($filter: EventFilter, $first: Int! = 50, $after: String) { events(filter: $filter, first: $first, after: $after) {
  edges { cursor node { id title status venue { id } partner { id } ticketTypes { id name price { amount currency } available } } }
  pageInfo { hasNextPage endCursor } } }`

async function titles(filter: Record<string, unknown>, identity: Identity = nobody()): Promise<string[]> {
  const { data, errors } = await booking.graph(identity, LIST, { filter })
  expect(errors).toEqual([])
  return data.events.edges.map(({ node }: { node: { title: string } }) => node.title)
}

const event = (title: string, facts: EventFacts = {}) => anEvent(booking.database, { title, rows: [], ...facts })

describe('the list of events', () => {
  test('pages through everything once, soonest first, also where events begin together', async () => {
    const partnerId = await aPartner(booking.database)
    const together = inDays(40)
    for (const startsAt of [inDays(50), together, together, together, inDays(30)]) {
      await event(startsAt.toISOString(), { partnerId, startsAt })
    }
    const seen: string[] = []
    const times: string[] = []
    let after: string | null = null
    for (let pages = 0; pages < 4; pages++) {
      const { data, errors } = await booking.graph(nobody(), LIST, { filter: { partnerId }, first: 2, after })
      expect(errors).toEqual([])
      const { edges, pageInfo } = data.events
      seen.push(...edges.map(({ node }: { node: { id: string } }) => node.id))
      times.push(...edges.map(({ node }: { node: { title: string } }) => node.title))
      after = pageInfo.endCursor
      if (!pageInfo.hasNextPage) break
    }
    expect(new Set(seen).size).toBe(5)
    expect(times).toEqual(times.toSorted())
  })

  test('is narrowed by what is asked for, all of it together', async () => {
    const { venueId, partnerId } = await aVenue(booking.database, { city: 'Łódź', country: 'PL' })
    const here = { venueId, partnerId }
    await event('Chopin by night', { ...here, category: 'MUSIC', startsAt: inDays(5) })
    await event('Widzew : ŁKS', { ...here, category: 'SPORT', startsAt: inDays(6) })
    await event('AC/DC tribute', { category: 'MUSIC', startsAt: inDays(7) })
    expect(await titles({ venueId })).toEqual(['Chopin by night', 'Widzew : ŁKS'])
    expect(await titles({ city: 'łódź' })).toEqual(['Chopin by night', 'Widzew : ŁKS'])
    expect(await titles({ city: 'łó' })).toEqual([])
    expect(await titles({ country: 'PL', category: 'SPORT' })).toEqual(['Widzew : ŁKS'])
    expect(await titles({ venueId, startsFrom: inDays(5.5).toISOString() })).toEqual(['Widzew : ŁKS'])
    expect(await titles({ venueId, startsBefore: inDays(5.5).toISOString() })).toEqual(['Chopin by night'])
    expect(await titles({ text: 'NIGHT chop' })).toEqual(['Chopin by night'])
    expect(await titles({ text: "night' & | ! ( :* <-> \\" })).toEqual(['Chopin by night'])
    expect(await titles({ text: 'dc' })).toEqual(['AC/DC tribute'])
    expect(await titles({ text: 'łks' })).toEqual(['Widzew : ŁKS'])
    expect(await titles({ text: 'night', city: 'London' })).toEqual([])
    expect(await titles({ text: 'lodz lks' })).toEqual(['Widzew : ŁKS'])
    expect(await titles({ city: 'LODZ' })).toEqual(['Chopin by night', 'Widzew : ŁKS'])
  })

  test.each([
    { text: "'; drop table events; --" },
    { text: "nowhere' & | ! ( :* <-> \\" },
    { text: 'a\u0000b' },
    { text: 'x'.repeat(5_000) },
    { text: '!!!' },
    { text: '' },
    { text: 'word '.repeat(39) },
    { city: "London' or '1'='1" },
    { city: 'Lon\u0000don' },
    { city: '%' },
    { city: 'x'.repeat(5_000) },
    { country: "GB'--" },
    { country: '\u0000' },
    { venueId: "' or true --" },
    { partnerId: 'none' },
    { venueId: newId() },
  ])('finds nothing for %j', async (filter) => {
    expect(await titles(filter)).toEqual([])
  })

  test('says what is wrong with a page', async () => {
    for (const page of [
      { first: 0 },
      { first: 101 },
      { after: 'nonsense' },
      { after: cursor(['2027-01-01']) },
      { after: cursor(['POPULARITY', '1', newId()]) },
      { after: cursor(['DISTANCE', '1', newId(), new Date().toISOString(), newId()]) },
      { after: cursor(['x', new Date().toISOString(), newId()]) },
      { after: cursor(['DATE', 'x', newId()]) },
      { after: cursor(['DATE', new Date().toISOString(), 'no id']) },
    ]) {
      for (const filter of [{}, { venueId: 'none' }, { status: 'DRAFT' }]) {
        const { errors } = await booking.graph(nobody(), LIST, { ...page, filter })
        expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' })
      }
    }
  })

  const cursor = (parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
})

describe('a draft', () => {
  test('is seen by those who manage it, and by admins', async () => {
    const partnerId = await aPartner(booking.database)
    const draft = await event('Secret', { partnerId, status: 'DRAFT' })
    const open = await event('Open', { partnerId })
    const ask = async (identity: Identity) => {
      const query = `query ($id: ID!) { event(id: $id) { id } _entities(representations: [{ __typename: "Event", id: "${draft.id}" }, { __typename: "Event", id: "${open.id}" }]) { ... on Event { title } } }`
      const { data, errors } = await booking.graph(identity, query, { id: draft.id })
      expect(errors).toEqual([])
      return data
    }
    const insiders = [
      aPartnerUser(partnerId),
      aPartnerUser(partnerId, 'MANAGER'),
      anAdmin('SUPPORT'),
      aMachine(partnerId, ['tikitu/events.read']),
    ]
    for (const identity of insiders) {
      expect(await ask(identity)).toEqual({
        event: { id: draft.id },
        _entities: [{ title: 'Secret' }, { title: 'Open' }],
      })
      expect(await titles({ status: 'DRAFT', partnerId }, identity)).toEqual(['Secret'])
    }
    const outsiders = [
      nobody(),
      aUser(),
      aPartnerUser(partnerId, 'SCANNER'),
      aPartnerUser(newId()),
      aMachine(partnerId, ['tikitu/events.write']),
      aMachine(newId(), ['tikitu/events.read']),
    ]
    for (const identity of outsiders) {
      expect(await ask(identity)).toEqual({ event: null, _entities: [null, { title: 'Open' }] })
      expect(await titles({ status: 'DRAFT', partnerId }, identity)).toEqual([])
      expect(await titles({ status: 'DRAFT' }, identity)).toEqual([])
    }
    expect(await titles({ status: 'DRAFT' }, aPartnerUser(partnerId))).toEqual(['Secret'])
  })

  test('has ticket types that nobody else sees', async () => {
    const draft = await event('Secret', { status: 'DRAFT' })
    const query = `{ _entities(representations: [{ __typename: "TicketType", id: "${draft.types['Standing']?.id}" }]) { ... on TicketType { name } } }`
    expect((await booking.graph(nobody(), query)).data._entities).toEqual([null])
    expect((await booking.graph(anAdmin(), query)).data._entities).toEqual([{ name: 'Standing' }])
  })

  test.each(['', 'no id', "' or true --", '\u0000'])('the event %j does not exist', async (id) => {
    const { data, errors } = await booking.graph(anAdmin(), 'query ($id: ID!) { event(id: $id) { id } }', { id })
    expect([data, errors]).toEqual([{ event: null }, []])
  })
})

test('a venue and a partner list their events; its staff see drafts too', async () => {
  const { venueId, partnerId } = await aVenue(booking.database)
  await event('Draft', { venueId, partnerId, status: 'DRAFT', startsAt: inDays(2) })
  await event('Open', { venueId, partnerId, startsAt: inDays(3) })
  const query = `{ _entities(representations: [{ __typename: "Venue", id: "${venueId}" }, { __typename: "Partner", id: "${partnerId}" }]) {
    ... on Venue { events { edges { node { title } } } } ... on Partner { events(first: 5) { edges { node { title } } } } } }`
  const list = async (identity: Identity) => {
    const { data, errors } = await booking.graph(identity, query)
    expect(errors).toEqual([])
    return data._entities.map(({ events }: { events: { edges: { node: { title: string } }[] } }) =>
      events.edges.map(({ node }) => node.title),
    )
  }
  expect(await list(nobody())).toEqual([['Open'], ['Open']])
  expect(await list(aPartnerUser(partnerId))).toEqual([['Open'], ['Draft', 'Open']])
})
