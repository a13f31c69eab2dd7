import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { aPartnerUser, aUser, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { aHold, anEvent, inDays, LIMITS, TICKET_KEY_SECRET } from '../../test/build.ts'
import { inventoryFindings } from '../audit/audit.sql.ts'
import { holdBestAvailable, holdGeneralAdmission } from '../holds/holds.ts'
import { defineBooking } from '../service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const CHANGE = `mutation ($input: ChangeTicketTypesInput!) { changeTicketTypes(input: $input) { __typename
  ... on Refusal { message } ... on CapacityTaken { ticketTypeId taken } ... on EventNotPublishable { problems }
  ... on EventFieldsFixed { fields } ... on TicketTypeNotFound { ticketTypeId }
  ... on Event { ticketTypes { id name price { amount } capacity available salesCloseAt channel } } } }`

const change = async (identity: Identity, input: object) => {
  const { data, errors } = await booking.graph(identity, CHANGE, { input: { idempotencyKey: newId(), ...input } })
  return errors.length > 0 ? errors[0]?.extensions['field'] : data.changeTicketTypes
}
const BALCONY = { name: 'Balcony', seated: true, price: 900, category: 'BALCONY' }
const aMixedEvent = async (facts = {}) => {
  const rows = [{ width: 6 }, { width: 4, category: 'BALCONY' }]
  const event = await anEvent(booking.database, { rows, prices: { STALLS: 5000 }, ...facts })
  return { event, owner: aPartnerUser(event.partnerId), standing: event.types['Standing']?.id ?? '' }
}

test('is for those who publish it, of what is on sale, and says which field cannot be', async () => {
  const { event, owner, standing } = await aMixedEvent()
  const eventId = event.id
  for (const other of [aUser(), aPartnerUser(newId()), aPartnerUser(event.partnerId, 'SCANNER')]) {
    expect(await change(other, { eventId })).toMatchObject({ __typename: 'EventNotFound' })
  }
  const { event: draft, owner: drafter } = await aMixedEvent({ status: 'DRAFT' })
  expect(await change(drafter, { eventId: draft.id })).toMatchObject({ fields: ['ticketTypes'] })
  const seated = event.types['STALLS']?.id
  const bad: [string, object][] = [
    ['input.change[0].capacity', { change: [{ ticketTypeId: seated, capacity: 3 }] }],
    ['input.change[0].price', { change: [{ ticketTypeId: standing, price: -1 }] }],
    ['input.change[0].minPerBooking', { change: [{ ticketTypeId: standing, minPerBooking: 11 }] }],
    ['input.change[1].ticketTypeId', { change: [{ ticketTypeId: standing }, { ticketTypeId: standing }] }],
    ['input.add[0].capacity', { add: [{ name: 'Pit', seated: false, price: 1 }] }],
    [
      'input.change[0].salesCloseAt',
      { change: [{ ticketTypeId: standing, salesOpenAt: inDays(2), salesCloseAt: inDays(1) }] },
    ],
  ]
  for (const [field, input] of bad) expect(await change(owner, { eventId, ...input })).toBe(field)
  const unknown = newId()
  expect(await change(owner, { eventId, change: [{ ticketTypeId: unknown }] })).toMatchObject({ ticketTypeId: unknown })
  const twice = { ...BALCONY, name: 'STALLS', category: 'STALLS' }
  expect((await change(owner, { eventId, add: [twice] })).problems).toEqual([
    'Two ticket types have the name STALLS.',
    'Two ticket types sell the seats of the category STALLS.',
  ])
})

test('a price is that of future holds, and who holds pays what was shown', async () => {
  const { event, owner, standing } = await aMixedEvent()
  const before = await aHold(booking.database, { event, units: 2 })
  const changed = await change(owner, { eventId: event.id, change: [{ ticketTypeId: standing, price: 2500 }] })
  expect(changed.ticketTypes).toContainEqual(expect.objectContaining({ id: standing, price: { amount: 2500 } }))
  const after = await aHold(booking.database, { event, units: 2 })
  expect([before.total, after.total]).toEqual([4000, 5000])
  const { rows } = await booking.database.pool.query('select total from bookings where id = $1', [before.id])
  expect(rows).toMatchObject([{ total: '4000' }])
})

test('a capacity falls to what is taken and not below, also while forty buyers are at it', async () => {
  const { event, owner, standing } = await aMixedEvent({ standing: 60 })
  await aHold(booking.database, { event, units: 5 })
  const to = (capacity: number) => change(owner, { eventId: event.id, change: [{ ticketTypeId: standing, capacity }] })
  expect(await to(4)).toMatchObject({ __typename: 'CapacityTaken', ticketTypeId: standing, taken: 5 })
  const buyers = Array.from({ length: 40 }, () =>
    holdGeneralAdmission(booking.database, {
      userId: newId(),
      eventId: event.id,
      ticketTypeId: standing,
      quantity: 2,
      idempotencyKey: newId(),
      limits: LIMITS,
    }),
  )
  const [lowered, raised] = await Promise.all([to(30), to(70)])
  const held = (await Promise.all(buyers)).filter(({ ok }) => ok).length * 2 + 5
  expect([lowered.__typename, raised.__typename]).toContain('Event')
  const { rows } = await booking.database.pool.query(
    'select s.capacity, s.available, t.capacity as said from admission_stock s join ticket_types t on t.id = s.ticket_type_id where t.id = $1',
    [standing],
  )
  expect(rows[0].capacity - rows[0].available).toBe(held)
  expect(rows[0].said).toBe(rows[0].capacity)
  expect((await inventoryFindings(booking.database.orm)).filter(({ violations }) => violations > 0)).toEqual([])
})

test('a type that is added sells its seats, its places next to each other too, and again under its key adds none', async () => {
  const { event, owner } = await aMixedEvent()
  const wish = { eventId: event.id, add: [BALCONY, { name: 'Late', seated: false, price: 0, capacity: 7 }] }
  const idempotencyKey = newId()
  const first = await change(owner, { ...wish, idempotencyKey })
  expect(await change(owner, { ...wish, idempotencyKey })).toEqual(first)
  expect(first.ticketTypes).toMatchObject([
    { name: 'STALLS', capacity: 6 },
    { name: 'Standing', capacity: 20 },
    { name: 'Balcony', capacity: 4, available: 4 },
    { name: 'Late', capacity: 7, available: 7 },
  ])
  const [, , balcony] = first.ticketTypes
  const best = await holdBestAvailable(booking.database, {
    userId: newId(),
    eventId: event.id,
    ticketTypeId: balcony.id,
    quantity: 3,
    idempotencyKey: newId(),
    limits: LIMITS,
  })
  expect(best).toMatchObject({ ok: true, value: { total: 2700 } })
})
