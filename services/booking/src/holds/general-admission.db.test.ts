import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { BookingExpired, BookingPaymentCancelRequested } from '@tikitu/schema/events/booking'
import { testDatabase, waitFor } from '@tikitu/runtime/testing'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { aHold, anEvent, aPartner, inDays, LIMITS, runOut, type TestEvent } from '../../test/build.ts'
import { expectSoundInventory, nameOf, tally, together } from '../../test/sound.ts'
import { holdGeneralAdmission } from './holds.ts'

let database: Database

beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

afterEach(() => expectSoundInventory(database))

type Wish = Parameters<typeof holdGeneralAdmission>[1]

/** A wish for units to stand by somebody new. */
function wish(event: TestEvent, quantity: number, facts: Partial<Wish> = {}): Wish {
  const ticketTypeId = event.types['Standing']?.id ?? ''
  return {
    eventId: event.id,
    userId: newId(),
    idempotencyKey: newId(),
    limits: LIMITS,
    ticketTypeId,
    quantity,
    ...facts,
  }
}

const hold = (event: TestEvent, quantity: number, facts: Partial<Wish> = {}) =>
  holdGeneralAdmission(database, wish(event, quantity, facts))

async function availableUnits(event: TestEvent): Promise<number> {
  const { rows } = await database.pool.query('select available from admission_stock where event_id = $1', [event.id])
  return rows[0].available
}

test('units are held at the price that is shown', async () => {
  const event = await anEvent(database, { standing: 5 })
  expect(await hold(event, 2)).toMatchObject({
    ok: true,
    value: {
      seatNos: null,
      total: 4000,
      currency: 'EUR',
      lines: [{ ticketTypeId: event.types['Standing']?.id, quantity: 2, unitPrice: 2000 }],
    },
  })
  expect(await availableUnits(event)).toBe(3)
})

test('what is left decides, to the last unit', async () => {
  const event = await anEvent(database, { standing: 5 })
  await hold(event, 3)
  expect(await hold(event, 3)).toMatchObject({ refusal: 'SoldOut', facts: { available: 2 } })
  expect(nameOf(await hold(event, 2))).toBe('Hold')
  expect(await hold(event, 1)).toMatchObject({ refusal: 'SoldOut', facts: { available: 0 } })
})

test('every refusal has its name, and says it also when nothing is left', async () => {
  const facts = { standing: 5, perBooking: { min: 2, max: 4 } }
  const event = await anEvent(database, facts)
  const draft = await anEvent(database, { status: 'DRAFT' })
  const closed = await anEvent(database, { ...facts, salesOpenAt: inDays(-2), salesCloseAt: inDays(-1) })
  const suspended = await anEvent(database, facts)
  await aPartner(database, { partnerId: suspended.partnerId, status: 'SUSPENDED', at: new Date() })
  const stocked = [event.id, closed.id, suspended.id]
  for (const left of ['capacity', '0']) {
    await database.pool.query(`update admission_stock set available = ${left} where event_id = any($1)`, [stocked])
    expect(nameOf(await hold(event, 2, { eventId: newId() }))).toBe('EventNotFound')
    expect(nameOf(await hold(draft, 2))).toBe('EventNotFound')
    expect(nameOf(await hold(event, 2, { eventId: 'none' }))).toBe('EventNotFound')
    expect(nameOf(await hold(closed, 2))).toBe('SalesClosed')
    expect(nameOf(await hold(suspended, 2))).toBe('SalesClosed')
    const elsewhere = closed.types['Standing']?.id ?? ''
    for (const ticketTypeId of [newId(), event.types['STALLS']?.id ?? '', elsewhere, 'none']) {
      const refused = { refusal: 'TicketTypeNotFound', facts: { ticketTypeId } }
      expect(await hold(event, 2, { ticketTypeId })).toMatchObject(refused)
    }
    for (const quantity of [1, 5]) {
      expect(await hold(event, quantity)).toMatchObject({ refusal: 'QuantityOutOfRange', facts: { min: 2, max: 4 } })
    }
    for (const quantity of [0, -1, 11, 2_000_000_000]) {
      expect(await hold(event, quantity)).toMatchObject({ refusal: 'QuantityOutOfRange', facts: { min: 1, max: 10 } })
    }
  }
  await database.pool.query('update admission_stock set available = capacity where event_id = any($1)', [stocked])
})

test('a buyer has no more tickets than allowed, seats and units together', async () => {
  const event = await anEvent(database, { maxTicketsPerBuyer: 3 })
  const { userId } = await aHold(database, { event })
  expect(await hold(event, 2, { userId })).toMatchObject({
    refusal: 'BuyerLimitReached',
    facts: { ticketsMax: 3, ticketsNow: 2, holdsMax: 3, holdsNow: 1 },
  })
  expect(nameOf(await hold(event, 1, { userId }))).toBe('Hold')
})

test('forty twins get one hold, and one unit less is left, sold out or not', async () => {
  for (const standing of [5, 1]) {
    const event = await anEvent(database, { standing })
    const one = wish(event, 1)
    const outcomes = await together(40, () => holdGeneralAdmission(database, one))
    expect(tally(outcomes)).toEqual({ Hold: 40 })
    expect(new Set(outcomes.map((outcome) => outcome.ok && outcome.value.id)).size).toBe(1)
    expect(await availableUnits(event)).toBe(standing - 1)
  }
})

test('the same key for another number is refused, though nothing is left', async () => {
  const event = await anEvent(database, { standing: 2 })
  const first = wish(event, 2)
  await holdGeneralAdmission(database, first)
  expect(nameOf(await holdGeneralAdmission(database, { ...first, quantity: 1 }))).toBe('IdempotencyKeyReused')
})

test('forty buyers take exactly what there is', async () => {
  for (let round = 0; round < 5; round++) {
    const event = await anEvent(database, { standing: 30 })
    const outcomes = await together(40, () => hold(event, 1))
    expect(tally(outcomes)).toEqual({ Hold: 30, SoldOut: 10 })
    expect(await availableUnits(event)).toBe(0)
  }
})

test('forty buyers of several never leave what somebody could have had', async () => {
  for (let round = 0; round < 5; round++) {
    const event = await anEvent(database, { standing: 31 })
    const outcomes = await together(40, (caller) => hold(event, (caller % 3) + 1))
    const held = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.lines[0]?.quantity ?? 0] : []))
    expect(held.reduce((sum, quantity) => sum + quantity, 0)).toBe(31)
    expect(await availableUnits(event)).toBe(0)
  }
})

test('units that ran out are sold to the next who asks, each once', async () => {
  const event = await anEvent(database, { standing: 20 })
  const late = await together(20, () => aHold(database, { event, units: 1 }))
  expect(nameOf(await hold(event, 1))).toBe('SoldOut')
  await runOut(
    database,
    late.slice(0, 12).map(({ id }) => id),
  )
  const outcomes = await together(40, () => hold(event, 1))
  expect(tally(outcomes)).toEqual({ Hold: 12, SoldOut: 28 })
  const { rows } = await database.pool.query(
    `select status, count(*)::integer from bookings where event_id = $1 group by status order by status`,
    [event.id],
  )
  expect(rows).toEqual([
    { status: 'EXPIRED', count: 12 },
    { status: 'HELD', count: 20 },
  ])
  expect(await availableUnits(event)).toBe(0)
})

test('a hold that ran out ends in silence, a booking with the facts that others wait for', async () => {
  const event = await anEvent(database, { standing: 2 })
  const held = await aHold(database, { event, units: 1 })
  const booked = await aHold(database, { event, units: 1 })
  await database.pool.query(`update bookings set status = 'PENDING', reference = 'CCCC-DDDD' where id = $1`, [
    booked.id,
  ])
  await runOut(database, [held.id, booked.id])
  expect(nameOf(await hold(event, 2))).toBe('Hold')
  const { rows } = await database.pool.query(
    `select type, key, data from outbox where key in ($1, $2) and type <> 'booking.held' order by sequence`,
    [held.id, booked.id],
  )
  expect(rows.map(({ type, key }) => [type, key])).toEqual([
    ['booking.expired', booked.id],
    ['booking.payment_cancel_requested', booked.id],
  ])
  expect(BookingExpired.shape.parse(rows[0].data)).toMatchObject({
    reference: 'CCCC-DDDD',
    seats: 1,
    reason: 'not paid in time',
  })
  expect(BookingPaymentCancelRequested.shape.parse(rows[1].data)).toMatchObject({ bookingId: booked.id })
})

test('the sweep ends what ran out of every kind, once, however many sweep', async () => {
  const event = await anEvent(database, { standing: 5 })
  const holds = [
    await aHold(database, { event, units: 2 }),
    await aHold(database, { event, units: 1 }),
    await aHold(database, { event }),
    await aHold(database, { event, seatIds: ['A-2-1'] }),
  ]
  const alive = await aHold(database, { event, units: 1 })
  await runOut(
    database,
    holds.map(({ id }) => id),
  )
  const ended = await together(8, async () => {
    const { rows } = await database.pool.query<{ ended: number }>('select expire_bookings(100) as ended')
    return rows[0]?.ended ?? 0
  })
  expect(ended.reduce((sum, count) => sum + count, 0)).toBe(4)
  expect(await availableUnits(event)).toBe(4)
  const { rows } = await database.pool.query('select next_due from admission_stock where event_id = $1', [event.id])
  expect(rows[0].next_due).toEqual(alive.expiresAt)
})

/** Runs `work` while somebody else is in the middle of a transaction, which then commits. */
async function whileInFlight<Value>(statement: string, values: unknown[], work: () => Promise<Value>): Promise<Value> {
  const other = await database.pool.connect()
  try {
    await other.query('begin')
    await other.query(statement, values)
    const outcome = await work()
    await other.query('commit')
    return outcome
  } finally {
    other.release()
  }
}

test('a booking that is being checked out at the last moment does not expire, and nobody waits for it', async () => {
  const event = await anEvent(database, { standing: 3 })
  const late = await aHold(database, { event, units: 2 })
  await runOut(database, [late.id])
  const checkOut = `update bookings set status = 'PENDING', reference = 'EEEE-FFFF', expires_at = now() + interval '15 minutes' where id = $1`
  await whileInFlight(checkOut, [late.id], async () => {
    expect(await hold(event, 2)).toMatchObject({ refusal: 'SoldOut', facts: { available: 1 } })
  })
  await database.pool.query('select expire_bookings(100)')
  const { rows } = await database.pool.query('select status from bookings where id = $1', [late.id])
  expect(rows).toEqual([{ status: 'PENDING' }])
  expect(await availableUnits(event)).toBe(1)
})

test('units that are being taken while others come back are known to come back, too', async () => {
  const event = await anEvent(database, { standing: 3 })
  const ticketTypeId = event.types['Standing']?.id ?? ''
  const take = `select * from hold_general_admission(row($1, $2, $3, 'hash', 10, 3, 600, null, null)::hold_wish, $4, 1)`
  const sweep = await whileInFlight(take, [event.id, newId(), newId(), ticketTypeId], async () => {
    const sweeping = database.pool.query('select expire_admission($1, 100)', [ticketTypeId])
    await waitFor('the sweep to wait for the stock', async () => {
      const { rows } = await database.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'select expire_admission%'`,
      )
      return rows.length > 0
    })
    return { sweeping }
  })
  await sweep.sweeping
  const { rows } = await database.pool.query(
    `select s.next_due = b.expires_at as known
     from admission_stock s join bookings b on b.ticket_type_id = s.ticket_type_id where s.event_id = $1`,
    [event.id],
  )
  expect(rows).toEqual([{ known: true }])
})
