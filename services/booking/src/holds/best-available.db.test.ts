import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aHold, anEvent, inDays, LIMITS, runOut, type RowSpec, type TestEvent } from '../../test/build.ts'
import { expectSoundInventory, nameOf, tally, together } from '../../test/sound.ts'
import { holdBestAvailable, holdSeats } from './holds.ts'

let database: Database

beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

afterEach(() => expectSoundInventory(database))

type Wish = Parameters<typeof holdBestAvailable>[1]

function hold(event: TestEvent, quantity: number, facts: Partial<Wish> = {}) {
  const ticketTypeId = event.types['STALLS']?.id ?? ''
  const wish = { eventId: event.id, userId: newId(), idempotencyKey: newId(), limits: LIMITS, ticketTypeId, quantity }
  return holdBestAvailable(database, { ...wish, ...facts })
}

/** Holds, and says which seats it got; null when it was refused. */
async function seatsOf(event: TestEvent, quantity: number): Promise<readonly number[] | null> {
  const outcome = await hold(event, quantity)
  return outcome.ok ? outcome.value.seatNos : null
}

const anEventOf = (rows: readonly RowSpec[], facts: Parameters<typeof anEvent>[1] = {}) =>
  anEvent(database, { rows, standing: 0, ...facts })

describe('the best seats', () => {
  test('are next to each other in the first row that has them', async () => {
    const event = await anEventOf([{ width: 3 }, { width: 8 }])
    expect(await seatsOf(event, 4)).toEqual([3, 4, 5, 6])
    expect(await seatsOf(event, 3)).toEqual([0, 1, 2])
  })

  test('cost what their type costs, and the platform is told', async () => {
    const event = await anEventOf([{ width: 8 }])
    const outcome = await hold(event, 2)
    expect(outcome).toMatchObject({
      ok: true,
      value: { total: 10_000, lines: [{ ticketTypeId: event.types['STALLS']?.id, quantity: 2, unitPrice: 5000 }] },
    })
    const { rows } = await database.pool.query('select type from outbox where key = $1', [
      outcome.ok && outcome.value.id,
    ])
    expect(rows).toEqual([{ type: 'booking.held' }])
  })

  test('leave no single seat, even if a row further back has to do', async () => {
    const event = await anEventOf([{ width: 3 }, { width: 4 }])
    expect(await seatsOf(event, 2)).toEqual([3, 4])
    expect(await seatsOf(event, 2)).toEqual([5, 6])
    // Now it cannot be avoided.
    expect(await seatsOf(event, 2)).toEqual([0, 1])
    expect(await seatsOf(event, 1)).toEqual([2])
  })

  test('for one are a seat that stands alone already, before a pair is torn', async () => {
    const event = await anEventOf([{ width: 6 }])
    await aHold(database, { event, seatIds: ['A-1-3'] })
    await aHold(database, { event, seatIds: ['A-1-5'] })
    expect(await seatsOf(event, 1)).toEqual([3])
    expect(await seatsOf(event, 1)).toEqual([5])
    expect(await seatsOf(event, 1)).toEqual([0])
  })

  test('are never those for wheelchairs, which can be chosen', async () => {
    const event = await anEventOf([{ width: 6, accessible: [3, 4] }])
    expect(await seatsOf(event, 3)).toBe(null)
    expect(await seatsOf(event, 2)).toEqual([0, 1])
    expect(await seatsOf(event, 2)).toEqual([4, 5])
    expect(nameOf(await hold(event, 1))).toBe('SoldOut')
    await aHold(database, { event, seatIds: ['A-1-3', 'A-1-4'] })
  })

  test('are of one type, though a row has two', async () => {
    const rows: RowSpec[] = [{ width: 2 }, { width: 4, category: 'BALCONY' }, { width: 2 }]
    const event = await anEventOf(rows, { prices: { STALLS: 5000, BALCONY: 1000 } })
    expect(await seatsOf(event, 3)).toBe(null)
    const balcony = event.types['BALCONY']?.id ?? ''
    expect(await hold(event, 3, { ticketTypeId: balcony })).toMatchObject({
      ok: true,
      value: { seatNos: [2, 3, 4], total: 3000 },
    })
  })

  test('are found in rows of any width', async () => {
    const event = await anEventOf([{ width: 61 }, { width: 130 }, { width: 60 }], { maxTicketsPerBuyer: 100 })
    const got: number[] = []
    for (let seats = await seatsOf(event, 7); seats; seats = await seatsOf(event, 7)) got.push(...seats)
    for (let seats = await seatsOf(event, 1); seats; seats = await seatsOf(event, 1)) got.push(...seats)
    expect(got.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 251 }, (_, seat) => seat))
  })
})

describe('who is refused', () => {
  test('hears how many could be had together', async () => {
    const event = await anEventOf([{ width: 4 }, { width: 6 }])
    expect(await hold(event, 7)).toMatchObject({ refusal: 'SoldOut', facts: { available: 6 } })
    await aHold(database, { event, seatIds: ['A-2-3'] })
    expect(await hold(event, 5)).toMatchObject({ refusal: 'SoldOut', facts: { available: 4 } })
    await hold(event, 4)
    await hold(event, 3)
    await hold(event, 2)
    expect(await hold(event, 1)).toMatchObject({ refusal: 'SoldOut', facts: { available: 0 } })
  })

  test('hears why', async () => {
    const event = await anEvent(database, { perBooking: { min: 2, max: 4 } })
    const draft = await anEvent(database, { status: 'DRAFT' })
    const closed = await anEvent(database, { salesOpenAt: inDays(-2), salesCloseAt: inDays(-1) })
    expect(nameOf(await hold(draft, 2))).toBe('EventNotFound')
    expect(nameOf(await hold(event, 2, { eventId: newId() }))).toBe('EventNotFound')
    expect(nameOf(await hold(closed, 2))).toBe('SalesClosed')
    const standing = event.types['Standing']?.id ?? ''
    for (const ticketTypeId of [newId(), standing, closed.types['STALLS']?.id ?? '', "' or 1=1"]) {
      expect(await hold(event, 2, { ticketTypeId })).toMatchObject({
        refusal: 'TicketTypeNotFound',
        facts: { ticketTypeId },
      })
    }
    for (const quantity of [1, 5]) {
      expect(await hold(event, quantity)).toMatchObject({ refusal: 'QuantityOutOfRange', facts: { min: 2, max: 4 } })
    }
    for (const quantity of [-3, 0, 11, 2_000_000_000]) {
      expect(await hold(event, quantity)).toMatchObject({ refusal: 'QuantityOutOfRange', facts: { min: 1, max: 10 } })
    }
    const userId = newId()
    for (let turn = 0; turn < 3; turn++) expect(nameOf(await hold(event, 2, { userId }))).toBe('Hold')
    expect(await hold(event, 2, { userId })).toMatchObject({
      refusal: 'BuyerLimitReached',
      facts: { holdsNow: 3, ticketsNow: 6 },
    })
  })
})

test('forty twins get the same seats', async () => {
  const event = await anEventOf([{ width: 20 }])
  const twin = { userId: newId(), idempotencyKey: newId() }
  const outcomes = await together(40, () => hold(event, 2, twin))
  expect(tally(outcomes)).toEqual({ Hold: 40 })
  expect(new Set(outcomes.map((outcome) => outcome.ok && outcome.value.id)).size).toBe(1)
  expect(nameOf(await hold(event, 3, twin))).toBe('IdempotencyKeyReused')
})

describe('a sell-out', () => {
  test('tears no group and leaves no single seat that could have been avoided', async () => {
    const rows = [{ width: 9, accessible: [1] }, { width: 7 }, { width: 8 }, { width: 5 }, { width: 11 }]
    const event = await anEventOf(rows)
    const hall = rows.map(({ width, accessible = [] }, rowNo) => {
      const base = rows.slice(0, rowNo).reduce((sum, row) => sum + row.width, 0)
      return Array.from({ length: width }, (_, place) => ({
        seat: base + place,
        free: !accessible.includes(place + 1),
      }))
    })
    for (const quantity of [2, 3, 2, 4, 1, 2, 3, 2, 5, 2, 1, 3, 2, 2, 4, 2, 1, 3, 2, 2, 1, 2, 1, 1, 1, 1, 1, 1]) {
      const places = hall.flatMap((row) =>
        placesIn(
          row.map(({ free }) => free),
          quantity,
        ),
      )
      const seats = await seatsOf(event, quantity)
      expect(seats === null).toBe(places.length === 0)
      if (!seats) continue
      const row = hall.find((it) => it.some(({ seat }) => seat === seats[0]))!
      const start = row.findIndex(({ seat }) => seat === seats[0])
      const taken = row.slice(start, start + quantity)
      expect(taken.map(({ seat }) => seat)).toEqual(seats)
      expect(taken.every(({ free }) => free)).toBe(true)
      const leavesSingle = placesIn(
        row.map(({ free }) => free),
        quantity,
      ).find((it) => it.start === start)?.leavesSingle
      if (places.some((place) => !place.leavesSingle)) expect(leavesSingle).toBe(false)
      for (const seat of taken) seat.free = false
    }
    expect(hall.flat().filter(({ free }) => free)).toEqual([])
  })

  test('by forty at once ends with every seat sold and none twice', async () => {
    for (let round = 0; round < 5; round++) {
      const event = await anEventOf([{ width: 12 }, { width: 12 }, { width: 12 }])
      const outcomes = await together(60, () => hold(event, 1))
      expect(tally(outcomes)).toEqual({ Hold: 36, SoldOut: 24 })
    }
  })

  test('in pairs by forty at once fills every row', async () => {
    for (let round = 0; round < 5; round++) {
      const event = await anEventOf([{ width: 12 }, { width: 12 }])
      const outcomes = await together(40, () => hold(event, 2))
      expect(tally(outcomes)).toEqual({ Hold: 12, SoldOut: 28 })
    }
  })

  test('survives buyers who choose their seats at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const event = await anEventOf([{ width: 10 }, { width: 10 }])
      const outcomes = await together(60, async (caller) =>
        caller % 2 === 0
          ? await hold(event, 1)
          : await holdSeats(database, {
              eventId: event.id,
              userId: newId(),
              idempotencyKey: newId(),
              limits: LIMITS,
              seatIds: [`A-${caller % 4 === 1 ? 1 : 2}-${(caller % 10) + 1}`],
            }),
      )
      const held = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.value.seatNos ?? []) : []))
      expect(held.length).toBe(20)
      expect(new Set(held).size).toBe(20)
    }
  })
})

function placesIn(free: readonly boolean[], seats: number): { start: number; leavesSingle: boolean }[] {
  return free.flatMap((_, start) => {
    if (start + seats > free.length || !free.slice(start, start + seats).every(Boolean)) return []
    const left = free[start - 1] && !free[start - 2]
    const right = free[start + seats] && !free[start + seats + 1]
    return [{ start, leavesSingle: Boolean(left || right) }]
  })
}

test('seats that ran out are found again, though the hint took them for gone', async () => {
  const event = await anEventOf([{ width: 6 }])
  const first = await hold(event, 6)
  expect(nameOf(await hold(event, 1))).toBe('SoldOut')
  if (first.ok) await runOut(database, [first.value.id])
  expect(await seatsOf(event, 6)).toEqual([0, 1, 2, 3, 4, 5])
})

test('a hint that is wrong in every row is put right, and nothing else happens', async () => {
  const event = await anEventOf(Array.from({ length: 40 }, () => ({ width: 10 })))
  await database.pool.query(
    `update event_seats set booking_id = $2, expires_at = now() + interval '1 hour' where event_id = $1 and seat_no < 395`,
    [event.id, newId()],
  )
  expect(await seatsOf(event, 5)).toEqual([395, 396, 397, 398, 399])
  expect(await hold(event, 1)).toMatchObject({ refusal: 'SoldOut', facts: { available: 0 } })
  await database.pool.query(
    `update event_seats set booking_id = null, expires_at = '-infinity' where event_id = $1 and seat_no < 395`,
    [event.id],
  )
})

describe('in a hall where people look at something', () => {
  const rows: RowSpec[] = [
    { width: 10, focus: { place: 5, distance: 30 } },
    { width: 10, focus: { place: 5, distance: 10 } },
    { width: 10, focus: { place: 0, distance: 20 } },
    { width: 4 },
  ]

  test('the closest row is best, and in it the places in front of that', async () => {
    const event = await anEventOf(rows)
    expect(await seatsOf(event, 2)).toEqual([15, 16])
    expect(await seatsOf(event, 2)).toEqual([13, 14])
    expect(await seatsOf(event, 3)).toEqual([17, 18, 19])
    expect(await seatsOf(event, 3)).toEqual([10, 11, 12])
    expect(await seatsOf(event, 3)).toEqual([20, 21, 22])
  })

  test('no single seat stays for being closer to it', async () => {
    const event = await anEventOf([{ width: 7, focus: { place: 3, distance: 1 } }])
    // Three in the middle leave a pair on either side; for four there is room at the ends alone.
    expect(await seatsOf(event, 4)).toEqual([3, 4, 5, 6])
    const other = await anEventOf([{ width: 7, focus: { place: 3, distance: 1 } }])
    expect(await seatsOf(other, 3)).toEqual([2, 3, 4])
  })

  test('a sell-out fills every seat once', async () => {
    const event = await anEventOf([...rows, { width: 130, focus: { place: 64, distance: 5 } }], {
      maxTicketsPerBuyer: 100,
    })
    const got: number[] = []
    for (const quantity of [4, 3, 2, 1]) {
      for (let seats = await seatsOf(event, quantity); seats; seats = await seatsOf(event, quantity)) got.push(...seats)
    }
    expect(got.slice(0, 2)).toEqual([97, 98])
    expect(got.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 164 }, (_, seat) => seat))
  })
})
