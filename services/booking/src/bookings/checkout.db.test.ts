import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import type { Database } from '@tikitu/runtime/database'
import { beforeAll, expect, test } from 'vitest'
import { aHold, aSale, hours } from '../../test/sales.ts'
import {
  aHeld,
  aPending,
  brokenInvariants,
  checkOut,
  expire,
  passDeadline,
  statusOf,
  TERMS,
  told,
  warm,
} from '../../test/story.ts'
import { checkout } from './checkout.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

const bookingRow = async (id: string) => {
  const { rows } = await database.pool.query('select * from bookings where id = $1', [id])
  return rows[0]
}

test("somebody else's hold, no hold, and what is not even an id do not exist", async () => {
  const held = await aHeld(database)
  for (const hold of [
    { id: held.id, userId: newId() },
    { id: newId(), userId: held.userId },
    { id: "'; drop table bookings", userId: held.userId },
  ])
    expect(await checkOut(database, hold)).toMatchObject({ refusal: 'HoldNotFound', facts: { holdId: hold.id } })
  expect(await statusOf(database, held.id)).toBe('HELD')
})

test('a hold that has ended is refused before and after anybody noticed', async () => {
  const held = await aHeld(database)
  await passDeadline(database, held.id)
  expect(await checkOut(database, held)).toMatchObject({ refusal: 'HoldExpired', facts: { holdId: held.id } })
  await expire(database)
  expect(await checkOut(database, held)).toMatchObject({ refusal: 'HoldExpired' })
  expect(await told(database, held.id)).toEqual([])
})

test('a hold whose seat somebody took at the moment of its end has ended, and nothing is booked', async () => {
  const held = await aHeld(database)
  const giveSeat = 'update event_seats set booking_id = $1 where event_id = $2 and seat_no = 1'
  await database.pool.query(giveSeat, [newId(), held.sale.eventId])
  expect(await checkOut(database, held)).toMatchObject({ refusal: 'HoldExpired' })
  expect(await statusOf(database, held.id)).toBe('HELD')
  await database.pool.query(giveSeat, [held.id, held.sale.eventId])
})

test('an event that was called off sells nothing more', async () => {
  const held = await aHeld(database)
  await database.pool.query(`update events set status = 'CANCELLED' where id = $1`, [held.sale.eventId])
  expect(await checkOut(database, held)).toMatchObject({ refusal: 'SalesClosed' })
})

test('a hold is used once; the same key gives the same booking, another request under it is refused', async () => {
  const held = await aHeld(database)
  const key = newId()
  expect(await checkOut(database, held, key)).toEqual({ ok: true, value: { id: held.id, repeated: false } })
  expect(await checkOut(database, held, key)).toEqual({ ok: true, value: { id: held.id, repeated: true } })
  expect(await checkOut(database, held)).toMatchObject({ refusal: 'HoldAlreadyUsed', facts: { bookingId: held.id } })
  const other = await aHold(database, held.sale, { userId: held.userId, seatNos: [5] })
  expect(await checkOut(database, other, key)).toMatchObject({ refusal: 'IdempotencyKeyReused' })
  expect(await told(database, held.id)).toEqual(['booking.payment_requested'])
})

test('a booking keeps the price that was shown, and the terms of the day it was made', async () => {
  const startsAt = hours(100)
  const pending = await aPending(database, { startsAt, commission: { basisPoints: 1_000, fixedPerTicket: 25 } })
  await database.pool.query('update ticket_types set price = 9999 where event_id = $1', [pending.sale.eventId])
  await database.pool.query('update partners set commission_basis_points = 1 where partner_id = $1', [
    pending.sale.partnerId,
  ])
  const { rows } = await database.pool.query(
    `select data from outbox where key = $1 and type = 'booking.payment_requested'`,
    [pending.id],
  )
  const booking = await bookingRow(pending.id)
  expect(rows[0].data).toEqual({
    bookingId: pending.id,
    userId: pending.userId,
    eventId: pending.sale.eventId,
    partnerId: pending.sale.partnerId,
    reference: booking.reference,
    amount: 5_000,
    currency: 'GBP',
    commission: 550,
    deadline: booking.expires_at.toISOString(),
  })
  expect(booking).toMatchObject({
    status: 'PENDING',
    commission: '550',
    policy: { until: new Date(startsAt.getTime() - 24 * 3_600_000).toISOString(), refundBasisPoints: 10_000 },
  })
})

test('the seats are kept until the payment deadline', async () => {
  const pending = await aPending(database)
  const { rows } = await database.pool.query(
    `select count(*)::integer as kept from event_seats s join bookings b on b.id = s.booking_id
      where b.id = $1 and s.expires_at = b.expires_at and b.expires_at > now() + interval '14 minutes'`,
    [pending.id],
  )
  expect(rows[0].kept).toBe(2)
})

test('units that come back sooner than the hold said are looked for sooner', async () => {
  const held = await aHeld(database, { units: 3, minutes: 30 })
  accepted(await checkOut(database, held))
  const { rows } = await database.pool.query(
    'select a.next_due <= b.expires_at as in_time from admission_stock a join bookings b on b.ticket_type_id = a.ticket_type_id where b.id = $1',
    [held.id],
  )
  expect(rows[0].in_time).toBe(true)
})

test('a reference that is taken is drawn again, and nobody notices', async () => {
  const taken = (await bookingRow((await aPending(database)).id)).reference
  const held = await aHeld(database)
  const draws = [taken, taken, 'K7M2-X9QT']
  const outcome = await transact(database, (tx, at) =>
    checkout(tx, {
      holdId: held.id,
      userId: held.userId,
      idempotencyKey: newId(),
      terms: TERMS,
      at,
      drawReference: () => draws.shift() ?? '',
    }),
  )
  expect(outcome.ok).toBe(true)
  expect((await bookingRow(held.id)).reference).toBe('K7M2-X9QT')
  expect(await told(database, held.id)).toEqual(['booking.payment_requested'])
})

test('a free booking is confirmed at once, with its tickets and without a payment', async () => {
  for (const facts of [
    { seatNos: [0, 1], seatPrice: 0 },
    { units: 2, unitPrice: 0 },
  ]) {
    const held = await aHeld(database, facts)
    accepted(await checkOut(database, held))
    expect(await statusOf(database, held.id)).toBe('CONFIRMED')
    const { rows } = await database.pool.query(
      'select status, price, seat_no from tickets where booking_id = $1 order by no',
      [held.id],
    )
    expect(rows.map(({ status, price }) => [status, price])).toEqual([
      ['ACTIVE', '0'],
      ['ACTIVE', '0'],
    ])
    expect(rows.map(({ seat_no }) => seat_no)).toEqual(facts.seatNos ?? [null, null])
    expect(await told(database, held.id)).toEqual(['booking.confirmed'])
  }
  expect(await brokenInvariants(database)).toEqual([])
})

test('forty checkouts of one hold at once make one booking', async () => {
  const held = await aHeld(database)
  await warm(database)
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => checkOut(database, held)))
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
  expect(outcomes.filter((outcome) => !outcome.ok && outcome.refusal === 'HoldAlreadyUsed')).toHaveLength(39)
  expect(await told(database, held.id)).toEqual(['booking.payment_requested'])
})

test('forty checkouts of one hold under one key make one booking, and nobody is told anything else', async () => {
  const held = await aHeld(database)
  const key = newId()
  await warm(database)
  const answers = await Promise.allSettled(Array.from({ length: 40 }, () => checkOut(database, held, key)))
  const ids = answers.flatMap((answer) =>
    answer.status === 'fulfilled' && answer.value.ok ? [answer.value.value.id] : [],
  )
  const busy = answers.filter((answer) => answer.status === 'rejected' && answer.reason.code === 'CONFLICT')
  expect(new Set(ids)).toEqual(new Set([held.id]))
  expect(ids.length + busy.length).toBe(40)
  expect(await told(database, held.id)).toEqual(['booking.payment_requested'])
})

test('checkouts and the end of holds at once leave each hold with one fate', async () => {
  const sale = await aSale(database, { capacity: 40 })
  const holds = await Promise.all(Array.from({ length: 20 }, () => aHold(database, sale, { units: 2 })))
  await Promise.all(holds.filter((_, index) => index % 2 === 0).map(({ id }) => passDeadline(database, id)))
  await warm(database)
  const [outcomes] = await Promise.all([
    Promise.all(holds.map((hold) => checkOut(database, hold))),
    expire(database),
    expire(database),
  ])
  await expire(database)
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(10)
  const { rows } = await database.pool.query('select available from admission_stock where event_id = $1', [
    sale.eventId,
  ])
  expect(rows[0].available).toBe(20)
  expect(await brokenInvariants(database)).toEqual([])
})
