import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { initialSettings } from '@tikitu/runtime/settings'
import { testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aHold, anEvent, LIMITS, runOut } from '../../test/build.ts'
import { aHeld, checkOut } from '../../test/story.ts'
import { expectSoundInventory, nameOf, tally, together } from '../../test/sound.ts'
import { extendHold, extensionLimits, type ExtendHold } from './extension.ts'
import { holdSeats, releaseHold } from './holds.ts'
import { forgetEndedHolds } from './housekeeping.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})
afterEach(() => expectSoundInventory(database))

const limits = extensionLimits(initialSettings)

const extend = (hold: { id: string; userId: string }, facts: Partial<ExtendHold> = {}) =>
  transact(database, (tx, at) =>
    extendHold(tx, { holdId: hold.id, userId: hold.userId, idempotencyKey: newId(), limits, at, ...facts }),
  )

/** Has five minutes of a hold go by. */
async function fiveMinutesLater(id: string): Promise<void> {
  const earlier = `- interval '5 minutes'`
  await database.pool.query(
    `update bookings set created_at = created_at ${earlier}, expires_at = expires_at ${earlier} where id = $1`,
    [id],
  )
  await database.pool.query(`update event_seats set expires_at = expires_at ${earlier} where booking_id = $1`, [id])
}

async function minutesLeft(id: string): Promise<{ booking: number; seats: (number | null)[] }> {
  const { rows } = await database.pool.query<{ booking: number; seats: (number | null)[] }>(
    `select round(extract(epoch from expires_at - now()) / 60)::integer as booking,
            array(select round(extract(epoch from s.expires_at - now()) / 60)::integer
                    from event_seats s where s.booking_id = b.id) as seats
       from bookings b where id = $1`,
    [id],
  )
  if (!rows[0]) throw new Error('there is no such hold')
  return rows[0]
}

describe('a hold is not extended', () => {
  test('for somebody else, without one, and after it was given back', async () => {
    const event = await anEvent(database)
    const hold = await aHold(database, { event })
    for (const wrong of [{ userId: newId() }, { holdId: newId() }, { holdId: "'; drop table bookings; --" }]) {
      expect(await extend(hold, wrong)).toMatchObject({ refusal: 'HoldNotFound' })
    }
    await releaseHold(database, { holdId: hold.id, userId: hold.userId })
    expect(nameOf(await extend(hold))).toBe('HoldNotFound')
  })

  test('once it ran out, whoever has its seats by now', async () => {
    const event = await anEvent(database)
    const [left, lost] = [
      await aHold(database, { event, seatIds: ['A-1-1'] }),
      await aHold(database, { event, seatIds: ['A-1-2'] }),
    ]
    await runOut(database, [left.id, lost.id])
    await aHold(database, { event, seatIds: ['A-1-2'] })
    for (const hold of [left, lost]) {
      expect(await extend(hold)).toMatchObject({ refusal: 'HoldExpired', facts: { holdId: hold.id } })
    }
  })

  test('once it is a booking, and once sales are over', async () => {
    const booked = await aHeld(database)
    await checkOut(database, booked)
    expect(await extend(booked)).toMatchObject({ refusal: 'HoldAlreadyUsed', facts: { bookingId: booked.id } })
    const event = await anEvent(database)
    const hold = await aHold(database, { event })
    await database.pool.query(`update events set sales_close_at = now() where id = $1`, [event.id])
    expect(nameOf(await extend(hold))).toBe('SalesClosed')
  })

  test('more often than is allowed, or beyond the longest time, or when it would not get longer', async () => {
    const event = await anEvent(database)
    const hold = await aHold(database, { event })
    expect(nameOf(await extend(hold, { limits: { ...limits, holdSeconds: 1 } }))).toBe('HoldNotExtendable')
    await fiveMinutesLater(hold.id)
    expect(nameOf(await extend(hold))).toBe('Hold')
    await fiveMinutesLater(hold.id)
    expect(await extend(hold)).toMatchObject({ refusal: 'HoldNotExtendable', facts: { extensionsMax: 1 } })
    const often = { ...limits, extensionsMax: 20, holdSecondsMax: 15 * 60 }
    expect(nameOf(await extend(hold, { limits: often }))).toBe('HoldNotExtendable')
  })
})

describe('a hold is extended', () => {
  test('with all of its seats, as long as a new one, at the price that was shown', async () => {
    const event = await anEvent(database)
    const hold = await aHold(database, { event, seatIds: ['A-1-1', 'A-1-2'] })
    await fiveMinutesLater(hold.id)
    await database.pool.query('update ticket_types set price = 9999 where event_id = $1', [event.id])
    expect(nameOf(await extend(hold))).toBe('Hold')
    expect(await minutesLeft(hold.id)).toEqual({ booking: 10, seats: [10, 10] })
    const { rows } = await database.pool.query('select total from bookings where id = $1', [hold.id])
    expect(rows).toEqual([{ total: '10000' }])
  })

  test('with its units, which come back when the new time is over', async () => {
    const event = await anEvent(database, { standing: 3 })
    const hold = await aHold(database, { event, units: 3 })
    await fiveMinutesLater(hold.id)
    expect(nameOf(await extend(hold))).toBe('Hold')
    expect((await minutesLeft(hold.id)).booking).toBe(10)
    await runOut(database, [hold.id])
    await aHold(database, { event, units: 3 })
  })

  test('as often as it may, and never past the longest time', async () => {
    const hold = await aHold(database, { event: await anEvent(database) })
    const often = { limits: { ...limits, extensionsMax: 20, holdSecondsMax: 27 * 60 } }
    const left: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      await fiveMinutesLater(hold.id)
      if (nameOf(await extend(hold, often)) === 'Hold') left.push((await minutesLeft(hold.id)).booking)
    }
    expect(left).toEqual([10, 10, 10, 7])
  })

  test('once for each key', async () => {
    const hold = await aHold(database, { event: await anEvent(database) })
    await fiveMinutesLater(hold.id)
    const idempotencyKey = newId()
    expect(await extend(hold, { idempotencyKey })).toMatchObject({ value: { id: hold.id, repeated: false } })
    await runOut(database, [hold.id])
    expect(await extend(hold, { idempotencyKey })).toMatchObject({ value: { id: hold.id, repeated: true } })
    expect((await minutesLeft(hold.id)).booking).toBe(0)
    expect(nameOf(await extend({ id: newId(), userId: hold.userId }, { idempotencyKey }))).toBe('IdempotencyKeyReused')
  })

  test('once, by forty who try at the same moment', async () => {
    const hold = await aHold(database, { event: await anEvent(database) })
    await fiveMinutesLater(hold.id)
    expect(tally(await together(40, () => extend(hold)))).toEqual({ Hold: 1, HoldNotExtendable: 39 })
  })
})

test('a buyer at the limit gets no more by holding while a hold that runs out is extended', async () => {
  for (let round = 0; round < 10; round++) {
    const event = await anEvent(database, { maxTicketsPerBuyer: 2 })
    const hold = await aHold(database, { event })
    await database.pool.query(`update bookings set created_at = created_at - interval '10 minutes' where id = $1`, [
      hold.id,
    ])
    const soon = `clock_timestamp() + interval '${round * 2} milliseconds'`
    await database.pool.query(
      `with hold as (update bookings set expires_at = ${soon} where id = $1 returning expires_at)
       update event_seats set expires_at = (select expires_at from hold) where booking_id = $1`,
      [hold.id],
    )
    const others = ['A-2-1', 'A-2-2', 'A-2-3'].map((seatId) => ({
      userId: hold.userId,
      eventId: event.id,
      idempotencyKey: newId(),
      limits: LIMITS,
      seatIds: [seatId],
    }))
    const [extension] = await Promise.all([extend(hold), ...others.map((wish) => holdSeats(database, wish))])
    const { rows } = await database.pool.query(
      `select sum(quantity)::integer as tickets from bookings
       where user_id = $1 and status = 'HELD' and expires_at > now()`,
      [hold.userId],
    )
    expect(['Hold', 'HoldExpired']).toContain(nameOf(extension))
    expect(rows[0]?.tickets ?? 0).toBeLessThanOrEqual(2)
  }
})

test('what a buyer has is counted over holds, bookings that wait for money, and tickets, and given back by what ended', async () => {
  const event = await anEvent(database, { maxTicketsPerBuyer: 6, rows: [{ width: 12 }] })
  const userId = newId()
  const seat = (number: number) => [`A-1-${number}`]
  const paid = await aHold(database, { event, userId, seatIds: [...seat(1), ...seat(2)] })
  await checkOut(database, paid)
  const waiting = await aHold(database, { event, userId, units: 2 })
  await checkOut(database, waiting)
  await database.pool.query(`update bookings set status = 'CONFIRMED' where id = $1`, [paid.id])
  await database.pool.query(`update event_seats set expires_at = 'infinity' where booking_id = $1`, [paid.id])
  const held = await aHold(database, { event, userId, seatIds: seat(3) })
  const wish = (seatIds: string[]) => ({ userId, eventId: event.id, idempotencyKey: newId(), limits: LIMITS, seatIds })
  expect(await holdSeats(database, wish([...seat(4), ...seat(5)]))).toMatchObject({
    refusal: 'BuyerLimitReached',
    facts: { ticketsMax: 6, ticketsNow: 5, holdsNow: 1 },
  })
  const last = await holdSeats(database, wish(seat(4)))
  expect(nameOf(last)).toBe('Hold')
  expect(nameOf(await holdSeats(database, wish(seat(5))))).toBe('BuyerLimitReached')
  await runOut(database, [waiting.id])
  await releaseHold(database, { holdId: held.id, userId })
  expect(nameOf(await holdSeats(database, wish([...seat(5), ...seat(6), ...seat(7)])))).toBe('Hold')
  expect(nameOf(await holdSeats(database, wish(seat(8))))).toBe('BuyerLimitReached')
  // No payment stands behind what was confirmed above.
  await database.pool.query('delete from bookings where event_id = $1', [event.id])
  await database.pool.query(`update event_seats set expires_at = '-infinity', booking_id = null where event_id = $1`, [
    event.id,
  ])
  await database.pool.query('update admission_stock set available = capacity where event_id = $1', [event.id])
})

test('holds that ended are forgotten after a while; live ones, younger ones and bookings are not', async () => {
  const event = await anEvent(database, { rows: [{ width: 12 }] })
  const held = async (number: number) => aHold(database, { event, seatIds: [`A-1-${number}`] })
  const [live, released, ranOut, young, booked] = [
    await held(1),
    await held(2),
    await held(3),
    await held(4),
    await held(5),
  ]
  await checkOut(database, booked)
  for (const hold of [released, young]) await releaseHold(database, { holdId: hold.id, userId: hold.userId })
  await runOut(database, [ranOut.id, booked.id])
  await database.pool.query('select expire_bookings(500)')
  await database.pool.query(
    `update bookings set ended_at = now() - interval '8 days' where id = any($1) and ended_at is not null`,
    [[released.id, ranOut.id, booked.id]],
  )
  const settings = { get: initialSettings.get }
  expect(await forgetEndedHolds({ database, settings })).toBe(2)
  expect(await forgetEndedHolds({ database, settings })).toBe(0)
  const { rows } = await database.pool.query<{ id: string }>('select id from bookings where event_id = $1', [event.id])
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([live.id, young.id, booked.id]))
})
