import { newId } from '@tikitu/runtime/ids'
import { anAdmin, aPartnerUser, aUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { beforeAll, describe, expect, test } from 'vitest'
import { aPartner, aPlan, aVenue, TICKET_KEY_SECRET } from '../../test/build.ts'
import { aDraftWish, draft } from '../../test/drafts.ts'
import { defineBooking } from '../service.ts'

let booking: TestService

beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const PUBLISH = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) { __typename
  ... on Event { id status salesOpenAt ticketTypes { name capacity available } sections { name rows seats available } seats { id status } }
  ... on EventNotPublishable { problems } ... on EventNotFound { eventId } ... on PartnerMayNotSell { partnerId }
  ... on Refusal { message } } }`

const publish = async (identity: Parameters<TestService['graph']>[0], eventId: string) =>
  booking.graph(identity, PUBLISH, { input: { eventId } })

describe('publishing', () => {
  test('puts the seats of the plan and the units on sale, once', async () => {
    const { input, owner, partnerId, venueId } = await aDraftWish(booking)
    const { data } = await draft(booking, owner, input)
    const { id } = data.createEvent
    const published = await publish(owner, id)
    expect(published.errors).toEqual([])
    expect(published.data.publishEvent).toMatchObject({
      status: 'PUBLISHED',
      ticketTypes: [
        { name: 'Stalls', capacity: 4, available: 4 },
        { name: 'Pit', capacity: 40, available: 40 },
      ],
      sections: [{ name: 'A', rows: 2, seats: 7, available: 4 }],
    })
    expect(published.data.publishEvent.seats.map(({ status }: { status: string }) => status)).toEqual([
      ...Array.from({ length: 4 }, () => 'AVAILABLE'),
      ...Array.from({ length: 3 }, () => 'BLOCKED'),
    ])
    const opened = Date.parse(published.data.publishEvent.salesOpenAt)
    expect(Math.abs(opened - Date.now())).toBeLessThan(60_000)
    expect((await publish(owner, id)).data.publishEvent.status).toBe('PUBLISHED')

    const told = (await booking.published('event.published')).filter((event) => event.data.eventId === id)
    expect(told.map((event) => event.data)).toEqual([
      expect.objectContaining({ eventId: id, partnerId, venueId, title: 'An evening' }),
    ])
    const keys = await booking.database.pool.query('select from event_keys where event_id = $1', [id])
    expect(keys.rows.length).toBe(1)
  })

  test('by two at once happens once', async () => {
    const { input, owner } = await aDraftWish(booking)
    const { id } = (await draft(booking, owner, input)).data.createEvent
    const both = await Promise.all([publish(owner, id), publish(owner, id), publish(owner, id)])
    expect(both.map(({ data }) => data.publishEvent.status)).toEqual(['PUBLISHED', 'PUBLISHED', 'PUBLISHED'])
    const told = (await booking.published('event.published')).filter((event) => event.data.eventId === id)
    expect(told.length).toBe(1)
  })

  test('is for those who may draft', async () => {
    const { input, owner, partnerId } = await aDraftWish(booking)
    const { id } = (await draft(booking, owner, input)).data.createEvent
    for (const identity of [aPartnerUser(partnerId, 'SCANNER'), aPartnerUser(newId()), aUser(), anAdmin('SUPPORT')]) {
      expect((await publish(identity, id)).data.publishEvent).toMatchObject({
        __typename: 'EventNotFound',
        eventId: id,
      })
    }
    for (const eventId of [newId(), 'no id', "' or true"]) {
      expect((await publish(owner, eventId)).data.publishEvent).toMatchObject({ __typename: 'EventNotFound', eventId })
    }
    expect((await publish(nobody(), id)).errors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('says everything that is in the way', async () => {
    const { input, owner, venueId, partnerId } = await aDraftWish(booking, {
      ticketTypes: [{ name: 'Boxes', seated: true, price: 1, category: 'BOXES' }],
    })
    const { id } = (await draft(booking, owner, input)).data.createEvent
    await aVenue(booking.database, { venueId, partnerId, isActive: false, version: 2 })
    await booking.database.pool.query(
      `update events set starts_at = now() - interval '1 minute', doors_at = now() - interval '1 hour', sales_close_at = now() - interval '1 minute' where id = $1`,
      [id],
    )
    const { problems } = (await publish(owner, id)).data.publishEvent
    expect(problems).toEqual([
      expect.stringContaining('venue'),
      expect.stringContaining('begins in the past'),
      expect.stringContaining('sales close in the past'),
      expect.stringContaining('BOXES'),
    ])
    const seats = await booking.database.pool.query('select from event_seats where event_id = $1', [id])
    expect(seats.rows).toEqual([])
  })

  test('needs a partner that is still verified', async () => {
    const { input, owner, partnerId } = await aDraftWish(booking)
    const { id } = (await draft(booking, owner, input)).data.createEvent
    await aPartner(booking.database, { partnerId, status: 'SUSPENDED', at: new Date() })
    expect((await publish(owner, id)).data.publishEvent).toMatchObject({ __typename: 'PartnerMayNotSell', partnerId })
  })

  test('a stadium of 39,264 seats takes a moment', async () => {
    const { venueId, partnerId } = await aVenue(booking.database)
    const rows = Array.from({ length: 1_636 }, (_, row) => ({
      section: `S${row % 40}`,
      width: 24,
      category: row < 800 ? 'A' : 'B',
    }))
    const seatingPlanId = await aPlan(booking.database, { venueId, partnerId }, rows)
    const ticketTypes = ['A', 'B'].map((category) => ({ name: category, seated: true, price: 100, category }))
    const { input } = await aDraftWish(booking)
    const owner = aPartnerUser(partnerId)
    const { data } = await draft(booking, owner, { ...input, partnerId, venueId, seatingPlanId, ticketTypes })
    const watch = stopwatch()
    const { errors } = await booking.graph(
      owner,
      'mutation ($id: ID!) { publishEvent(input: { eventId: $id }) { __typename } }',
      {
        id: data.createEvent.id,
      },
    )
    expect(errors).toEqual([])
    // Three quarters of a second when the machine is idle.
    expect(watch.milliseconds()).toBeLessThan(10_000)
    const counts = await booking.database.pool.query(
      `select count(*)::integer as seats, (select sum(bit_count(mask::bit(64)))::integer from seat_row_hints where event_id = $1) as hinted
       from event_seats where event_id = $1`,
      [data.createEvent.id],
    )
    expect(counts.rows).toEqual([{ seats: 39_264, hinted: 39_264 }])
  })
})
