import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { fc } from '@tikitu/runtime/testing/properties'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aHold, anEvent, LIMITS, runOut } from '../../test/build.ts'
import { expectSoundInventory, together } from '../../test/sound.ts'
import { seatsWish, typeWish } from '../../test/wishes.ts'
import { inBatches } from './batch.ts'
import { holdChosenSeatsTogether, holdUnitsTogether, type TypeWish } from './hold-batch.sql.ts'
import type { CommonAnswer, TypeAnswer } from './hold.rules.ts'
import { holdChosenSeats, holdUnits } from './hold.sql.ts'
import { holdSeats } from './holds.ts'

let database: Database

beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

afterEach(() => expectSoundInventory(database))

const names = (answers: readonly ({ readonly outcome: string } | undefined)[]) =>
  answers.map((answer) => answer?.outcome ?? 'ALONE')

/** The holds of an event that were published, by the request that each began with. */
async function published(eventId: string): Promise<Map<string, Record<string, unknown>>> {
  const { rows } = await database.pool.query<{ correlation_id: string; data: Record<string, unknown> }>(
    `select correlation_id, data from outbox where type = 'booking.held' and data ->> 'eventId' = $1`,
    [eventId],
  )
  return new Map(rows.map(({ correlation_id: id, data }) => [id, data]))
}

describe('seats that are wanted together', () => {
  test('are held as they would be one by one, and each hold is published for its own request', async () => {
    const event = await anEvent(database)
    const [one, other] = [seatsWish(event, [0, 1]), seatsWish(event, [2])]
    const answers = await holdChosenSeatsTogether(database, [one, other])
    const alone = await holdChosenSeats(database, seatsWish(event, [3, 4]))
    if (alone.outcome !== 'HELD') throw new Error(alone.outcome)
    const STALLS = event.types['STALLS']?.id
    const line = { ticketTypeId: STALLS, unitPrice: 5000 }
    const inCommon = { eventId: event.id, currency: 'EUR', isFresh: true, expiresAt: expect.any(Date) as Date }
    expect(alone.hold).toMatchObject({ ...inCommon, lines: [{ ...line, quantity: 2 }], total: 10_000, seatNos: [3, 4] })
    expect(answers).toMatchObject([
      { outcome: 'HELD', hold: { ...inCommon, lines: [{ ...line, quantity: 2 }], total: 10_000, seatNos: [0, 1] } },
      { outcome: 'HELD', hold: { ...inCommon, lines: [{ ...line, quantity: 1 }], total: 5000, seatNos: [2] } },
    ])
    const told = await published(event.id)
    expect(told.size).toBe(3)
    for (const [place, wish] of [one, other].entries()) {
      const answer = answers[place]
      if (answer?.outcome !== 'HELD') throw new Error(answer?.outcome)
      const { id, expiresAt, total } = answer.hold
      expect(told.get(wish.idempotencyKey)).toEqual({
        holdId: id,
        userId: wish.userId,
        eventId: event.id,
        partnerId: event.partnerId,
        seats: wish.seatNos.length,
        expiresAt: expiresAt.toISOString(),
        total: { amount: total, currency: 'EUR' },
      })
    }
  })

  test('by two are had by the first, and the other hears which are taken', async () => {
    const event = await anEvent(database)
    await aHold(database, { event, seatIds: ['A-2-1'] })
    const answers = await holdChosenSeatsTogether(database, [
      seatsWish(event, [0, 1]),
      seatsWish(event, [1, 2]),
      seatsWish(event, [2, 3]),
      seatsWish(event, [6, 7]),
    ])
    expect(answers).toMatchObject([
      { outcome: 'HELD' },
      // Those who are after the same seats are looked at last, and hear what is taken by then.
      { outcome: 'SeatsTaken', facts: { seatNos: [1, 2] } },
      { outcome: 'HELD' },
      { outcome: 'SeatsTaken', facts: { seatNos: [6] } },
    ])
  })

  test('are refused for the reasons that they would be refused for alone', async () => {
    const rows = [{ width: 4 }, { width: 4, category: 'BALCONY' }, { width: 2, category: 'TECHNICIANS' }]
    const event = await anEvent(database, { rows, prices: { STALLS: 5000, BALCONY: 1250 }, maxTicketsPerBuyer: 3 })
    const wishes = [
      seatsWish(event, []),
      seatsWish(event, [0, 1, 2, 3]),
      seatsWish(event, [3, 8]),
      seatsWish(event, [3, 4]),
      seatsWish(event, [0]),
    ]
    const answers = await holdChosenSeatsTogether(database, wishes)
    expect(answers).toMatchObject([
      { outcome: 'QuantityOutOfRange', facts: { min: 1, max: 10 } },
      { outcome: 'BuyerLimitReached', facts: { ticketsMax: 3, ticketsNow: 0 } },
      { outcome: 'SeatsUnknown', facts: { seatNos: [8] } },
      { outcome: 'HELD', hold: { total: 6250 } },
      { outcome: 'HELD' },
    ])
    expect(await holdChosenSeatsTogether(database, wishes.slice(1, 3))).toMatchObject(answers.slice(1, 3))

    await database.pool.query('update events set sales_close_at = now() where id = $1', [event.id])
    const late = [seatsWish(event, [1]), seatsWish(event, [2])]
    expect(names(await holdChosenSeatsTogether(database, late))).toEqual(['SalesClosed', 'SalesClosed'])
    const nowhere = late.map((wish) => ({ ...wish, eventId: newId() }))
    expect(names(await holdChosenSeatsTogether(database, nowhere))).toEqual(['EventNotFound', 'EventNotFound'])
  })

  test('by one buyer several times are counted as they would be one after the other', async () => {
    const event = await anEvent(database, { rows: [{ width: 12 }] })
    const userId = newId()
    const wishes = Array.from({ length: 6 }, (_, place) => seatsWish(event, [place * 2], { userId }))
    const answers = await holdChosenSeatsTogether(database, [...wishes, seatsWish(event, [1])])
    expect(names(answers)).toEqual([
      'HELD',
      'HELD',
      'HELD',
      'BuyerLimitReached',
      'BuyerLimitReached',
      'BuyerLimitReached',
      'HELD',
    ])
    expect(answers[5]).toMatchObject({ facts: { holdsMax: LIMITS.holdsPerBuyer, holdsNow: 3, ticketsNow: 3 } })
  })

  test('under the same key are one hold, whatever became of it, and another wish under it is refused', async () => {
    const event = await anEvent(database)
    const wish = seatsWish(event, [0, 1])
    const [first, twin, other] = await holdChosenSeatsTogether(database, [
      wish,
      wish,
      { ...wish, seatNos: [5], requestHash: 'another' },
    ])
    expect(names([first, twin, other])).toEqual(['HELD', 'REPEATED', 'IdempotencyKeyReused'])
    const id = first?.outcome === 'HELD' && first.hold.id
    expect(twin).toMatchObject({ hold: { id, seatNos: [0, 1], isFresh: false } })

    await runOut(database, [String(id)])
    const late = await holdChosenSeatsTogether(database, [wish, seatsWish(event, [1, 2])])
    expect(late).toMatchObject([{ outcome: 'REPEATED', hold: { id } }, { outcome: 'HELD' }])
  })

  test('by somebody who is at work elsewhere are not waited for', async () => {
    const event = await anEvent(database)
    const busy = seatsWish(event, [0])
    const elsewhere = await database.pool.connect()
    try {
      await elsewhere.query('begin')
      await elsewhere.query('select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 1))', [busy.userId])
      const answers = await holdChosenSeatsTogether(database, [busy, seatsWish(event, [1])])
      expect(names(answers)).toEqual(['ALONE', 'HELD'])
    } finally {
      await elsewhere.query('rollback')
      elsewhere.release()
    }
    expect((await holdChosenSeats(database, busy)).outcome).toBe('HELD')
  })

  test('whatever they are: a hold is found again under its key, and who was refused would be refused again', async () => {
    const place = fc.integer({ min: 0, max: 11 })
    const wanted = fc.record({
      buyer: fc.integer({ min: 0, max: 5 }),
      key: fc.integer({ min: 0, max: 9 }),
      seatNos: fc.uniqueArray(place, { minLength: 1, maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(wanted, { minLength: 2, maxLength: 12 }), async (all) => {
        const event = await anEvent(database, { maxTicketsPerBuyer: 4 })
        const buyers = Array.from({ length: 6 }, () => newId())
        const wishes = all.map(({ buyer, key, seatNos }) => {
          const sorted = seatNos.toSorted((one, other) => one - other)
          return seatsWish(event, sorted, {
            userId: buyers[buyer] ?? '',
            idempotencyKey: `the key ${key}`,
            requestHash: sorted.join(),
          })
        })
        const answers = await holdChosenSeatsTogether(database, wishes)
        for (const [index, wish] of wishes.entries()) {
          const [before, again] = [answers[index], await holdChosenSeats(database, wish)]
          if (before?.outcome === 'HELD' || before?.outcome === 'REPEATED') {
            expect(again).toMatchObject({ outcome: 'REPEATED', hold: { id: before.hold.id } })
          } else expect(['SeatsTaken', 'BuyerLimitReached', 'IdempotencyKeyReused']).toContain(again.outcome)
        }
        await expectSoundInventory(database)
      }),
      { numRuns: process.env['SOAK'] ? 500 : 15 },
    )
  })

  test('with one that the database cannot take, are held all the same', async () => {
    const event = await anEvent(database)
    const wish = (seatIds: string[], userId: string = newId()) =>
      holdSeats(database, { eventId: event.id, userId, idempotencyKey: newId(), limits: LIMITS, seatIds })
    // The first is alone; the others become one statement, which fails.
    const outcomes = await Promise.allSettled([
      wish(['A-1-1']),
      wish(['A-1-2']),
      wish(['A-1-3'], 'nobody'),
      wish(['A-1-4']),
    ])
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.ok : 'failed'))).toEqual([
      true,
      true,
      'failed',
      true,
    ])
  })
})

describe('units that are wanted together', () => {
  test('go to those who came first, as far as they last', async () => {
    const event = await anEvent(database, { standing: 5 })
    const answers = await holdUnitsTogether(
      database,
      [2, 2, 4, 1, 1].map((quantity) => typeWish(event, quantity)),
    )
    expect(answers).toMatchObject([
      { outcome: 'HELD', hold: { total: 4000, seatNos: null } },
      { outcome: 'HELD' },
      { outcome: 'SoldOut', facts: { available: 0 } },
      { outcome: 'HELD' },
      { outcome: 'SoldOut', facts: { available: 0 } },
    ])
    expect((await published(event.id)).size).toBe(3)
    expect(await holdUnitsTogether(database, [typeWish(event, 1), typeWish(event, 11)])).toMatchObject([
      { outcome: 'SoldOut', facts: { available: 0 } },
      { outcome: 'QuantityOutOfRange', facts: { min: 1, max: 10 } },
    ])
  })

  test('by one buyer several times, or under one key, are counted once each', async () => {
    const event = await anEvent(database, { standing: 20, maxTicketsPerBuyer: 5 })
    const userId = newId()
    const twin = typeWish(event, 1)
    const answers = await holdUnitsTogether(database, [
      typeWish(event, 3, { userId }),
      typeWish(event, 3, { userId }),
      twin,
      twin,
      typeWish(event, 2, { userId }),
    ])
    expect(names(answers)).toEqual(['HELD', 'BuyerLimitReached', 'HELD', 'REPEATED', 'HELD'])
  })

  test('come from holds that have run out', async () => {
    const event = await anEvent(database, { standing: 4 })
    const late = await Promise.all([2, 2].map((units) => aHold(database, { event, units })))
    await runOut(
      database,
      late.map(({ id }) => id),
    )
    const answers = await holdUnitsTogether(database, [typeWish(event, 3), typeWish(event, 1), typeWish(event, 1)])
    expect(names(answers)).toEqual(['HELD', 'HELD', 'SoldOut'])
  })

  test('of nothing that there is are refused, and so are those of a sale that is over', async () => {
    const event = await anEvent(database)
    const unknown = [1, 2].map((quantity) => ({ ...typeWish(event, quantity), ticketTypeId: newId() }))
    expect(names(await holdUnitsTogether(database, unknown))).toEqual(['TicketTypeNotFound', 'TicketTypeNotFound'])
    await database.pool.query('update events set sales_close_at = now() where id = $1', [event.id])
    const late = [1, 2].map((quantity) => typeWish(event, quantity))
    expect(names(await holdUnitsTogether(database, late))).toEqual(['SalesClosed', 'SalesClosed'])
    expect((await holdUnits(database, typeWish(event, 1))).outcome).toBe('SalesClosed')
  })
})

test('answers that are lost on their way, with the holds committed, are found again under the same keys', async () => {
  const event = await anEvent(database, { standing: 20 })
  const ask = inBatches<TypeWish, CommonAnswer | TypeAnswer>(
    {
      together: async (wishes) => {
        await holdUnitsTogether(database, wishes)
        throw new Error('the connection broke after the commit')
      },
      alone: (wish) => holdUnits(database, wish),
      failed: () => undefined,
    },
    { togetherMax: 10, waitingMax: 10 },
  )
  const answers = await together(8, () => ask('queue', typeWish(event, 2)))
  expect(names(answers)).toEqual(['HELD', ...Array.from({ length: 7 }, () => 'REPEATED')])
  const { rows } = await database.pool.query('select from bookings where event_id = $1', [event.id])
  expect(rows).toHaveLength(8)
})
