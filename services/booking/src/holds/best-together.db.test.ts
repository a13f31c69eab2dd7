import type { Database } from '@tikitu/runtime/database'
import { testDatabase } from '@tikitu/runtime/testing'
import { fc } from '@tikitu/runtime/testing/properties'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aHold, anEvent, type TestEvent } from '../../test/build.ts'
import { expectSoundInventory } from '../../test/sound.ts'
import { seatsWish, typeWish } from '../../test/wishes.ts'
import { holdBestSeatsTogether } from './hold-batch.sql.ts'
import { holdBestSeats, holdChosenSeats } from './hold.sql.ts'

let database: Database

beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

afterEach(() => expectSoundInventory(database))

const wishesOf = (event: TestEvent, quantities: readonly number[]) =>
  quantities.map((quantity) => typeWish(event, quantity, { type: 'STALLS' }))

type Answer = Awaited<ReturnType<typeof holdBestSeats>> | undefined

/** The seats of each answer, or why there are none. */
const seatsOf = (answers: readonly Answer[]) =>
  answers.map((answer) => (answer?.outcome === 'HELD' ? answer.hold.seatNos : (answer?.outcome ?? 'ALONE')))

/** Tells the rows what chosen seats were taken: that is done without a word to their hints. */
const rereadRows = (event: TestEvent) =>
  database.pool.query('select reread_seat_row(hint) from seat_row_hints hint where event_id = $1', [event.id])

/** How many halls are compared. */
const HALLS = process.env['SOAK'] ? 500 : 25

describe('the best seats for many', () => {
  test('are given out in turn, side by side', async () => {
    const event = await anEvent(database, { rows: [{ width: 5 }, { width: 5 }] })
    expect(await holdBestSeatsTogether(database, wishesOf(event, [3, 2, 4, 4]))).toMatchObject([
      { outcome: 'HELD', hold: { seatNos: [0, 1, 2] } },
      { outcome: 'HELD', hold: { seatNos: [3, 4] } },
      { outcome: 'HELD', hold: { seatNos: [5, 6, 7, 8] } },
      { outcome: 'SoldOut', facts: { available: 1 } },
    ])
  })

  test('are those that they would have had one after the other', async () => {
    const hall = fc.record({
      widths: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
      gone: fc.uniqueArray(fc.nat(40), { maxLength: 12 }),
      quantities: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 16 }),
    })
    await fc.assert(
      fc.asyncProperty(hall, async ({ widths, gone, quantities }) => {
        const rows = widths.map((width) => ({ width }))
        const seats = widths.reduce((sum, width) => sum + width, 0)
        const [one, other] = [await anEvent(database, { rows }), await anEvent(database, { rows })]
        for (const event of [one, other]) {
          for (const seat of gone) if (seat < seats) await holdChosenSeats(database, seatsWish(event, [seat]))
          // A batch looks at a row when it opens it, one alone when it finds nothing: what they know would differ.
          await rereadRows(event)
        }
        const alone: Answer[] = []
        for (const wish of wishesOf(one, quantities)) alone.push(await holdBestSeats(database, wish, false))
        expect(seatsOf(await holdBestSeatsTogether(database, wishesOf(other, quantities)))).toEqual(seatsOf(alone))
      }),
      { numRuns: HALLS },
    )
  }, 180_000)

  test('are others for the group that loses one to somebody who chooses it in this very moment', async () => {
    const event = await anEvent(database, { rows: [{ width: 6 }, { width: 6 }] })
    const elsewhere = await database.pool.connect()
    try {
      await elsewhere.query('begin')
      await elsewhere.query('select from event_seats where event_id = $1 and seat_no = 2 for update', [event.id])
      const answers = await holdBestSeatsTogether(database, wishesOf(event, [2, 2, 2]))
      expect(seatsOf(answers)).toEqual([
        [0, 1],
        [6, 7],
        [4, 5],
      ])
    } finally {
      await elsewhere.query('rollback')
      elsewhere.release()
    }
    // Whoever chose them let them go.
    expect(seatsOf(await holdBestSeatsTogether(database, wishesOf(event, [2, 2])))).toEqual([
      [2, 3],
      [8, 9],
    ])
  })

  test('are others when a seat of a row is gone that its hint has for free', async () => {
    const event = await anEvent(database, { rows: [{ width: 6 }, { width: 6 }] })
    await aHold(database, { event, seatIds: ['A-1-2'] })
    expect(seatsOf(await holdBestSeatsTogether(database, wishesOf(event, [2, 2, 2])))).toEqual([
      [2, 3],
      [4, 5],
      [6, 7],
    ])
  })
})
