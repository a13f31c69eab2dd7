import { newId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { aUser, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import type { Database } from '@tikitu/runtime/database'
import { PaymentFailed, PaymentSucceeded, RefundFailed, RefundSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, expect, test } from 'vitest'
import { aHold } from '../../test/sales.ts'
import {
  aConfirmed,
  aPayment,
  aPending,
  brokenInvariants,
  cancel,
  checkOut,
  deliver,
  endEvent,
  expire,
  passDeadline,
  resell,
  statusOf,
  told,
  warm,
  type Told,
} from '../../test/story.ts'
import { refundIdOf } from './refund-id.ts'
import { settlePayment } from './settlement.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

const dataOf = async (bookingId: string, type: string) => {
  const { rows } = await database.pool.query('select data from outbox where key = $1 and type = $2 order by sequence', [
    bookingId,
    type,
  ])
  return rows.map(({ data }) => data)
}

const pay = (booking: Told, facts?: { amount?: number; currency?: string }) => {
  const payment = aPayment(booking, facts)
  return deliver(database, PaymentSucceeded, payment).then(() => payment)
}

const available = async (booking: Told) => {
  const { rows } = await database.pool.query('select available from admission_stock where event_id = $1', [
    booking.sale.eventId,
  ])
  return rows[0].available
}

const isLate = async (booking: Told) => {
  const { rows } = await database.pool.query('select late from bookings where id = $1', [booking.id])
  return rows[0].late
}

test('money for a booking that was lost with its database goes back', async () => {
  const nothing = { id: newId(), userId: newId(), total: 100 }
  const payment = aPayment(nothing)
  await deliver(database, PaymentSucceeded, payment)
  const { rows } = await database.pool.query(
    `select data from outbox where type = 'booking.refund_requested' and key = $1`,
    [nothing.id],
  )
  const { paymentId, amount, currency } = payment
  expect(rows).toMatchObject([{ data: { bookingId: nothing.id, paymentId, amount, currency } }])
})

test('money that is not the price goes back, and the booking goes on waiting', async () => {
  const pending = await aPending(database)
  for (const wrong of [{ amount: 4_999 }, { amount: 5_001 }, { currency: 'JPY' }]) {
    const payment = await pay(pending, wrong)
    expect((await dataOf(pending.id, 'booking.refund_requested')).at(-1)).toMatchObject({
      refundId: refundIdOf(pending.id, payment.paymentId),
      paymentId: payment.paymentId,
      amount: payment.amount,
      currency: payment.currency,
    })
  }
  expect(await statusOf(database, pending.id)).toBe('PENDING')
  await pay(pending)
  expect(await statusOf(database, pending.id)).toBe('CONFIRMED')
  expect(await brokenInvariants(database)).toEqual([])
})

test('a failed attempt leaves the booking waiting', async () => {
  const pending = await aPending(database)
  await deliver(database, PaymentFailed, { ...aPayment(pending), code: 'card_declined' })
  expect(await statusOf(database, pending.id)).toBe('PENDING')
  await pay(pending)
  expect(await statusOf(database, pending.id)).toBe('CONFIRMED')
})

test('a confirmed booking tells what mails and statements need', async () => {
  const confirmed = await aConfirmed(database, { seatNos: [2, 7] })
  const [fact] = await dataOf(confirmed.id, 'booking.confirmed')
  expect(fact).toMatchObject({
    bookingId: confirmed.id,
    total: { amount: 5_000, currency: 'GBP' },
    late: false,
    event: { title: 'Tosca', timezone: 'Europe/London', venueName: 'The Round House', city: 'London' },
    tickets: [
      { ticketType: 'Stalls', seat: 'Stalls, row 1, seat 3' },
      { ticketType: 'Stalls', seat: 'Stalls, row 1, seat 8' },
    ],
  })
  const standing = await aConfirmed(database, { units: 1 })
  expect((await dataOf(standing.id, 'booking.confirmed'))[0].tickets).toMatchObject([
    { ticketType: 'Standing', seat: null },
  ])
})

test('paid twice: tickets once, and the second payment goes back', async () => {
  const confirmed = await aConfirmed(database)
  const second = await pay(confirmed)
  expect(await dataOf(confirmed.id, 'booking.refund_requested')).toMatchObject([
    { paymentId: second.paymentId, amount: 5_000 },
  ])
  expect(await statusOf(database, confirmed.id)).toBe('CONFIRMED')
  expect(await brokenInvariants(database)).toEqual([])
})

test.each([
  ['seats', { seatNos: [4, 5] }],
  ['units', { units: 4 }],
])('%s: paid too late and still free: confirmed, and marked late', async (_kind, facts) => {
  const pending = await aPending(database, facts)
  await passDeadline(database, pending.id)
  await expire(database)
  expect(await statusOf(database, pending.id)).toBe('EXPIRED')
  await pay(pending)
  expect([await statusOf(database, pending.id), await isLate(pending)]).toEqual(['CONFIRMED', true])
  expect((await dataOf(pending.id, 'booking.confirmed'))[0].late).toBe(true)
  expect(await brokenInvariants(database)).toEqual([])
})

test.each([
  ['seats', { seatNos: [4, 5] }],
  ['units', { units: 4 }],
])('%s: paid too late, before anybody noticed: confirmed late, and taken once', async (_kind, facts) => {
  const pending = await aPending(database, facts)
  await passDeadline(database, pending.id)
  await pay(pending)
  await expire(database)
  expect([await statusOf(database, pending.id), await isLate(pending)]).toEqual(['CONFIRMED', true])
  expect(await available(pending)).toBe('units' in facts ? 6 : 10)
  expect(await brokenInvariants(database)).toEqual([])
})

test.each([
  ['seats', { seatNos: [4, 5] }],
  ['units', { units: 4 }],
])(
  '%s: paid too late and sold to somebody else: the money goes back, and then the booking is refunded',
  async (_kind, facts) => {
    const pending = await aPending(database, facts)
    await passDeadline(database, pending.id)
    await expire(database)
    await resell(database, pending)
    const payment = await pay(pending)
    expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
    const refundId = refundIdOf(pending.id, payment.paymentId)
    await deliver(database, RefundFailed, { ...payment, refundId, code: 'expired_card' })
    expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
    const { rows } = await database.pool.query('select status from booking_refunds where refund_id = $1', [refundId])
    expect(rows).toEqual([{ status: 'FAILED' }])
    await deliver(database, RefundSucceeded, { ...payment, refundId })
    expect(await statusOf(database, pending.id)).toBe('REFUNDED')
    expect(await brokenInvariants(database)).toEqual([])
  },
)

test('seats that somebody took before the deadline was noticed are not sold twice', async () => {
  const pending = await aPending(database, { seatNos: [4, 5] })
  await passDeadline(database, pending.id)
  const rival = await aHold(database, pending.sale, { seatNos: [5] })
  await pay(pending)
  expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
  expect((await checkOut(database, rival)).ok).toBe(true)
  expect(await brokenInvariants(database)).toEqual([])
})

test('money for an event that was called off goes back, and its places are free', async () => {
  for (const facts of [{ seatNos: [4, 5] }, { units: 4 }]) {
    const pending = await aPending(database, facts)
    await database.pool.query(`update events set status = 'CANCELLED' where id = $1`, [pending.sale.eventId])
    await pay(pending)
    expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
    expect(await available(pending)).toBe(10)
  }
  expect(await brokenInvariants(database)).toEqual([])
})

test('money that comes after the event goes back', async () => {
  const pending = await aPending(database)
  await endEvent(database, pending.sale.eventId)
  await pay(pending)
  expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
  expect(await brokenInvariants(database)).toEqual([])
})

test('the end of the deadline and the payment at once: tickets, whoever was first', async () => {
  await warm(database)
  for (const facts of [{ seatNos: [0, 1] }, { units: 2 }]) {
    for (let round = 0; round < 10; round++) {
      const pending = await aPending(database, facts)
      await passDeadline(database, pending.id)
      await Promise.all([expire(database), pay(pending), expire(database)])
      expect(await statusOf(database, pending.id)).toBe('CONFIRMED')
    }
  }
  expect(await brokenInvariants(database)).toEqual([])
})

test('cancelled and paid at once: money and tickets agree, whoever was first', async () => {
  await warm(database)
  for (const facts of [{ seatNos: [0, 1] }, { units: 2 }]) {
    for (let round = 0; round < 10; round++) {
      const pending = await aPending(database, facts)
      await Promise.all([pay(pending), cancel(database, pending.id, aUser({ userId: pending.userId }))])
      // Cancelled after it was paid, or paid after it was cancelled: either way the buyer has said no.
      expect(['CANCELLING', 'REFUND_DUE']).toContain(await statusOf(database, pending.id))
    }
  }
  expect(await brokenInvariants(database)).toEqual([])
})

test.each([
  ['seats', { seatNos: [4, 5] }],
  ['units', { units: 2 }],
])('%s: paid after it was cancelled: the money goes back, although the places are free', async (_kind, facts) => {
  const pending = await aPending(database, facts)
  accepted(await cancel(database, pending.id, aUser({ userId: pending.userId })))
  const payment = await pay(pending)
  expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
  expect((await dataOf(pending.id, 'booking.refund_requested')).map(({ paymentId }) => paymentId)).toEqual([
    payment.paymentId,
  ])
  expect(await available(pending)).toBe(10)
  await deliver(database, RefundSucceeded, { ...payment, refundId: refundIdOf(pending.id, payment.paymentId) })
  expect(await statusOf(database, pending.id)).toBe('REFUNDED')
  expect(await brokenInvariants(database)).toEqual([])
})

const LIMITED = [
  ['seats', { seatNos: [0, 1, 2] }, { seatNos: [3, 4, 5] }],
  ['units', { units: 3 }, { units: 3 }],
] as const

test.each(LIMITED)(
  '%s: paid too late by who holds as many tickets as the event allows: the money goes back',
  async (_kind, first, second) => {
    const pending = await aPending(database, { ...first, maxTicketsPerBuyer: 3 })
    await passDeadline(database, pending.id)
    await expire(database)
    await aHold(database, pending.sale, { ...second, userId: pending.userId })
    await pay(pending)
    expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
    expect(await brokenInvariants(database)).toEqual([])
  },
)

test.each(LIMITED)(
  '%s: paid too late, before anybody noticed, by who holds as many tickets as the event allows',
  async (_kind, first, second) => {
    const pending = await aPending(database, { ...first, maxTicketsPerBuyer: 3, capacity: 6 })
    await passDeadline(database, pending.id)
    await aHold(database, pending.sale, { ...second, userId: pending.userId })
    await pay(pending)
    expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
    expect(await brokenInvariants(database)).toEqual([])
  },
)

test.each(LIMITED)('%s: the deadline passes while the payment is handled: the limit holds', async (_kind, ...both) => {
  const [first, second] = both
  const pending = await aPending(database, { ...first, maxTicketsPerBuyer: 3 })
  await transact(database, async (tx, at) => {
    // The column has milliseconds, and rounding up would put the deadline off.
    const passed = `update bookings set expires_at = date_trunc('milliseconds', clock_timestamp()) where id = $1`
    await database.pool.query(passed, [pending.id])
    await aHold(database, pending.sale, { ...second, userId: pending.userId })
    await settlePayment(tx, aPayment(pending), at)
    return accept()
  })
  expect(await statusOf(database, pending.id)).toBe('REFUND_DUE')
  expect(await brokenInvariants(database)).toEqual([])
})

test('a late payment and a new hold of the same buyer at once: never more tickets than the event allows', async () => {
  await warm(database)
  for (const [, first, second] of LIMITED) {
    for (let round = 0; round < 10; round++) {
      const pending = await aPending(database, { ...first, maxTicketsPerBuyer: 3 })
      await passDeadline(database, pending.id)
      await expire(database)
      const again = { ...second, userId: pending.userId }
      await Promise.allSettled([aHold(database, pending.sale, again), pay(pending)])
      expect(['CONFIRMED', 'REFUND_DUE']).toContain(await statusOf(database, pending.id))
    }
  }
  expect(await brokenInvariants(database)).toEqual([])
})

test('five late payments at once for the units of two: two get tickets, and three their money back', async () => {
  const first = await aPending(database, { units: 2 })
  const rest = await Promise.all(Array.from({ length: 4 }, () => aHold(database, first.sale, { units: 2 })))
  for (const hold of rest) await checkOut(database, hold)
  const all = [first, ...rest.map((hold) => ({ ...hold, sale: first.sale }))]
  for (const { id } of all) await passDeadline(database, id)
  await expire(database)
  const rival = await aHold(database, first.sale, { units: 6 })
  await checkOut(database, rival)
  await warm(database)
  await Promise.all(all.map((booking) => pay(booking)))
  const statuses = await Promise.all(all.map(({ id }) => statusOf(database, id)))
  expect(statuses.toSorted()).toEqual(['CONFIRMED', 'CONFIRMED', 'REFUND_DUE', 'REFUND_DUE', 'REFUND_DUE'])
  expect(await available(first)).toBe(0)
  expect(await brokenInvariants(database)).toEqual([])
})

test('nothing is told about refunds that booking did not ask for', async () => {
  const confirmed = await aConfirmed(database)
  const before = await told(database, confirmed.id)
  await deliver(database, RefundSucceeded, { ...aPayment(confirmed), refundId: newId() })
  expect([await statusOf(database, confirmed.id), await told(database, confirmed.id)]).toEqual(['CONFIRMED', before])
})
