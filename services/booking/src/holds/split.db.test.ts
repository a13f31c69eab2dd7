import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { aHold, anEvent, LIMITS, runOut, type RowSpec, type TestEvent } from '../../test/build.ts'
import { expectSoundInventory, nameOf, tally, together } from '../../test/sound.ts'
import { holdBestAvailable } from './holds.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})
afterEach(() => expectSoundInventory(database))

const hold = (
  event: TestEvent,
  quantity: number,
  facts: { allowSplit?: boolean; userId?: string; idempotencyKey?: string } = {},
) =>
  holdBestAvailable(database, {
    userId: newId(),
    eventId: event.id,
    idempotencyKey: newId(),
    limits: LIMITS,
    ticketTypeId: event.types['STALLS']?.id ?? '',
    quantity,
    allowSplit: true,
    ...facts,
  })

const hall = (rows: readonly RowSpec[]) => anEvent(database, { rows, standing: 0 })

test('a group is split only when it allows that, and only when no row has so many seats', async () => {
  const event = await hall([{ width: 4 }, { width: 4 }, { width: 7 }])
  expect(await hold(event, 6)).toMatchObject({ ok: true, value: { seatNos: [8, 9, 10, 11, 12, 13] } })
  expect(await hold(event, 6, { allowSplit: false })).toMatchObject({ refusal: 'SoldOut', facts: { available: 4 } })
  expect(await hold(event, 6)).toMatchObject({ ok: true, value: { seatNos: [0, 1, 2, 3, 4, 5], total: 30_000 } })
})

test('a group of three is not split, and nobody is given a seat for wheelchairs or alone', async () => {
  const event = await hall([{ width: 3, accessible: [3] }, { width: 3, accessible: [1] }, { width: 1 }])
  expect(await hold(event, 3)).toMatchObject({ refusal: 'SoldOut', facts: { available: 2 } })
  expect(await hold(event, 5)).toMatchObject({ refusal: 'SoldOut' })
  expect(await hold(event, 4)).toMatchObject({ ok: true, value: { seatNos: [0, 1, 4, 5] } })
})

test('a split group is one hold under one key, and within the limits of the buyer and the type', async () => {
  const event = await anEvent(database, { rows: [{ width: 2 }, { width: 2 }], perBooking: { min: 1, max: 4 } })
  const twin = { userId: newId(), idempotencyKey: newId() }
  const outcomes = await together(20, () => hold(event, 4, twin))
  expect(tally(outcomes)).toEqual({ Hold: 20 })
  expect(new Set(outcomes.map((outcome) => outcome.ok && outcome.value.id)).size).toBe(1)
  expect(nameOf(await hold(event, 4, { ...twin, allowSplit: false }))).toBe('IdempotencyKeyReused')
  expect(nameOf(await hold(event, 5))).toBe('QuantityOutOfRange')
})

test('seats of a hold that ran out are found, though nobody has written that down', async () => {
  const event = await hall([{ width: 2 }, { width: 2 }])
  const first = await aHold(database, { event, seatIds: ['A-1-1', 'A-1-2'] })
  expect(nameOf(await hold(event, 4))).toBe('SoldOut')
  await runOut(database, [first.id])
  expect(await hold(event, 4)).toMatchObject({ ok: true, value: { seatNos: [0, 1, 2, 3] } })
})

test('forty groups at once fill what there is, and nobody has a seat twice', async () => {
  const event = await hall(Array.from({ length: 12 }, () => ({ width: 3 })))
  const outcomes = await together(40, () => hold(event, 4))
  const seats = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.value.seatNos ?? []) : []))
  expect(new Set(seats).size).toBe(seats.length)
  // Two rows of three make one group of four, and what stays beside it are single seats.
  expect(tally(outcomes)['Hold']).toBeGreaterThanOrEqual(4)
  expect(nameOf(await hold(event, 4))).toBe('SoldOut')
})
