import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { anAdmin, aPartnerUser, aUser, nobody, testService, waitFor, type TestService } from '@tikitu/runtime/testing'
import { PaymentSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, describe, expect, test } from 'vitest'
import { aPlan, aVenue, inDays, TICKET_KEY_SECRET } from '../../test/build.ts'
import { aDraftWish, draft } from '../../test/drafts.ts'
import { aHold, aSale } from '../../test/sales.ts'
import { aPayment, checkOut, deliver, statusOf } from '../../test/story.ts'
import { defineBooking } from '../service.ts'

let booking: TestService

beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const PROGRESS = `cancellation { bookings bookingsEnded refunds refundsSucceeded refundsFailed refundTotal { amount currency } startedAt finishedAt }`
const FACTS = `__typename ... on Refusal { message } ... on EventNotFound { eventId } ... on IdempotencyKeyReused { idempotencyKey }
  ... on Event { id title description category imageUrl status startsAt endsAt doorsAt salesOpenAt salesCloseAt timezone currency
    maxTicketsPerBuyer rescheduledAt rescheduleReason refundableUntil cancelledAt cancelReason venue { id }
    ${PROGRESS}
    ticketTypes { id name seated capacity price { amount } } }`

const ask = async (identity: Identity, name: string, extra: string, input: object) => {
  const type = name.charAt(0).toUpperCase() + name.slice(1)
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { ${FACTS} ${extra} } }`
  const { data, errors } = await booking.graph(identity, query, { input: { idempotencyKey: newId(), ...input } })
  return errors.length > 0 ? { errors } : data[name]
}
const update = (identity: Identity, input: object) =>
  ask(
    identity,
    'updateEvent',
    '... on EventFieldsFixed { status fields } ... on VenueUnavailable { venueId } ... on SeatingPlanNotFound { seatingPlanId }',
    input,
  )
const reschedule = (identity: Identity, input: object) =>
  ask(identity, 'rescheduleEvent', '... on EventNotReschedulable { status }', { reason: 'Illness.', ...input })

async function aDraft(facts: Record<string, unknown> = {}) {
  const wish = await aDraftWish(booking, facts)
  const { data } = await draft(booking, wish.owner, wish.input)
  const { id: eventId } = data.createEvent
  return { ...wish, eventId }
}

const badField = (answer: { errors?: readonly { extensions: Record<string, unknown> }[] }) =>
  answer.errors?.[0]?.extensions['field']

describe('creating', () => {
  test('the same wish under the same key drafts once', async () => {
    const { input, owner } = await aDraftWish(booking)
    const idempotencyKey = newId()
    const [first, again] = [
      await draft(booking, owner, { ...input, idempotencyKey }),
      await draft(booking, owner, { ...input, idempotencyKey }),
    ]
    expect(again.data.createEvent.id).toBe(first.data.createEvent.id)
    const other = await draft(booking, owner, { ...input, title: 'Another', idempotencyKey })
    expect(other.data.createEvent.__typename).toBe('IdempotencyKeyReused')
  })
})

describe('updating', () => {
  test('is for those who may draft', async () => {
    const { eventId, partnerId, owner } = await aDraft()
    for (const identity of [aUser(), aPartnerUser(newId()), aPartnerUser(partnerId, 'SCANNER'), anAdmin('SUPPORT')]) {
      expect(await update(identity, { eventId, title: 'Mine' })).toMatchObject({ __typename: 'EventNotFound', eventId })
    }
    expect(await update(owner, { eventId: "' or true --", title: 'x' })).toMatchObject({ __typename: 'EventNotFound' })
    expect((await update(nobody(), { eventId, title: 'x' })).errors[0].extensions.code).toBe('UNAUTHENTICATED')
  })

  test.each([
    ['title', { title: '' }],
    ['title', { title: null }],
    ['description', { description: 'a\u0000b' }],
    ['imageUrl', { imageUrl: 'http://example.org' }],
    ['maxTicketsPerBuyer', { maxTicketsPerBuyer: 0 }],
    ['currency', { currency: 'EURO' }],
    ['startsAt', { startsAt: inDays(-1).toISOString() }],
    ['startsAt', { startsAt: null }],
    ['endsAt', { endsAt: inDays(9).toISOString() }],
    ['doorsAt', { doorsAt: inDays(12).toISOString() }],
    ['salesCloseAt', { salesCloseAt: inDays(-1).toISOString() }],
    ['ticketTypes', { ticketTypes: [] }],
    ['ticketTypes[0].capacity', { ticketTypes: [{ name: 'Pit', seated: false, price: 1 }] }],
    ['idempotencyKey', { idempotencyKey: 'short' }],
  ])('bad %s is named: %j', async (field, facts) => {
    const { eventId, owner } = await aDraft()
    expect(badField(await update(owner, { eventId, ...facts }))).toBe(`input.${field}`)
  })

  test('a draft may become another in everything, and what is left out stays', async () => {
    const { eventId, owner, partnerId, input } = await aDraft({ description: 'Old.' })
    const venue = await aVenue(booking.database, { partnerId, timezone: 'Asia/Tokyo', country: 'JP', city: 'Tokyo' })
    const strange = await aVenue(booking.database)
    expect(await update(owner, { eventId, venueId: strange.venueId })).toMatchObject({ __typename: 'VenueUnavailable' })
    // The plan is the old venue's.
    expect(await update(owner, { eventId, venueId: venue.venueId })).toMatchObject({
      __typename: 'SeatingPlanNotFound',
    })

    const seatingPlanId = await aPlan(booking.database, venue, [{ width: 9 }])
    const evil = `Robert'); drop table events; --`
    const startsAt = inDays(20)
    const changed = await update(owner, {
      eventId,
      title: evil,
      description: null,
      currency: 'JPY',
      startsAt: startsAt.toISOString(),
      venueId: venue.venueId,
      seatingPlanId,
    })
    const delta = startsAt.getTime() - Date.parse(input.startsAt)
    expect(changed).toMatchObject({
      title: evil,
      description: null,
      category: 'MUSIC',
      currency: 'JPY',
      timezone: 'Asia/Tokyo',
      startsAt: startsAt.toISOString(),
      endsAt: new Date(Date.parse(input.endsAt) + delta).toISOString(),
      doorsAt: new Date(startsAt.getTime() - 3_600_000).toISOString(),
      venue: { id: venue.venueId },
      ticketTypes: [
        { name: 'Stalls', capacity: 9 },
        { name: 'Pit', capacity: 40 },
      ],
    })
    const types = await update(owner, {
      eventId,
      ticketTypes: [{ name: 'Stalls', seated: true, price: 7, category: 'STALLS' }],
    })
    expect(types.ticketTypes).toMatchObject([{ name: 'Stalls', capacity: 9, price: { amount: 7 } }])
  })

  test('of a published event, what its buyers relied on is settled', async () => {
    const { eventId, partnerId } = await aSale(booking.database)
    const owner = aPartnerUser(partnerId)
    const settled = { startsAt: inDays(9).toISOString(), currency: 'EUR', seatingPlanId: null, salesOpenAt: null }
    expect(await update(owner, { eventId, title: 'New', ...settled })).toMatchObject({
      __typename: 'EventFieldsFixed',
      status: 'PUBLISHED',
      fields: expect.arrayContaining(Object.keys(settled)),
    })
    const idempotencyKey = newId()
    const changed = await update(owner, { eventId, title: 'New', maxTicketsPerBuyer: 4, idempotencyKey })
    expect(changed).toMatchObject({ title: 'New', maxTicketsPerBuyer: 4, status: 'PUBLISHED' })
    expect(await update(owner, { eventId, title: 'New', maxTicketsPerBuyer: 4, idempotencyKey })).toEqual(changed)
    expect(await update(owner, { eventId, title: 'Newer', idempotencyKey })).toMatchObject({
      __typename: 'IdempotencyKeyReused',
    })
    const audited = (await booking.published('audit.recorded')).filter(({ data }) => data['action'] === 'updateEvent')
    expect(audited.at(-1)?.data).toMatchObject({
      before: { title: 'Tosca', maxTicketsPerBuyer: 100 },
      after: { title: 'New', maxTicketsPerBuyer: 4 },
    })
  })
})

test('who has a copy of a published event is told when it is another, of a draft nobody, and of no change neither', async () => {
  const told = async (eventId: string) =>
    (await booking.published('event.updated')).filter(({ data }) => data['eventId'] === eventId)
  const unpublished = await aDraft()
  await update(unpublished.owner, { eventId: unpublished.eventId, title: 'Carmen' })
  expect(await told(unpublished.eventId)).toEqual([])

  const { eventId, partnerId } = await aSale(booking.database, {})
  const seller = aPartnerUser(partnerId)
  await update(seller, { eventId, title: 'Tosca' })
  expect(await told(eventId)).toEqual([])
  await update(seller, { eventId, title: 'Carmen', imageUrl: 'https://example.com/carmen.png' })
  expect((await told(eventId)).map(({ data }) => data)).toEqual([
    expect.objectContaining({ title: 'Carmen', partnerId, imageUrl: 'https://example.com/carmen.png' }),
  ])
})

describe('rescheduling', () => {
  test('moves the sales of ticket types that are still to come, and opens none that is over', async () => {
    const sale = await aSale(booking.database, {})
    const seller = aPartnerUser(sale.partnerId)
    const [over, soon, later] = [inDays(-1), inDays(2), inDays(3)]
    await booking.database.pool.query(
      `update ticket_types set sales_open_at = $2, sales_close_at = $3 where event_id = $1 and name = 'Stalls'`,
      [sale.eventId, inDays(-3), over],
    )
    await booking.database.pool.query(
      `update ticket_types set sales_open_at = $2, sales_close_at = $3 where event_id = $1 and name = 'Standing'`,
      [sale.eventId, soon, later],
    )
    const before = await booking.database.pool.query(`select starts_at from events where id = $1`, [sale.eventId])
    const moved = before.rows[0].starts_at.getTime() + 30 * 86_400_000
    const startsAt = new Date(moved).toISOString()
    expect(await reschedule(seller, { eventId: sale.eventId, startsAt })).toMatchObject({ __typename: 'Event' })
    const { rows } = await booking.database.pool.query(
      `select name, sales_open_at, sales_close_at from ticket_types where event_id = $1 order by name`,
      [sale.eventId],
    )
    const month = (time: Date) => new Date(time.getTime() + 30 * 86_400_000)
    expect(rows).toEqual([
      { name: 'Stalls', sales_open_at: expect.any(Date), sales_close_at: over },
      { name: 'Standing', sales_open_at: month(soon), sales_close_at: month(later) },
    ])
  })

  test('is for those who may publish, of what is published, to a time that can be', async () => {
    const { eventId, partnerId, owner } = await aDraft()
    const startsAt = inDays(40).toISOString()
    expect(await reschedule(aUser(), { eventId, startsAt })).toMatchObject({ __typename: 'EventNotFound' })
    expect(await reschedule(owner, { eventId, startsAt })).toMatchObject({
      __typename: 'EventNotReschedulable',
      status: 'DRAFT',
    })
    const sale = await aSale(booking.database, {})
    const seller = aPartnerUser(sale.partnerId)
    const bad = [
      ['startsAt', { startsAt: inDays(-1).toISOString() }],
      ['endsAt', { startsAt, endsAt: inDays(39).toISOString() }],
      ['reason', { startsAt, reason: '' }],
      ['reason', { startsAt, reason: 'call 4111 1111 1111 1111' }],
    ] as const
    for (const [field, facts] of bad) {
      expect(badField(await reschedule(seller, { eventId: sale.eventId, ...facts }))).toBe(`input.${field}`)
    }
    expect(partnerId).not.toBe(sale.partnerId)
  })

  test('tells each buyer once, keeps the tickets, and gives the money back to who asks for it', async () => {
    const sale = await aSale(booking.database, { startsAt: new Date(Date.now() + 3_600_000) })
    const seller = aPartnerUser(sale.partnerId)
    const [early, other] = [await aHold(booking.database, sale), await aHold(booking.database, sale, { seatNos: [5] })]
    for (const hold of [early, other]) {
      accepted(await checkOut(booking.database, hold))
      await deliver(booking.database, PaymentSucceeded, aPayment(hold))
    }
    // An hour before it begins it is too late by the policy.
    const buyer = aUser({ userId: early.userId })
    const cancelInput = () => ({ bookingId: early.id, reason: 'Not then.', idempotencyKey: newId() })
    const CANCEL = `mutation ($input: CancelBookingInput!) { cancelBooking(input: $input) { __typename } }`
    const refused = await booking.graph(buyer, CANCEL, { input: cancelInput() })
    expect(refused.data.cancelBooking.__typename).toBe('BookingNotCancellable')

    const startsAt = inDays(60)
    const idempotencyKey = newId()
    const wish = { eventId: sale.eventId, startsAt: startsAt.toISOString(), idempotencyKey }
    const moved = await reschedule(seller, wish)
    expect(moved).toMatchObject({
      __typename: 'Event',
      startsAt: startsAt.toISOString(),
      endsAt: new Date(startsAt.getTime() + 3 * 3_600_000).toISOString(),
      salesCloseAt: startsAt.toISOString(),
      rescheduleReason: 'Illness.',
    })
    const days = (Date.parse(moved.refundableUntil) - Date.parse(moved.rescheduledAt)) / 86_400_000
    expect(days).toBe(14)
    expect(await reschedule(seller, wish)).toEqual(moved)
    // To the same times again: nobody is told anew.
    await reschedule(seller, { ...wish, idempotencyKey: newId() })

    const told = async () =>
      (await booking.published('booking.rescheduled')).filter(({ data }) => data['eventId'] === sale.eventId)
    await waitFor('the buyers to be told', async () => (await told()).length >= 2)
    expect(new Set((await told()).map(({ data }) => data['bookingId']))).toEqual(new Set([early.id, other.id]))
    expect((await told())[0]?.data).toMatchObject({
      reason: 'Illness.',
      event: { title: 'Tosca', startsAt: startsAt.toISOString(), timezone: 'Europe/London' },
    })
    const facts = (await booking.published('event.rescheduled')).filter(({ data }) => data['eventId'] === sale.eventId)
    expect(facts.length).toBe(1)
    expect(await statusOf(booking.database, other.id)).toBe('CONFIRMED')

    const cancelled = await booking.graph(buyer, CANCEL, { input: cancelInput() })
    expect(cancelled.data.cancelBooking.__typename).toBe('Booking')
    const { rows } = await booking.database.pool.query('select amount from booking_refunds where booking_id = $1', [
      early.id,
    ])
    expect(rows).toEqual([{ amount: String(early.total) }])
  })
})

test('the partner follows the refunds of an event that was called off, and nobody else does', async () => {
  const sale = await aSale(booking.database)
  const seller = aPartnerUser(sale.partnerId)
  const hold = await aHold(booking.database, sale)
  accepted(await checkOut(booking.database, hold))
  await deliver(booking.database, PaymentSucceeded, aPayment(hold))
  const cancelled = await ask(seller, 'cancelEvent', '... on EventNotCancellable { status }', {
    eventId: sale.eventId,
    reason: 'The singer is ill.',
  })
  expect(cancelled).toMatchObject({
    status: 'CANCELLED',
    cancelReason: 'The singer is ill.',
    cancellation: { bookings: 1, finishedAt: null },
  })
  const query = `query ($id: ID!) { event(id: $id) { status ${PROGRESS} } }`
  const see = async (identity: Identity) => (await booking.graph(identity, query, { id: sale.eventId })).data.event
  await waitFor('the end', async () => (await see(seller)).cancellation.finishedAt !== null)
  expect((await see(anAdmin('FINANCE'))).cancellation).toMatchObject({
    bookings: 1,
    bookingsEnded: 1,
    refunds: 1,
    refundsSucceeded: 0,
    refundsFailed: 0,
    refundTotal: { amount: hold.total, currency: 'GBP' },
  })
  for (const identity of [nobody(), aUser({ userId: hold.userId }), aPartnerUser(sale.partnerId, 'SCANNER')]) {
    expect(await see(identity)).toMatchObject({ status: 'CANCELLED', cancellation: null })
  }
})
