import type { Database } from '@tikitu/runtime/database'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { testDatabase, testService, waitFor, type TestService } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../../test/build.ts'
import { aHold, aSale, hours } from '../../test/sales.ts'
import {
  aConfirmed,
  aHeld,
  aPending,
  brokenInvariants,
  checkOut,
  expire,
  passDeadline,
  statusOf,
  told,
  warm,
} from '../../test/story.ts'
import { defineBooking } from '../service.ts'
import { completeEvents } from './completion.ts'
import { expireDue } from './expiry.ts'

let database: Database
let running: TestService
beforeAll(async () => {
  database = (await testDatabase('booking')).database
  running = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

test('what is not due does not end', async () => {
  const [held, pending, confirmed] = [await aHeld(database), await aPending(database), await aConfirmed(database)]
  await passDeadline(database, confirmed.id)
  await expire(database)
  expect(await Promise.all([held, pending, confirmed].map(({ id }) => statusOf(database, id)))).toEqual([
    'HELD',
    'PENDING',
    'CONFIRMED',
  ])
})

test('a hold ends in silence, a booking with a word to its buyer and to payment', async () => {
  const [held, pending] = [await aHeld(database), await aPending(database)]
  await passDeadline(database, held.id)
  await passDeadline(database, pending.id)
  await expire(database)
  expect([await statusOf(database, held.id), await statusOf(database, pending.id)]).toEqual(['EXPIRED', 'EXPIRED'])
  expect(await told(database, held.id)).toEqual([])
  expect((await told(database, pending.id)).slice(1)).toEqual(['booking.expired', 'booking.payment_cancel_requested'])
})

test('units come back exactly once, however many instances look', async () => {
  const sale = await aSale(database, { capacity: 60 })
  const holds = await Promise.all(Array.from({ length: 20 }, () => aHold(database, sale, { units: 3 })))
  for (const hold of holds.slice(0, 10)) accepted(await checkOut(database, hold))
  for (const { id } of holds) await passDeadline(database, id)
  await warm(database)
  await Promise.all(Array.from({ length: 8 }, () => expire(database)))
  await expire(database)
  const { rows } = await database.pool.query('select available from admission_stock where event_id = $1', [
    sale.eventId,
  ])
  expect(rows[0].available).toBe(60)
  expect(await brokenInvariants(database)).toEqual([])
})

test('only one instance expires at a time', async () => {
  const held = await aHeld(database)
  await expire(database)
  const whileAnotherHasItsTurn = await transact(database, async (tx) => {
    await expireDue(tx)
    await passDeadline(database, held.id)
    await expire(database)
    return accept(await statusOf(database, held.id))
  })
  expect(accepted(whileAnotherHasItsTurn)).toBe('HELD')
  await expire(database)
  expect(await statusOf(database, held.id)).toBe('EXPIRED')
})

test('a running service ends what is due by itself', async () => {
  const pending = await aPending(running.database)
  await passDeadline(running.database, pending.id)
  await waitFor('the booking to expire', async () => (await statusOf(running.database, pending.id)) === 'EXPIRED')
  expect((await told(running.database, pending.id)).slice(1)).toEqual([
    'booking.expired',
    'booking.payment_cancel_requested',
  ])
})

test('an event that has just ended is left alone for an hour', async () => {
  const confirmed = await aConfirmed(database)
  await database.pool.query('update events set starts_at = $2, doors_at = $2, ends_at = $3 where id = $1', [
    confirmed.sale.eventId,
    hours(-2),
    hours(-0.5),
  ])
  await completeEvents({ database })
  expect(await statusOf(database, confirmed.id)).toBe('CONFIRMED')
})

test('when an event is over its bookings are completed, and the tickets with which nobody came are expired', async () => {
  const confirmed = await aConfirmed(database)
  await database.pool.query(
    `update tickets set status = 'USED', used_at = now(), used_gate = 'North' where booking_id = $1 and no = 1`,
    [confirmed.id],
  )
  await database.pool.query('update events set starts_at = $2, doors_at = $2, ends_at = $3 where id = $1', [
    confirmed.sale.eventId,
    hours(-4),
    hours(-2),
  ])
  await completeEvents({ database })
  await completeEvents({ database })
  expect(await statusOf(database, confirmed.id)).toBe('COMPLETED')
  const { rows } = await database.pool.query(
    `select (select status from events where id = $2) as event, array_agg(status order by no) as tickets
       from tickets where booking_id = $1`,
    [confirmed.id, confirmed.sale.eventId],
  )
  expect(rows).toEqual([{ event: 'COMPLETED', tickets: ['USED', 'EXPIRED'] }])
  expect(await brokenInvariants(database)).toEqual([])
})
