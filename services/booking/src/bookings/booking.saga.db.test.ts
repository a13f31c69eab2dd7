import { accepted } from '@tikitu/runtime/outcome'
import { aUser, testDatabase } from '@tikitu/runtime/testing'
import type { Database } from '@tikitu/runtime/database'
import { PaymentSucceeded, RefundSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, describe, expect, test } from 'vitest'
import type { HoldFacts } from '../../test/sales.ts'
import {
  aConfirmed,
  aHeld,
  aPayment,
  aPending,
  brokenInvariants,
  cancel,
  crash,
  deliver,
  expire,
  happen,
  passDeadline,
  prepare,
  resell,
  statusOf,
  told,
  type Told,
} from '../../test/story.ts'
import type { BookingStatus } from './booking.rules.ts'
import { BOOKING_SAGA, transitionFrom, type Condition, type SagaEvent, type Transition } from './booking.saga.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

/** How a booking comes into each state. */
const ARRIVE: Record<BookingStatus, (facts: HoldFacts) => Promise<Told>> = {
  HELD: (facts) => aHeld(database, facts),
  RELEASED: async (facts) => then(await aHeld(database, facts), 'release'),
  PENDING: (facts) => aPending(database, facts),
  CONFIRMED: (facts) => aConfirmed(database, facts),
  COMPLETED: async (facts) => then(await aConfirmed(database, facts), 'event over'),
  EXPIRED: async (facts) => then(await aPending(database, facts), 'deadline passed'),
  CANCELLING: async (facts) => then(await aConfirmed(database, facts), 'cancel'),
  CANCELLED: async (facts) => then(await aPending(database, facts), 'cancel'),
  REFUND_DUE: async (facts) => {
    const expired = await then(await aPending(database, facts), 'deadline passed')
    await resell(database, expired)
    return then(expired, 'payment.succeeded')
  },
  CHARGEBACK: async (facts) => then(await aConfirmed(database, facts), 'payment.disputed'),
  REFUNDED: async (facts) => then(await ARRIVE.REFUND_DUE(facts), 'refund.succeeded'),
}

async function then(booking: Told, event: SagaEvent): Promise<Told> {
  await happen(database, await prepare(database, booking, event))
  return booking
}

const rows: readonly Transition[] = BOOKING_SAGA
const EVENTS = [...new Set(rows.map(({ on }) => on))]
const STATES = Object.keys(ARRIVE) as BookingStatus[]
const KINDS: Record<string, HoldFacts> = { seats: { seatNos: [3, 4] }, 'general admission': { units: 2 } }

/** Which row applies in this walk, where everything costs something and each event comes to a booking that arrived alone. */
function conditionOf(status: BookingStatus, event: SagaEvent): Condition | undefined {
  if (event === 'checkout') return 'paid'
  if (event === 'cancel') return status === 'CONFIRMED' ? 'paid' : undefined
  if (event === 'refund.succeeded') return 'all given back'
  if (event === 'refund.rejected') return 'it stays'
  if (event === 'payment.dispute_closed') return status === 'CHARGEBACK' ? 'won, seats free' : 'nothing to do'
  if (event !== 'payment.succeeded') return undefined
  if (status === 'PENDING') return 'in time'
  if (status === 'CANCELLED') return 'too late'
  return status === 'EXPIRED' ? 'late, seats free' : 'surplus'
}

const movesFrom = (status: BookingStatus, event: SagaEvent) =>
  rows.some((row) => row.on === event && row.from.includes(status) && row.to !== 'same')

describe.each(Object.entries(KINDS))('with %s', (_name, facts) => {
  for (const status of STATES) {
    for (const event of EVENTS) {
      const row = transitionFrom(status, event, conditionOf(status, event))
      const outcome = row && row.to !== 'same' ? `becomes ${row.to}` : 'stays as it is'

      test(`${status} ${outcome} on ${event}, once, twice and after a crash`, async () => {
        const booking = await ARRIVE[status](facts)
        expect(await statusOf(database, booking.id)).toBe(status)
        const before = await told(database, booking.id)
        const happening = await prepare(database, booking, event)
        await crash(database, happening)
        expect([await statusOf(database, booking.id), await told(database, booking.id)]).toEqual([status, before])
        await happen(database, happening)

        const expected = row && row.to !== 'same' ? row.to : status
        expect(await statusOf(database, booking.id)).toBe(expected)
        expect((await told(database, booking.id)).slice(before.length)).toEqual(row?.emits ?? [])
        expect(await brokenInvariants(database)).toEqual([])

        await happen(database, happening)
        expect(await statusOf(database, booking.id)).toBe(expected)
        expect((await told(database, booking.id)).slice(before.length)).toEqual(row?.emits ?? [])
        expect(await brokenInvariants(database)).toEqual([])
      })
    }
  }

  // What moves nothing has been seen to move nothing above, so the first of the two is one that moves.
  test.each(EVENTS.filter((event) => movesFrom('PENDING', event)))(
    'whatever comes after %s, and %s once more after that, money and places agree',
    async (first) => {
      for (const second of EVENTS) {
        const booking = await aPending(database, facts)
        const [one, other] = [await prepare(database, booking, first), await prepare(database, booking, second)]
        for (const happening of [one, other, one]) await happen(database, happening)
        expect([second, await brokenInvariants(database)]).toEqual([second, []])
      }
    },
  )

  test('too late: paid after the deadline, and somebody else was quicker', async () => {
    const booking = await aPending(database, facts)
    await passDeadline(database, booking.id)
    await expire(database)
    await resell(database, booking)
    await deliver(database, PaymentSucceeded, aPayment(booking))
    expect(await statusOf(database, booking.id)).toBe('REFUND_DUE')
    expect((await told(database, booking.id)).at(-1)).toBe('booking.refund_requested')
    expect(await brokenInvariants(database)).toEqual([])
  })

  test('free: confirmed at once, and cancelled without a refund', async () => {
    const free = { ...facts, seatPrice: 0, unitPrice: 0 }
    const held = await aHeld(database, free)
    await happen(database, await prepare(database, held, 'checkout'))
    expect(await statusOf(database, held.id)).toBe('CONFIRMED')
    accepted(await cancel(database, held.id, aUser({ userId: held.userId })))
    expect(await statusOf(database, held.id)).toBe('CANCELLED')
    expect(await told(database, held.id)).toEqual(['booking.confirmed', 'booking.cancelled'])
    expect(await brokenInvariants(database)).toEqual([])
  })

  test('it was cancelled: goodwill that is turned down is owed with the rest', async () => {
    const booking = await aConfirmed(database, facts)
    await happen(database, await prepare(database, booking, 'refund of goodwill'))
    accepted(await cancel(database, booking.id, aUser({ userId: booking.userId })))
    const rejected = await prepare(database, booking, 'refund.rejected')
    await happen(database, rejected)
    await happen(database, rejected)
    expect(await statusOf(database, booking.id)).toBe('CANCELLING')
    const { rows: refunds } = await database.pool.query(
      'select kind, status, amount::integer from booking_refunds where booking_id = $1 order by requested_at, kind desc',
      [booking.id],
    )
    expect(refunds).toEqual([
      { kind: 'GOODWILL', status: 'REJECTED', amount: 100 },
      { kind: 'WHOLE', status: 'REQUESTED', amount: booking.total - 100 },
      { kind: 'REST', status: 'REQUESTED', amount: 100 },
    ])
    expect(await brokenInvariants(database)).toEqual([])
  })

  test('not all given back: a booking that was paid twice is cancelled when both payments are back', async () => {
    const booking = await aConfirmed(database, facts)
    await deliver(database, PaymentSucceeded, aPayment(booking))
    accepted(await cancel(database, booking.id, aUser({ userId: booking.userId })))
    const { rows: refunds } = await database.pool.query<{ refund_id: string; payment_id: string }>(
      'select refund_id, payment_id from booking_refunds where booking_id = $1 order by requested_at',
      [booking.id],
    )
    const statuses: BookingStatus[] = []
    for (const { refund_id: refundId, payment_id: paymentId } of refunds) {
      await deliver(database, RefundSucceeded, { ...aPayment(booking), refundId, paymentId })
      statuses.push(await statusOf(database, booking.id))
    }
    expect(statuses).toEqual(['CANCELLING', 'CANCELLED'])
    expect(await brokenInvariants(database)).toEqual([])
  })
})

test('every row of the saga is walked above', () => {
  const walked = STATES.flatMap((status) =>
    EVENTS.map((event) => transitionFrom(status, event, conditionOf(status, event))),
  )
  const told = [
    transitionFrom('HELD', 'checkout', 'free'),
    transitionFrom('CONFIRMED', 'cancel', 'free'),
    transitionFrom('CANCELLING', 'refund.succeeded', 'not all given back'),
    transitionFrom('CANCELLING', 'refund.rejected', 'it was cancelled'),
    // In chargeback.db.test.ts
    transitionFrom('CHARGEBACK', 'payment.dispute_closed', 'money is left'),
    transitionFrom('CHARGEBACK', 'refund.rejected', 'owed again'),
  ]
  expect(rows.filter((row) => ![...walked, ...told].includes(row))).toEqual([])
})
