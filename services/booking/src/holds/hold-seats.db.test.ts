import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aHold, anEvent, aPartner, inDays, LIMITS, runOut, type TestEvent } from '../../test/build.ts'
import { expectSoundInventory, nameOf, tally, together } from '../../test/sound.ts'
import { holdSeats } from './holds.ts'

let database: Database

beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

afterEach(() => expectSoundInventory(database))

/** A wish for seats by somebody new. */
function wish(
  event: Pick<TestEvent, 'id'>,
  seatIds: readonly string[],
  facts: Partial<Parameters<typeof holdSeats>[1]> = {},
) {
  return { eventId: event.id, userId: newId(), idempotencyKey: newId(), limits: LIMITS, seatIds, ...facts }
}

async function bookingsOf(event: TestEvent): Promise<number> {
  const { rows } = await database.pool.query('select from bookings where event_id = $1', [event.id])
  return rows.length
}

describe('chosen seats', () => {
  test('are held for ten minutes at the price that is shown, and the platform is told', async () => {
    const rows = [{ width: 4 }, { width: 4, category: 'BALCONY' }]
    const event = await anEvent(database, { rows, prices: { STALLS: 5000, BALCONY: 1250 } })
    const userId = newId()
    const outcome = await holdSeats(database, wish(event, ['A-2-1', 'A-1-2', 'A-1-1', 'A-1-1'], { userId }))
    expect(outcome).toMatchObject({
      ok: true,
      value: {
        eventId: event.id,
        seatNos: [0, 1, 4],
        total: 11_250,
        currency: 'EUR',
        lines: expect.arrayContaining([
          { ticketTypeId: event.types['STALLS']?.id, quantity: 2, unitPrice: 5000 },
          { ticketTypeId: event.types['BALCONY']?.id, quantity: 1, unitPrice: 1250 },
        ]),
      },
    })
    if (!outcome.ok) return
    const { id, expiresAt } = outcome.value
    const minutes = (expiresAt.getTime() - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(9.9)
    expect(minutes).toBeLessThan(10.1)
    const told = await database.pool.query('select type, data from outbox where key = $1', [id])
    const total = { amount: 11_250, currency: 'EUR' }
    const { partnerId } = event
    expect(told.rows).toEqual([
      {
        type: 'booking.held',
        data: { holdId: id, userId, eventId: event.id, partnerId, seats: 3, expiresAt: expiresAt.toISOString(), total },
      },
    ])
  })

  test('are held all or not at all, and the taken ones are named', async () => {
    const event = await anEvent(database)
    await aHold(database, { event, seatIds: ['A-1-2', 'A-1-3'] })
    const outcome = await holdSeats(database, wish(event, ['A-1-1', 'A-1-2', 'A-1-3', 'A-1-4']))
    expect(outcome).toMatchObject({ refusal: 'SeatsTaken' })
    if (!outcome.ok && outcome.refusal === 'SeatsTaken')
      expect(outcome.facts.seatIds.toSorted()).toEqual(['A-1-2', 'A-1-3'])
    expect(await bookingsOf(event)).toBe(1)
    expect(nameOf(await holdSeats(database, wish(event, ['A-1-1', 'A-1-4'])))).toBe('Hold')
  })

  test('that the event does not have are unknown, and so are those without a price', async () => {
    const event = await anEvent(database, { rows: [{ width: 2 }, { width: 2, category: 'TECHNICIANS' }] })
    expect(
      await holdSeats(database, wish(event, ['A-1-1', 'A-9-9', "'; drop table bookings; --", '\0'])),
    ).toMatchObject({
      refusal: 'SeatsUnknown',
      facts: { seatIds: ['A-9-9', "'; drop table bookings; --", '\0'] },
    })
    expect(await holdSeats(database, wish(event, ['A-1-1', 'A-2-1']))).toMatchObject({
      refusal: 'SeatsUnknown',
      facts: { seatIds: ['A-2-1'] },
    })
  })

  test('of an unknown event or a draft are not to be had', async () => {
    const draft = await anEvent(database, { status: 'DRAFT' })
    for (const id of [newId(), draft.id, 'no id', '']) {
      expect(await holdSeats(database, wish({ id }, ['A-1-1']))).toMatchObject({
        refusal: 'EventNotFound',
        facts: { eventId: id },
      })
    }
  })

  test('are sold only while sales are open, by the clock of the database', async () => {
    const notYet = { salesOpenAt: inDays(1), salesCloseAt: inDays(2) }
    const notAnyMore = { salesOpenAt: inDays(-2), salesCloseAt: inDays(-1) }
    for (const times of [notYet, notAnyMore]) {
      const event = await anEvent(database, times)
      expect(await holdSeats(database, wish(event, ['A-1-1']))).toMatchObject({
        refusal: 'SalesClosed',
        facts: { opensAt: times.salesOpenAt, closesAt: times.salesCloseAt },
      })
    }
    const suspended = await anEvent(database)
    await aPartner(database, { partnerId: suspended.partnerId, status: 'SUSPENDED', at: new Date() })
    expect(nameOf(await holdSeats(database, wish(suspended, ['A-1-1'])))).toBe('SalesClosed')
    const cancelled = await anEvent(database)
    await database.pool.query(`update events set status = 'CANCELLED' where id = $1`, [cancelled.id])
    expect(nameOf(await holdSeats(database, wish(cancelled, ['A-1-1'])))).toBe('SalesClosed')
  })

  test('are as many as one hold may have', async () => {
    const event = await anEvent(database, { rows: [{ width: 70 }], maxTicketsPerBuyer: 100 })
    const seats = (count: number) => Array.from({ length: count }, (_, place) => `A-1-${place + 1}`)
    for (const count of [0, 11, 70]) {
      expect(await holdSeats(database, wish(event, seats(count)))).toMatchObject({
        refusal: 'QuantityOutOfRange',
        facts: { min: 1, max: 10 },
      })
    }
    expect(nameOf(await holdSeats(database, wish(event, seats(10))))).toBe('Hold')
  })

  test('are as many of a type as its partner allows', async () => {
    const event = await anEvent(database, { perBooking: { min: 2, max: 4 } })
    for (const seats of [['A-1-1'], ['A-1-1', 'A-1-2', 'A-1-3', 'A-1-4', 'A-1-5']]) {
      expect(await holdSeats(database, wish(event, seats))).toMatchObject({
        refusal: 'QuantityOutOfRange',
        facts: { min: 2, max: 4 },
      })
    }
    expect(nameOf(await holdSeats(database, wish(event, ['A-1-1', 'A-1-2'])))).toBe('Hold')
  })
})

describe('one buyer', () => {
  test('has so many tickets of an event over all live bookings', async () => {
    const event = await anEvent(database, { maxTicketsPerBuyer: 4 })
    const userId = newId()
    const first = await aHold(database, { event, userId, seatIds: ['A-1-1', 'A-1-2', 'A-1-3'] })
    expect(await holdSeats(database, wish(event, ['A-2-1', 'A-2-2'], { userId }))).toMatchObject({
      refusal: 'BuyerLimitReached',
      facts: { ticketsMax: 4, ticketsNow: 3, holdsMax: 3, holdsNow: 1 },
    })
    expect(nameOf(await holdSeats(database, wish(event, ['A-2-1'], { userId })))).toBe('Hold')
    await runOut(database, [first.id])
    expect(nameOf(await holdSeats(database, wish(event, ['A-2-2', 'A-2-3', 'A-2-4'], { userId })))).toBe('Hold')
  })

  test('has so many open holds of an event', async () => {
    const event = await anEvent(database)
    const userId = newId()
    for (const seatId of ['A-1-1', 'A-1-2', 'A-1-3']) await aHold(database, { event, userId, seatIds: [seatId] })
    expect(await holdSeats(database, wish(event, ['A-1-4'], { userId }))).toMatchObject({
      refusal: 'BuyerLimitReached',
      facts: { ticketsMax: 10, ticketsNow: 3, holdsMax: 3, holdsNow: 3 },
    })
    const elsewhere = await anEvent(database)
    expect(nameOf(await holdSeats(database, wish(elsewhere, ['A-1-4'], { userId })))).toBe('Hold')
  })

  test('does not get past the limits by asking for everything at once', async () => {
    const event = await anEvent(database, { rows: [{ width: 40 }], maxTicketsPerBuyer: 5 })
    const userId = newId()
    const limits = { ...LIMITS, holdsPerBuyer: 50 }
    const outcomes = await together(40, (caller) =>
      holdSeats(database, wish(event, [`A-1-${caller + 1}`], { userId, limits })),
    )
    expect(tally(outcomes)).toEqual({ Hold: 5, BuyerLimitReached: 35 })
    const other = await anEvent(database, { rows: [{ width: 40 }] })
    const again = await together(40, (caller) => holdSeats(database, wish(other, [`A-1-${caller + 1}`], { userId })))
    expect(tally(again)).toEqual({ Hold: 3, BuyerLimitReached: 37 })
  })
})

describe('a repeated wish', () => {
  test('gets the first answer again, in whatever order it names the seats', async () => {
    const event = await anEvent(database)
    const first = wish(event, ['A-1-1', 'A-1-2'])
    const [one, two] = [
      await holdSeats(database, first),
      await holdSeats(database, { ...first, seatIds: ['A-1-2', 'A-1-1'] }),
    ]
    expect(one.ok && two.ok && { ...two.value, isFresh: true }).toEqual(one.ok && one.value)
    expect(await bookingsOf(event)).toBe(1)
  })

  test('gets it after sales have closed, too', async () => {
    const event = await anEvent(database)
    const first = wish(event, ['A-1-1'])
    await holdSeats(database, first)
    await database.pool.query(`update events set sales_close_at = now() where id = $1`, [event.id])
    expect(nameOf(await holdSeats(database, first))).toBe('Hold')
    expect(nameOf(await holdSeats(database, wish(event, ['A-1-2'])))).toBe('SalesClosed')
  })

  test('with other seats or of another event is refused, and somebody else’s same key is not', async () => {
    const [event, other] = [await anEvent(database), await anEvent(database)]
    const first = wish(event, ['A-1-1'])
    await holdSeats(database, first)
    const refused = { refusal: 'IdempotencyKeyReused', facts: { idempotencyKey: first.idempotencyKey } }
    expect(await holdSeats(database, { ...first, seatIds: ['A-1-2'] })).toMatchObject(refused)
    expect(await holdSeats(database, { ...first, eventId: other.id })).toMatchObject(refused)
    const { idempotencyKey } = first
    expect(nameOf(await holdSeats(database, wish(event, ['A-1-2'], { idempotencyKey })))).toBe('Hold')
  })

  test('never hears that its own seats are taken, though forty come at once', async () => {
    for (let round = 0; round < 5; round++) {
      const event = await anEvent(database)
      const one = wish(event, ['A-1-1', 'A-1-2'])
      const outcomes = await together(40, () => holdSeats(database, one))
      expect(tally(outcomes)).toEqual({ Hold: 40 })
      expect(new Set(outcomes.map((outcome) => outcome.ok && outcome.value.id)).size).toBe(1)
      expect(await bookingsOf(event)).toBe(1)
    }
  })
})

describe('forty buyers after twelve seats', () => {
  test('in pairs that lie on each other get every seat at most once', async () => {
    for (let round = 0; round < 10; round++) {
      const event = await anEvent(database, { rows: [{ width: 12 }] })
      // Pairs that lie on each other, so that each wish fights with two others.
      const outcomes = await together(40, (caller) => {
        const place = (caller * 7) % 12
        return holdSeats(database, wish(event, [`A-1-${place + 1}`, `A-1-${((place + 1) % 12) + 1}`]))
      })
      const { Hold = 0, SeatsTaken = 0 } = tally(outcomes)
      expect(Hold + SeatsTaken).toBe(40)
      expect(Hold).toBeGreaterThan(0)
      const held = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.value.seatNos ?? []) : []))
      expect(new Set(held).size).toBe(held.length)
      const { rows } = await database.pool.query('select from event_seats where event_id = $1 and expires_at > now()', [
        event.id,
      ])
      expect(rows.length).toBe(Hold * 2)
    }
  })

  test('one by one take all twelve', async () => {
    const event = await anEvent(database, { rows: [{ width: 12 }] })
    const outcomes = await together(40, (caller) => holdSeats(database, wish(event, [`A-1-${(caller % 12) + 1}`])))
    expect(tally(outcomes)).toEqual({ Hold: 12, SeatsTaken: 28 })
  })
})

test('seats of a hold that ran out are free again, without anybody sweeping', async () => {
  const event = await anEvent(database)
  const late = await aHold(database, { event })
  await runOut(database, [late.id])
  expect(nameOf(await holdSeats(database, wish(event, ['A-1-1', 'A-1-2'])))).toBe('Hold')
})
