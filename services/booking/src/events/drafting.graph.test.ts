import { newId } from '@tikitu/runtime/ids'
import { aMachine, aPartnerUser, aUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { aPartner, aPlan, aVenue, inDays, TICKET_KEY_SECRET } from '../../test/build.ts'
import { aDraftWish, draft } from '../../test/drafts.ts'
import { defineBooking } from '../service.ts'

let booking: TestService

beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

describe('drafting', () => {
  test('an owner drafts an event with what was said and what goes without saying', async () => {
    const { input, owner, partnerId, venueId } = await aDraftWish(booking, {
      description: 'Bring a friend.',
      imageUrl: 'https://example.org/a.png',
    })
    const { data, errors } = await draft(booking, owner, input)
    expect(errors).toEqual([])
    expect(data.createEvent).toMatchObject({
      __typename: 'Event',
      title: 'An evening',
      description: 'Bring a friend.',
      status: 'DRAFT',
      startsAt: input.startsAt,
      doorsAt: new Date(Date.parse(input.startsAt) - 3_600_000).toISOString(),
      timezone: 'Europe/London',
      salesOpenAt: null,
      salesCloseAt: input.startsAt,
      maxTicketsPerBuyer: 10,
      venue: { id: venueId },
      partner: { id: partnerId },
      ticketTypes: [
        {
          name: 'Stalls',
          seated: true,
          price: { amount: 5000, currency: 'EUR' },
          capacity: 4,
          available: 0,
          category: 'STALLS',
          minPerBooking: 1,
          maxPerBooking: 4,
        },
        {
          name: 'Pit',
          seated: false,
          price: { amount: 1500, currency: 'EUR' },
          capacity: 40,
          available: 0,
          category: 'PIT',
          minPerBooking: 1,
          maxPerBooking: 10,
        },
      ],
      sections: [{ name: 'A', rows: 2, seats: 7, available: 0 }],
    })
    expect(data.createEvent.seats[0]).toEqual({ id: 'A-1-1', status: 'BLOCKED', ticketTypeId: null })
    const audited = await booking.published('audit.recorded')
    expect(audited.at(-1)?.data).toMatchObject({
      action: 'createEvent',
      resource: { type: 'Event', id: data.createEvent.id },
    })
  })

  test('managers and machines with the scope may, others may not', async () => {
    const { input, partnerId } = await aDraftWish(booking)
    for (const identity of [aPartnerUser(partnerId, 'MANAGER'), aMachine(partnerId, ['tikitu/events.write'])]) {
      expect((await draft(booking, identity, input)).data.createEvent.__typename).toBe('Event')
    }
    const others = [
      aPartnerUser(partnerId, 'SCANNER'),
      aPartnerUser(newId()),
      aUser(),
      aMachine(partnerId, ['tikitu/events.read']),
    ]
    for (const identity of others) {
      expect((await draft(booking, identity, input)).data.createEvent).toMatchObject({
        __typename: 'PartnerMayNotSell',
        partnerId,
      })
    }
    expect((await draft(booking, nobody(), input)).errors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' })
    const halfKnown = aUser({ incomplete: true })
    expect((await draft(booking, halfKnown, input)).errors[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('a partner that is not verified may not', async () => {
    const { input, owner, partnerId } = await aDraftWish(booking)
    await aPartner(booking.database, { partnerId, status: 'SUSPENDED', at: new Date() })
    expect((await draft(booking, owner, input)).data.createEvent.__typename).toBe('PartnerMayNotSell')
    const unknown = newId()
    expect(
      (await draft(booking, aPartnerUser(unknown), { ...input, partnerId: unknown })).data.createEvent.__typename,
    ).toBe('PartnerMayNotSell')
  })

  test('the venue must be active and the partner’s own, and the plan the venue’s', async () => {
    const { input, owner, partnerId, planId } = await aDraftWish(booking)
    const strange = await aVenue(booking.database)
    const closed = await aVenue(booking.database, { partnerId, isActive: false })
    for (const venueId of [strange.venueId, closed.venueId, newId(), 'no id', "'; drop table venues; --"]) {
      expect((await draft(booking, owner, { ...input, venueId })).data.createEvent).toMatchObject({
        __typename: 'VenueUnavailable',
        venueId,
      })
    }
    const second = await aVenue(booking.database, { partnerId })
    for (const seatingPlanId of [newId(), 'no id', await aPlan(booking.database, second)]) {
      expect((await draft(booking, owner, { ...input, seatingPlanId })).data.createEvent).toMatchObject({
        __typename: 'SeatingPlanNotFound',
        seatingPlanId,
      })
    }
    expect(
      (await draft(booking, owner, { ...input, venueId: second.venueId, seatingPlanId: planId })).data.createEvent
        .__typename,
    ).toBe('SeatingPlanNotFound')
  })

  test('a ticket type keeps its sales window and its channel, or has those of everybody', async () => {
    const window = { salesOpenAt: inDays(1).toISOString(), salesCloseAt: inDays(3).toISOString() }
    const ticketTypes = [
      { name: 'Guests', seated: false, price: 0, capacity: 5, channel: 'PARTNER', ...window },
      { name: 'Pit', seated: false, price: 1500, capacity: 5 },
    ]
    const { input, owner } = await aDraftWish(booking, { ticketTypes })
    const { id } = (await draft(booking, owner, input)).data.createEvent
    const query = `query ($id: ID!) { event(id: $id) { ticketTypes { name channel salesOpenAt salesCloseAt } } }`
    expect((await booking.graph(owner, query, { id })).data.event.ticketTypes).toEqual([
      { name: 'Pit', channel: 'PUBLIC', salesOpenAt: null, salesCloseAt: null },
      { name: 'Guests', channel: 'PARTNER', ...window },
    ])
  })

  const type = { name: 'Pit', seated: false, price: 1500, capacity: 5 }
  test.each([
    ['title', { title: '' }],
    ['title', { title: '   ' }],
    ['title', { title: 'x'.repeat(201) }],
    ['title', { title: 'a\u0000b' }],
    ['description', { description: 'x'.repeat(10_001) }],
    ['description', { description: 'a\u0000b' }],
    ['currency', { currency: 'EURO' }],
    ['currency', { currency: "';--" }],
    ['imageUrl', { imageUrl: 'http://example.org/a.png' }],
    ['imageUrl', { imageUrl: 'javascript:alert(1)' }],
    ['venueId', { venueId: 'x'.repeat(101) }],
    ['maxTicketsPerBuyer', { maxTicketsPerBuyer: 0 }],
    ['maxTicketsPerBuyer', { maxTicketsPerBuyer: 101 }],
    ['startsAt', { startsAt: inDays(-1).toISOString() }],
    ['endsAt', { endsAt: inDays(9).toISOString() }],
    ['endsAt', { endsAt: inDays(41).toISOString() }],
    ['doorsAt', { doorsAt: inDays(11).toISOString() }],
    ['salesOpenAt', { salesOpenAt: inDays(11).toISOString() }],
    ['salesCloseAt', { salesCloseAt: inDays(-1).toISOString() }],
    ['ticketTypes', { ticketTypes: [] }],
    ['ticketTypes', { ticketTypes: Array.from({ length: 51 }, (_, index) => ({ ...type, name: `t${index}` })) }],
    ['ticketTypes', { ticketTypes: [type, type] }],
    [
      'ticketTypes',
      {
        ticketTypes: [
          { ...type, seated: true, category: 'A' },
          { ...type, name: 'b', seated: true, category: 'A' },
        ],
      },
    ],
    ['ticketTypes[0].name', { ticketTypes: [{ ...type, name: 'x'.repeat(101) }] }],
    ['ticketTypes[0].category', { ticketTypes: [{ ...type, category: 'a\u0000' }] }],
    ['ticketTypes[0].price', { ticketTypes: [{ ...type, price: -1 }] }],
    [
      'ticketTypes[0].salesCloseAt',
      { ticketTypes: [{ ...type, salesOpenAt: inDays(2).toISOString(), salesCloseAt: inDays(2).toISOString() }] },
    ],
    ['ticketTypes[0].price', { ticketTypes: [{ ...type, price: Number.MAX_SAFE_INTEGER }] }],
    ['ticketTypes[0].capacity', { ticketTypes: [{ ...type, capacity: 0 }] }],
    ['ticketTypes[0].capacity', { ticketTypes: [{ ...type, capacity: null }] }],
    ['ticketTypes[0].minPerBooking', { ticketTypes: [{ ...type, minPerBooking: 5, maxPerBooking: 4 }] }],
    ['ticketTypes[0].category', { ticketTypes: [{ ...type, seated: true }] }],
    ['ticketTypes[0].seated', { seatingPlanId: null, ticketTypes: [{ ...type, seated: true, category: 'A' }] }],
  ])('bad %s is named: %j', async (field, facts) => {
    const { input, owner } = await aDraftWish(booking)
    const { errors } = await draft(booking, owner, { ...input, ...facts })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })

  test('SQL in every text field is text', async () => {
    const evil = `Robert'); drop table events; -- "\${}" \\`
    const { input, owner } = await aDraftWish(booking)
    const { data, errors } = await draft(booking, owner, {
      ...input,
      title: evil,
      description: evil,
      ticketTypes: [{ name: evil, seated: false, price: 0, capacity: 5, category: evil }],
    })
    expect(errors).toEqual([])
    expect(data.createEvent).toMatchObject({
      title: evil,
      description: evil,
      ticketTypes: [{ name: evil, category: evil }],
    })
  })
})
