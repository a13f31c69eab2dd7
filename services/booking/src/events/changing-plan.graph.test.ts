import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { aPartnerUser, aUser, testService, type TestService } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { PaymentSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, expect, test } from 'vitest'
import { anEvent, aPlan, LIMITS, TICKET_KEY_SECRET, type RowSpec } from '../../test/build.ts'
import { aHold, aSale } from '../../test/sales.ts'
import { aConfirmed, aPayment, brokenInvariants, checkOut, deliver, passDeadline, statusOf } from '../../test/story.ts'
import { isSoldAsBooked } from '../bookings/booking.sql.ts'
import { holdBestAvailable, holdSeats, releaseHold } from '../holds/holds.ts'
import { defineBooking } from '../service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const EVENT = `__typename ... on Refusal { message } ... on EventFieldsFixed { fields } ... on EventNotPublishable { problems }
  ... on SeatingPlanNotFound { seatingPlanId }
  ... on Event { id sections { name rows seats available } seats { id status ticketTypeId } ticketTypes { id name capacity available }
    displacedTickets { edges { node { id status seat { id } booking { id } } } } }`

async function change(identity: Identity, eventId: string, seatingPlanId: string, idempotencyKey = newId()) {
  const query = `mutation ($input: ChangeSeatingPlanInput!) { changeSeatingPlan(input: $input) { ${EVENT} } }`
  const { data } = await booking.graph(identity, query, { input: { eventId, seatingPlanId, idempotencyKey } })
  return data.changeSeatingPlan
}

/** Another version of the plan of a sale, whose row has twelve seats. */
async function anotherPlan(eventId: string, ...rows: RowSpec[]) {
  const { rows: found } = await booking.database.pool.query(
    'select venue_id as "venueId", partner_id as "partnerId" from events where id = $1',
    [eventId],
  )
  return aPlan(booking.database, found[0], rows)
}
const STALLS = { section: 'Stalls', category: 'Stalls' }

test('is for those who publish the event, with a plan of its venue that has what is sold', async () => {
  const sale = await aSale(booking.database)
  const plan = await anotherPlan(sale.eventId, { ...STALLS, width: 8 })
  for (const other of [aUser(), aPartnerUser(newId()), aPartnerUser(sale.partnerId, 'SCANNER')]) {
    expect(await change(other, sale.eventId, plan)).toMatchObject({ __typename: 'EventNotFound' })
  }
  const owner = aPartnerUser(sale.partnerId)
  const elsewhere = await anotherPlan((await aSale(booking.database)).eventId, { ...STALLS, width: 8 })
  expect(await change(owner, sale.eventId, elsewhere)).toMatchObject({ seatingPlanId: elsewhere })
  const without = await anotherPlan(sale.eventId, { section: 'Balcony', category: 'Balcony', width: 8 })
  expect(await change(owner, sale.eventId, without)).toMatchObject({ problems: [expect.stringContaining('Stalls')] })
})

test('seats that are gone are not sold any more, stay what they are for who bought them, and new ones are on sale', async () => {
  const { database } = booking
  const bought = await aConfirmed(database, { seatNos: [10, 11] })
  const { sale } = bought
  const holder = await aHold(database, sale, { seatNos: [8, 9] })
  const waiting = await aHold(database, sale, { seatNos: [7] })
  accepted(await checkOut(database, waiting))
  const late = await aHold(database, sale, { seatNos: [6] })
  accepted(await checkOut(database, late))
  await passDeadline(database, late.id)
  const keeper = await aHold(database, sale, { seatNos: [0] })

  const owner = aPartnerUser(sale.partnerId)
  const plan = await anotherPlan(sale.eventId, { ...STALLS, width: 6 }, { ...STALLS, width: 5 })
  const changed = await change(owner, sale.eventId, plan)
  expect(changed).toMatchObject({
    ticketTypes: [
      { name: 'Stalls', capacity: 11, available: 10 },
      { name: 'Standing', capacity: 10 },
    ],
    sections: [{ name: 'Stalls', rows: 2, seats: 17, available: 10 }],
  })
  const states = new Map(changed.seats.map(({ id, status }: { id: string; status: string }) => [id, status]))
  expect(['1-1', '1-2', '1-7', '1-9', '1-11', '2-5'].map((seat) => states.get(`Stalls-${seat}`))).toEqual([
    'HELD',
    'AVAILABLE',
    'BLOCKED',
    'BLOCKED',
    'BLOCKED',
    'AVAILABLE',
  ])
  expect(changed.displacedTickets.edges.map(({ node }: { node: object }) => node)).toMatchObject(
    ['Stalls-1-11', 'Stalls-1-12'].map((id) => ({ status: 'ACTIVE', seat: { id }, booking: { id: bought.id } })),
  )
  expect(await Promise.all([bought, holder, waiting, keeper].map(({ id }) => statusOf(database, id)))).toEqual([
    'CONFIRMED',
    'RELEASED',
    'CANCELLED',
    'HELD',
  ])

  const buyer = () => ({ userId: newId(), eventId: sale.eventId, idempotencyKey: newId(), limits: LIMITS })
  expect(await holdSeats(database, { ...buyer(), seatIds: ['Stalls-1-9'] })).toMatchObject({ refusal: 'SeatsUnknown' })
  const best = { ticketTypeId: changed.ticketTypes[0].id, quantity: 5 }
  for (const row of [1, 2]) {
    expect(await holdBestAvailable(database, { ...buyer(), ...best })).toMatchObject({
      value: { seatNos: { length: 5 } },
      ok: row > 0,
    })
  }
  expect(await holdBestAvailable(database, { ...buyer(), ...best })).toMatchObject({ refusal: 'SoldOut' })
  await deliver(database, PaymentSucceeded, aPayment(late))
  expect(await statusOf(database, late.id)).toBe('REFUND_DUE')
  expect(await brokenInvariants(database)).toEqual([])

  const seen = await booking.graph(
    aUser(),
    'query ($id: ID!) { event(id: $id) { displacedTickets { edges { cursor } } } }',
    { id: sale.eventId },
  )
  expect(seen.data.event.displacedTickets.edges).toEqual([])
})

test('a seat that comes back is on sale again, and the same wish again does nothing', async () => {
  const sale = await aSale(booking.database)
  const owner = aPartnerUser(sale.partnerId)
  const [small, whole] = [
    await anotherPlan(sale.eventId, { ...STALLS, width: 6 }),
    await anotherPlan(sale.eventId, { ...STALLS, width: 12 }),
  ]
  const idempotencyKey = newId()
  expect((await change(owner, sale.eventId, small, idempotencyKey)).ticketTypes[0].capacity).toBe(6)
  expect((await change(owner, sale.eventId, small, idempotencyKey)).ticketTypes[0].capacity).toBe(6)
  expect((await change(owner, sale.eventId, whole)).ticketTypes[0]).toMatchObject({ capacity: 12, available: 12 })
  const { rows } = await booking.database.pool.query(
    'select count(*)::integer as seats from event_seats where event_id = $1',
    [sale.eventId],
  )
  expect(rows).toEqual([{ seats: 12 }])
})

test('a seat that nobody has is what the new plan says, and one that somebody has stays what it was bought as', async () => {
  const { database } = booking
  const rows = [
    { ...STALLS, width: 6 },
    { section: 'Balcony', category: 'Balcony', width: 2 },
  ]
  const event = await anEvent(database, {
    currency: 'GBP',
    rows,
    prices: { Stalls: 2_500, Balcony: 1_000 },
    standing: 0,
  })
  const sale = { eventId: event.id, partnerId: event.partnerId, admissionTypeId: '' }
  const hold = (...seatNos: number[]) => aHold(database, sale, { seatNos })
  const [bought, waiting, late, given] = [await hold(0), await hold(1), await hold(2), await hold(3)]
  for (const each of [bought, waiting, late]) accepted(await checkOut(database, each))
  await deliver(database, PaymentSucceeded, aPayment(bought))
  await passDeadline(database, late.id)
  const cheaper = [
    { ...STALLS, category: 'Balcony', width: 6 },
    { section: 'Balcony', category: 'Stalls', width: 2 },
  ]
  const changed = await change(aPartnerUser(sale.partnerId), sale.eventId, await anotherPlan(sale.eventId, ...cheaper))
  expect(changed.ticketTypes).toMatchObject([
    { name: 'Stalls', capacity: 5, available: 2 },
    { name: 'Balcony', capacity: 3, available: 3 },
  ])
  const [stalls, balcony] = changed.ticketTypes.map(({ id }: { id: string }) => id)
  const typesOf = ({ seats }: { seats: { id: string; ticketTypeId: string }[] }) =>
    Object.fromEntries(seats.map(({ id, ticketTypeId }) => [id, ticketTypeId]))
  const expected = { 'Stalls-1-1': stalls, 'Stalls-1-2': stalls, 'Stalls-1-3': balcony, 'Stalls-1-4': stalls }
  expect(typesOf(changed)).toMatchObject({ ...expected, 'Stalls-1-5': balcony, 'Balcony-1-1': stalls })

  const buyer = { userId: newId(), eventId: sale.eventId, idempotencyKey: newId(), limits: LIMITS }
  expect(await holdSeats(database, { ...buyer, seatIds: ['Stalls-1-6', 'Balcony-1-2'] })).toMatchObject({
    value: { total: 3_500 },
  })
  // It was promised another kind of ticket at another price: its money goes back.
  await deliver(database, PaymentSucceeded, aPayment(late))
  await deliver(database, PaymentSucceeded, aPayment(waiting))
  expect(await Promise.all([late, waiting].map(({ id }) => statusOf(database, id)))).toEqual([
    'REFUND_DUE',
    'CONFIRMED',
  ])
  expect(await brokenInvariants(database)).toEqual([])

  accepted(await releaseHold(database, { userId: given.userId, holdId: given.id }))
  const again = await change(aPartnerUser(sale.partnerId), sale.eventId, await anotherPlan(sale.eventId, ...cheaper))
  expect(typesOf(again)).toMatchObject({ ...expected, 'Stalls-1-4': balcony })
})

test('whoever buys while the plan changes has a seat or none, and nobody a ticket too few', async () => {
  const { database } = booking
  const sale = await aSale(database)
  const plan = await anotherPlan(sale.eventId, { ...STALLS, width: 6 })
  const buys = Array.from({ length: 12 }, async (_, seatNo) => {
    const held = await holdSeats(database, {
      userId: newId(),
      eventId: sale.eventId,
      idempotencyKey: newId(),
      limits: LIMITS,
      seatIds: [`Stalls-1-${seatNo + 1}`],
    })
    return held.ok ? held.value.id : null
  })
  const [changed, ...held] = await Promise.all([change(aPartnerUser(sale.partnerId), sale.eventId, plan), ...buys])
  expect(changed.__typename).toBe('Event')
  const { rows } = await database.pool.query(
    `select count(*)::integer as wrong from event_seats s
      where s.event_id = $1 and s.ticket_type_no is null and s.expires_at > now()`,
    [sale.eventId],
  )
  expect(rows).toEqual([{ wrong: 0 }])
  expect(held.filter((id) => id !== null).length).toBeGreaterThanOrEqual(6)
  expect(await brokenInvariants(database)).toEqual([])
})

test('whoever holds while seats change their category has what they were told, at its price', async () => {
  const { database } = booking
  const prices = { Stalls: 2_500, Balcony: 1_000 }
  const rows = ['Stalls', 'Balcony'].map((name) => ({ section: name, category: name, width: 12 }))
  const turned = [
    { section: 'Stalls', category: 'Balcony', width: 12 },
    { section: 'Balcony', category: 'Stalls', width: 12 },
  ]
  for (const round of [1, 2, 3]) {
    const { id: eventId, partnerId, types } = await anEvent(database, { currency: 'GBP', rows, prices, standing: 0 })
    const plan = await anotherPlan(eventId, ...turned)
    const buyer = () => ({ userId: newId(), eventId, idempotencyKey: newId(), limits: LIMITS })
    const seats = Array.from({ length: 8 }, (_, at) => [`Stalls-1-${at + 1}`, `Balcony-1-${at + 1}`])
    const holds = [
      ...seats.map((seatIds) => holdSeats(database, { ...buyer(), seatIds })),
      ...Object.values(types).map(({ id }) =>
        holdBestAvailable(database, { ...buyer(), ticketTypeId: id, quantity: 2 }),
      ),
    ]
    const [changed] = await Promise.all([change(aPartnerUser(partnerId), eventId, plan), ...holds])
    expect([round, changed.__typename]).toEqual([round, 'Event'])
    const { rows: held } = await database.pool.query<{ id: string }>(
      `select id from bookings where event_id = $1 and status = 'HELD'`,
      [eventId],
    )
    const asBooked = await Promise.all(
      held.map(({ id }) => transact(database, (tx) => isSoldAsBooked(tx, id).then(accept))),
    )
    expect(asBooked.map(accepted)).toEqual(held.map(() => true))
    const { rows: sold } = await database.pool.query<{ capacity: number; seats: number }>(
      `select t.capacity, (select count(*)::integer from event_seats s where s.event_id = t.event_id and s.ticket_type_no = t.no) as seats
         from ticket_types t where t.event_id = $1`,
      [eventId],
    )
    for (const { capacity, seats: counted } of sold) expect(counted).toBe(capacity)
  }
  expect(await brokenInvariants(database)).toEqual([])
})
