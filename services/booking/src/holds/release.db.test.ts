import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { aHold, anEvent, LIMITS, runOut, type TestEvent } from '../../test/build.ts'
import { expectSoundInventory, nameOf, tally, together } from '../../test/sound.ts'
import { holdBestAvailable, holdSeats, releaseHold } from './holds.ts'

let database: Database

beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

afterEach(() => expectSoundInventory(database))

async function availableUnits(event: TestEvent): Promise<number> {
  const { rows } = await database.pool.query('select available from admission_stock where event_id = $1', [event.id])
  return rows[0].available
}

const statusOf = async (id: string) =>
  (await database.pool.query('select status from bookings where id = $1', [id])).rows[0].status

test('a hold that is given back frees its seats, for choosers and for best available', async () => {
  const event = await anEvent(database, { rows: [{ width: 4 }] })
  const limits = LIMITS
  const buyer = () => ({ userId: newId(), eventId: event.id, idempotencyKey: newId(), limits })
  const best = { ticketTypeId: event.types['STALLS']?.id ?? '', quantity: 4 }
  const all = await holdBestAvailable(database, { ...buyer(), ...best })
  const userId = newId()
  expect(nameOf(all)).toBe('Hold')
  expect(nameOf(await holdBestAvailable(database, { ...buyer(), ...best, quantity: 1 }))).toBe('SoldOut')

  const { rows } = await database.pool.query('select user_id from bookings where event_id = $1', [event.id])
  if (all.ok) await releaseHold(database, { holdId: all.value.id, userId: rows[0].user_id })
  const again = await holdBestAvailable(database, { ...buyer(), ...best, userId })
  expect(again).toMatchObject({ ok: true, value: { seatNos: [0, 1, 2, 3] } })
  if (again.ok) await releaseHold(database, { holdId: again.value.id, userId })
  expect(nameOf(await holdSeats(database, { ...buyer(), seatIds: ['A-1-1', 'A-1-4'] }))).toBe('Hold')
})

test('a hold that is given back frees its units', async () => {
  const event = await anEvent(database, { standing: 5 })
  const hold = await aHold(database, { event, units: 3 })
  expect(await availableUnits(event)).toBe(2)
  expect(await releaseHold(database, { holdId: hold.id, userId: hold.userId })).toMatchObject({
    ok: true,
    value: { id: hold.id },
  })
  expect(await availableUnits(event)).toBe(5)
})

test('giving back twice, or forty times at once, gives back once', async () => {
  const event = await anEvent(database, { standing: 5 })
  const hold = await aHold(database, { event, units: 3 })
  const again = { holdId: hold.id, userId: hold.userId }
  const outcomes = await together(40, () => releaseHold(database, again))
  expect(tally(outcomes)).toEqual({ Hold: 40 })
  expect(nameOf(await releaseHold(database, again))).toBe('Hold')
  expect(await availableUnits(event)).toBe(5)
  expect(await statusOf(hold.id)).toBe('RELEASED')
})

test('somebody else’s hold does not exist', async () => {
  const event = await anEvent(database)
  const hold = await aHold(database, { event })
  for (const holdId of [hold.id, newId(), 'no id', "' or true --"]) {
    expect(await releaseHold(database, { holdId, userId: newId() })).toMatchObject({
      refusal: 'HoldNotFound',
      facts: { holdId },
    })
  }
  expect(await statusOf(hold.id)).toBe('HELD')
})

test('a hold that was checked out is a booking, and stays one', async () => {
  const event = await anEvent(database)
  const hold = await aHold(database, { event })
  await database.pool.query(`update bookings set status = 'PENDING', reference = 'AAAA-BBBB' where id = $1`, [hold.id])
  expect(await releaseHold(database, { holdId: hold.id, userId: hold.userId })).toMatchObject({
    refusal: 'HoldAlreadyUsed',
    facts: { bookingId: hold.id },
  })
  expect(await statusOf(hold.id)).toBe('PENDING')
})

test('a hold that ran out and whose seats somebody else has by now takes nothing from them', async () => {
  const event = await anEvent(database)
  const late = await aHold(database, { event })
  await runOut(database, [late.id])
  const next = await aHold(database, { event })
  expect(nameOf(await releaseHold(database, { holdId: late.id, userId: late.userId }))).toBe('Hold')
  const { rows } = await database.pool.query('select from event_seats where booking_id = $1 and expires_at > now()', [
    next.id,
  ])
  expect(rows.length).toBe(2)
})

test('a hold that expired is over, and giving it back changes nothing', async () => {
  const event = await anEvent(database, { standing: 5 })
  const late = await aHold(database, { event, units: 3 })
  await runOut(database, [late.id])
  await database.pool.query('select expire_bookings(100)')
  expect(nameOf(await releaseHold(database, { holdId: late.id, userId: late.userId }))).toBe('Hold')
  expect(await statusOf(late.id)).toBe('EXPIRED')
  expect(await availableUnits(event)).toBe(5)
})

test('buyers, givers-back and sweepers at once lose nothing', async () => {
  const event = await anEvent(database, { rows: [{ width: 8 }, { width: 8 }], standing: 10 })
  const ticketTypeId = event.types['STALLS']?.id ?? ''
  await together(40, async (caller) => {
    const userId = newId()
    const buyer = { userId, eventId: event.id, idempotencyKey: newId(), limits: LIMITS }
    const outcome =
      caller % 2 === 0
        ? await holdBestAvailable(database, { ...buyer, ticketTypeId, quantity: 1 + (caller % 3) })
        : await holdSeats(database, { ...buyer, seatIds: [`A-1-${(caller % 8) + 1}`, `A-2-${(caller % 8) + 1}`] })
    if (outcome.ok && caller % 4 < 2) await releaseHold(database, { holdId: outcome.value.id, userId })
    if (outcome.ok && caller % 8 === 2) {
      await runOut(database, [outcome.value.id])
      await database.pool.query('select expire_bookings(100)')
    }
  })
  await expectSoundInventory(database)
})
