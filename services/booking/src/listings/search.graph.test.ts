import { newId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { aUser, nobody, testService, waitFor, type TestService } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { VenuePublished } from '@tikitu/schema/events/partner'
import { beforeAll, describe, expect, test } from 'vitest'
import { anEvent, aPartner, aVenue, inDays, TICKET_KEY_SECRET, type EventFacts } from '../../test/build.ts'
import { aHold, aSale } from '../../test/sales.ts'
import { cancel, checkOut } from '../../test/story.ts'
import { defineBooking } from '../service.ts'
import { countDemand } from './demand.ts'

let booking: TestService

beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const SEARCH = `query ($filter: EventFilter, $sort: EventSort! = DATE, $first: Int! = 50, $after: String) {
  events(filter: $filter, sort: $sort, first: $first, after: $after) {
    corrected edges { cursor distanceKm node { id title } } pageInfo { hasNextPage endCursor } } }`

async function search(filter: Record<string, unknown>, page: Record<string, unknown> = {}) {
  const { data, errors } = await booking.graph(nobody(), SEARCH, { filter, ...page })
  expect(errors).toEqual([])
  const { edges, ...rest } = data.events
  return { ...rest, edges, titles: edges.map(({ node }: { node: { title: string } }) => node.title) }
}

const wrong = async (filter: Record<string, unknown>, page: Record<string, unknown> = {}) =>
  (await booking.graph(nobody(), SEARCH, { filter, ...page })).errors[0]?.extensions['field']

const event = (title: string, facts: EventFacts = {}) => anEvent(booking.database, { title, rows: [], ...facts })

/** All titles, two to a page. */
async function pages(filter: Record<string, unknown>, sort: string): Promise<string[]> {
  const seen: string[] = []
  for (let after: string | null = null; seen.length < 50;) {
    const page = await search(filter, { sort, first: 2, after })
    seen.push(...page.titles)
    after = page.pageInfo.endCursor
    if (!page.pageInfo.hasNextPage) break
  }
  return seen
}

describe('words', () => {
  test('are those of title, venue and city; a slip of the pen is forgiven when nothing else is found', async () => {
    const venue = await aVenue(booking.database, { name: 'Königssaal', city: 'Brünn', country: 'CZ' })
    await event('Metallica unplugged', venue)
    await event('Metal workshop', { ...venue, startsAt: inDays(31) })
    await event('Metallica in secret', { ...venue, status: 'DRAFT' })
    expect(await search({ text: 'konigssaal METAL' })).toMatchObject({
      corrected: false,
      titles: ['Metallica unplugged', 'Metal workshop'],
    })
    expect(await search({ text: 'metalica unpluged' })).toMatchObject({
      corrected: true,
      titles: ['Metallica unplugged'],
    })
    expect(await search({ text: 'brumn' })).toMatchObject({ corrected: true })
    expect(await search({ text: 'xyzzy metallica' })).toMatchObject({ corrected: false, titles: [] })
    expect(await search({ text: '㈠ ½ metallica' })).toMatchObject({ titles: [] })
    // Page by page, in the list that was corrected.
    for (const startsAt of [inDays(40), inDays(41), inDays(42)]) await event('Rammstein', { ...venue, startsAt })
    expect(await pages({ text: 'ramstein' }, 'DATE')).toEqual(['Rammstein', 'Rammstein', 'Rammstein'])
  })

  test('follow the event and the venue', async () => {
    const venue = await aVenue(booking.database, { name: 'Oldname' })
    const { id } = await event('Renaming', venue)
    await booking.deliver(VenuePublished, {
      ...venue,
      name: 'Newname',
      address: null,
      city: 'Ghent',
      country: 'BE',
      latitude: 51.05,
      longitude: 3.72,
      timezone: 'Europe/Brussels',
      capacity: 10,
      isActive: true,
      version: 2,
      at: new Date().toISOString(),
    })
    expect((await search({ text: 'renaming oldname' })).titles).toEqual([])
    expect((await search({ text: 'newname', city: 'ghent', country: 'BE' })).titles).toEqual(['Renaming'])
    await booking.database.pool.query(`update events set title = 'Renamed' where id = $1`, [id])
    expect((await search({ text: 'newname' })).titles).toEqual(['Renamed'])
    await booking.database.pool.query(`update events set status = 'CANCELLED' where id = $1`, [id])
    expect((await search({ text: 'newname' })).titles).toEqual([])
  })
})

describe('around a point', () => {
  test('what is wrong is named', async () => {
    const near = { latitude: 0, longitude: 0 }
    expect(await wrong({ near: { ...near, latitude: 91 } })).toBe('filter.near.latitude')
    expect(await wrong({ near: { ...near, longitude: -181 } })).toBe('filter.near.longitude')
    expect(await wrong({ near: { ...near, radiusKm: 0 } })).toBe('filter.near.radiusKm')
    expect(await wrong({ near: { ...near, radiusKm: 1001 } })).toBe('filter.near.radiusKm')
    expect(await wrong({}, { sort: 'DISTANCE' })).toBe('sort')
  })

  test('a coordinate or radius that is next to nothing is nothing', async () => {
    const tiny = 5e-324
    await event('at the equator', await aVenue(booking.database, { latitude: tiny, longitude: -tiny }))
    const near = { latitude: -tiny, longitude: tiny, radiusKm: tiny }
    expect((await search({ near }, { sort: 'DISTANCE' })).titles).toEqual(['at the equator'])
  })

  test('there is what is in the radius, nearest first, page by page', async () => {
    const partnerId = await aPartner(booking.database)
    const place = (name: string, latitude: number | null, longitude: number | null) =>
      aVenue(booking.database, { partnerId, name, city: 'Reykjavík', country: 'IS', latitude, longitude })
    const [near, far, farther, nowhere] = [
      await place('Near', 64.15, -21.94),
      await place('Far', 64.15, -21.74),
      await place('Farther', 65.68, -18.09),
      await place('Nowhere', null, null),
    ]
    for (const days of [9, 8]) await event(`near in ${days}`, { ...near, startsAt: inDays(days) })
    for (const days of [7, 6, 5]) await event(`far in ${days}`, { ...far, startsAt: inDays(days) })
    await event('farther', { ...farther, startsAt: inDays(4) })
    await event('nowhere', { ...nowhere, startsAt: inDays(3) })
    const point = { latitude: 64.15, longitude: -21.94 }
    const byDistance = ['near in 8', 'near in 9', 'far in 5', 'far in 6', 'far in 7']
    expect(await pages({ near: point }, 'DISTANCE')).toEqual(byDistance)
    expect((await search({ near: point })).titles).toEqual([
      'far in 5',
      'far in 6',
      'far in 7',
      'near in 8',
      'near in 9',
    ])
    const all = await search({ near: { ...point, radiusKm: 400 } }, { sort: 'DISTANCE' })
    expect(all.titles).toEqual([...byDistance, 'farther'])
    const kilometres = all.edges.map(({ distanceKm }: { distanceKm: number }) => Math.round(distanceKm * 10) / 10)
    expect(kilometres).toEqual([0, 0, 9.7, 9.7, 9.7, expect.closeTo(251, -1)])
    expect((await search({ country: 'IS' })).edges[0].distanceKm).toBeNull()
  })
})

describe('prices and places', () => {
  test('a price needs a currency', async () => {
    expect(await wrong({ priceTo: 100 })).toBe('filter.currency')
    expect(await wrong({ priceFrom: 100 })).toBe('filter.currency')
  })

  test('find what may cost that much', async () => {
    const partnerId = await aPartner(booking.database)
    const rows = [{ width: 2 }]
    await event('20 to 50', { partnerId, rows, startsAt: inDays(1) })
    await event('20', { partnerId, startsAt: inDays(2) })
    await event('yen', { partnerId, currency: 'JPY', startsAt: inDays(3) })
    const find = async (filter: Record<string, unknown>) =>
      (await search({ partnerId, currency: 'EUR', ...filter })).titles
    expect(await find({})).toEqual(['20 to 50', '20'])
    expect(await find({ priceFrom: 2_001 })).toEqual(['20 to 50'])
    expect(await find({ priceTo: 1_999 })).toEqual([])
    expect(await find({ priceFrom: 2_000, priceTo: 2_000 })).toEqual(['20 to 50', '20'])
    expect(await find({ currency: 'JPY', priceTo: 2_000 })).toEqual(['yen'])
  })

  test('available now is what is on sale and not sold or held, and popular what is sold, each after a moment', async () => {
    const { database } = booking
    const sale = await aSale(database, { capacity: 10, unitPrice: 0 })
    const quiet = await event('Quiet', { partnerId: sale.partnerId, startsAt: inDays(1) })
    const later = await event('Later', { partnerId: sale.partnerId, startsAt: inDays(2), salesOpenAt: inDays(1) })
    const find = async (availableNow: boolean) => (await search({ partnerId: sale.partnerId, availableNow })).titles
    expect(await find(true)).toEqual([quiet.title, 'Tosca'])
    expect(await find(false)).toEqual([later.title])

    const units = await aHold(database, sale, { units: 10 })
    await aHold(database, sale, { seatNos: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] })
    expect(await find(true)).toEqual([quiet.title, 'Tosca'])
    await aHold(database, sale, { seatNos: [10, 11] })
    await waitFor('the holds to be counted', async () => (await find(true)).length === 1)
    expect(await find(true)).toEqual([quiet.title])

    accepted(await checkOut(database, units))
    const popular = async () => (await search({ partnerId: sale.partnerId }, { sort: 'POPULARITY' })).titles
    await waitFor('the sale to be counted', async () => (await popular())[0] === 'Tosca')
    expect(await pages({ partnerId: sale.partnerId }, 'POPULARITY')).toHaveLength(3)

    accepted(await cancel(database, units.id, aUser({ userId: units.userId })))
    await waitFor('the cancellation to be counted', async () => (await find(true)).includes('Tosca'))
    const { rows } = await database.pool.query(
      'select sold, held, popularity from event_listings where event_id = $1',
      [sale.eventId],
    )
    expect(rows).toEqual([{ sold: 0, held: 12, popularity: 0 }])
    const counted = await transact(database, async (tx) => accept(await countDemand(tx)))
    expect(accepted(counted)).toBe(false)
  })

  test('what a suspended partner sells is not available', async () => {
    const partnerId = await aPartner(booking.database)
    await event('Suspended', { partnerId })
    await aPartner(booking.database, { partnerId, status: 'SUSPENDED', at: new Date() })
    expect((await search({ partnerId, availableNow: true })).titles).toEqual([])
    expect((await search({ partnerId, availableNow: false })).titles).toEqual(['Suspended'])
  })
})

describe('suggestions', () => {
  const SUGGEST = `query ($text: String!, $first: Int! = 8) { eventSuggestions(text: $text, first: $first) {
    kind text event { id } venue { id } } }`
  const suggest = async (text: string, first?: number) => {
    const { data, errors } = await booking.graph(nobody(), SUGGEST, { text, first })
    return errors.length > 0 ? errors[0]?.extensions['field'] : data.eventSuggestions
  }

  test('name titles once, cities and venues, by the beginnings of their words', async () => {
    const venue = await aVenue(booking.database, { name: 'Zanzibar Hall', city: 'Zaragoza' })
    const first = await event('Zauberflöte', venue)
    await event('Zauberflöte', { ...venue, startsAt: inDays(31) })
    await event('Zarathustra', { ...venue, status: 'DRAFT' })
    await aVenue(booking.database, { name: 'Zany empty house', city: 'Zagreb' })
    const all = await suggest('za')
    expect(all).toEqual(
      expect.arrayContaining([
        { kind: 'EVENT', text: 'Zauberflöte', event: { id: expect.any(String) }, venue: null },
        { kind: 'CITY', text: 'Zaragoza', event: null, venue: null },
        { kind: 'VENUE', text: 'Zanzibar Hall', event: null, venue: { id: venue.venueId } },
      ]),
    )
    expect(all).toHaveLength(3)
    expect(await suggest('zauberflote')).toMatchObject([{ kind: 'EVENT', text: 'Zauberflöte' }])
    expect(await suggest('hall zanz')).toMatchObject([{ kind: 'VENUE' }])
    expect(await suggest('za', 1)).toMatchObject([{ kind: 'EVENT' }])
    expect(first.id).not.toBe(newId())
  })

  test('are none for what is no word, and at most twenty', async () => {
    for (const text of ['', '!!', "'; drop table events; --", 'a\u0000b', 'x'.repeat(5_000), '㈠', '( | & :*']) {
      expect(await suggest(text)).toEqual([])
    }
    expect(await suggest('za', 0)).toBe('first')
    expect(await suggest('za', 21)).toBe('first')
  })
})
