import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { anAdmin, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import type { Database } from '@tikitu/runtime/database'
import {
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentSucceeded,
  RefundRejected,
  RefundSucceeded,
} from '@tikitu/schema/events/payment'
import { beforeAll, describe, expect, test } from 'vitest'
import { aHold, hours } from '../../test/sales.ts'
import {
  aConfirmed,
  aPayment,
  aPending,
  brokenInvariants,
  checkOut,
  deliver,
  endEvent,
  goodPaymentOf,
  happen,
  liveTicketsOf,
  prepare,
  resell,
  statusOf,
  told,
  type Told,
} from '../../test/story.ts'
import { refundBooking } from './refunding.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

const open = async (booking: Told, disputeId: string, amount = booking.total) =>
  deliver(database, PaymentDisputed, {
    ...aPayment(booking, { amount }),
    paymentId: await goodPaymentOf(database, booking.id),
    disputeId,
    reason: 'fraudulent',
    dueBy: null,
  })

const close = async (booking: Told, disputeId: string, lost = 0, amount = booking.total) =>
  deliver(database, PaymentDisputeClosed, {
    ...aPayment(booking, { amount }),
    paymentId: await goodPaymentOf(database, booking.id),
    disputeId,
    outcome: lost > 0 ? 'LOST' : 'WON',
    lost,
  })

const refund = (booking: Told, part: { ticketIds?: string[]; amount?: number }) =>
  transact(database, (tx, at) =>
    refundBooking(tx, {
      ...part,
      bookingId: booking.id,
      reason: 'test',
      idempotencyKey: newId(),
      identity: anAdmin('FINANCE'),
      at,
    }),
  )

/** What was asked to be given back, oldest first. */
async function asked({ id }: Told) {
  const { rows } = await database.pool.query<{ refund_id: string; kind: string; amount: number }>(
    'select refund_id, kind, amount::integer from booking_refunds where booking_id = $1 order by requested_at, kind',
    [id],
  )
  return rows
}

async function ticketsOf({ id }: Told) {
  const { rows } = await database.pool.query<{ id: string; status: string; code_version: number; user_id: string }>(
    'select id, status, code_version, user_id from tickets where booking_id = $1 order by no',
    [id],
  )
  return rows
}

async function isSound() {
  expect(await brokenInvariants(database)).toEqual([])
}

const KINDS = { seats: { seatNos: [3, 4] }, 'general admission': { units: 10 } }

describe.each(Object.entries(KINDS))('a dispute about %s', (_name, facts) => {
  test('that is won gives the same tickets back under other codes, once', async () => {
    const booking = await aConfirmed(database, facts)
    const before = await ticketsOf(booking)
    const dispute = newId()
    await open(booking, dispute)
    await close(booking, dispute)
    await close(booking, dispute)
    await open(booking, dispute)
    expect(await statusOf(database, booking.id)).toBe('CONFIRMED')
    expect(await ticketsOf(booking)).toEqual(before.map((ticket) => ({ ...ticket, code_version: 2 })))
    expect(await told(database, booking.id)).toEqual([
      'booking.payment_requested',
      'booking.confirmed',
      'booking.cancelled',
      'booking.confirmed',
    ])
    expect(await asked(booking)).toEqual([])
    await isSound()
  })

  test('that is won when somebody else has the places gives all the money back', async () => {
    const booking = await aConfirmed(database, facts)
    const dispute = newId()
    await open(booking, dispute)
    await resell(database, booking)
    await close(booking, dispute)
    await close(booking, dispute)
    expect(await statusOf(database, booking.id)).toBe('REFUND_DUE')
    const [owed, ...others] = await asked(booking)
    expect([owed, others]).toMatchObject([{ amount: booking.total }, []])
    await deliver(database, RefundSucceeded, { ...aPayment(booking), refundId: owed?.refund_id ?? '' })
    expect(await statusOf(database, booking.id)).toBe('REFUNDED')
    await isSound()
  })

  test('that is lost leaves the buyer their bank’s money and nothing else', async () => {
    const booking = await aConfirmed(database, facts)
    const dispute = newId()
    await open(booking, dispute)
    await close(booking, dispute, booking.total)
    expect(await statusOf(database, booking.id)).toBe('CHARGEBACK')
    expect(await asked(booking)).toEqual([])
    await isSound()
  })

  test('that takes some tickets after others went back concerns only those that were left', async () => {
    const booking = await aConfirmed(database, facts)
    const [first = ''] = await liveTicketsOf(database, booking.id)
    accepted(await refund(booking, { ticketIds: [first] }))
    const worth = (await asked(booking))[0]?.amount ?? 0
    const [one, other] = [newId(), newId()]
    await open(booking, one, booking.total - worth)
    await close(booking, one)
    expect((await ticketsOf(booking)).map(({ status }) => status).filter((status) => status !== 'ACTIVE')).toEqual([
      'CANCELLED',
    ])
    await isSound()
    await open(booking, other, booking.total - worth)
    await resell(database, booking)
    await close(booking, other)
    expect((await asked(booking)).map(({ amount }) => amount)).toEqual([worth, booking.total - worth])
    await isSound()
  })
})

test.each([
  ['called off', `update events set status = 'CANCELLED' where id = $1`],
  ['not on sale any more', `update events set sales_close_at = now() where id = $1`],
])('a dispute that is won when the event is %s gives the money back', async (_, change) => {
  const booking = await aConfirmed(database)
  const dispute = newId()
  await open(booking, dispute)
  await database.pool.query(change, [booking.sale.eventId])
  await close(booking, dispute)
  expect(await statusOf(database, booking.id)).toBe('REFUND_DUE')
  expect(await asked(booking)).toMatchObject([{ amount: booking.total }])
})

test('a dispute that is won gives nobody more tickets than the event allows', async () => {
  const booking = await aConfirmed(database, { seatNos: [3, 4], maxTicketsPerBuyer: 3 })
  const dispute = newId()
  await open(booking, dispute)
  const more = await aHold(database, booking.sale, { seatNos: [6, 7], userId: booking.userId })
  accepted(await checkOut(database, more))
  await deliver(database, PaymentSucceeded, aPayment(more))
  await close(booking, dispute)
  expect(await statusOf(database, booking.id)).toBe('REFUND_DUE')
  await isSound()
})

test('a booking whose event is over keeps its state, whoever wins', async () => {
  for (const lost of [0, 1]) {
    const booking = await aConfirmed(database)
    await happen(database, await prepare(database, booking, 'event over'))
    const dispute = newId()
    await open(booking, dispute)
    await close(booking, dispute, lost * booking.total)
    expect(await statusOf(database, booking.id)).toBe('COMPLETED')
    expect(await asked(booking)).toEqual([])
  }
})

test('what was won when the event was over goes back, for there were no tickets', async () => {
  const booking = await aConfirmed(database)
  const dispute = newId()
  await open(booking, dispute)
  await endEvent(database, booking.sale.eventId)
  await close(booking, dispute)
  expect(await statusOf(database, booking.id)).toBe('REFUND_DUE')
})

test('the end of a dispute that comes before its beginning: won changes nothing, lost takes the tickets', async () => {
  for (const [lost, status] of [
    [0, 'CONFIRMED'],
    [1, 'CHARGEBACK'],
  ] as const) {
    const booking = await aConfirmed(database)
    const dispute = newId()
    await close(booking, dispute, lost * booking.total)
    expect(await statusOf(database, booking.id)).toBe(status)
    await open(booking, dispute)
    expect(await statusOf(database, booking.id)).toBe(status)
    await isSound()
  }
})

test.each(['WON', 'LOST'] as const)('a dispute that is heard of, and %s, before its payment', async (outcome) => {
  const booking = await aPending(database)
  const payment = aPayment(booking)
  const dispute = { ...payment, disputeId: newId() }
  await deliver(database, PaymentDisputed, { ...dispute, reason: 'fraudulent', dueBy: null })
  await deliver(database, PaymentDisputeClosed, { ...dispute, outcome, lost: outcome === 'WON' ? 0 : booking.total })
  expect(await statusOf(database, booking.id)).toBe('PENDING')
  await deliver(database, PaymentSucceeded, payment)
  expect(await statusOf(database, booking.id)).toBe(outcome === 'WON' ? 'CONFIRMED' : 'CHARGEBACK')
  expect(await asked(booking)).toEqual([])
  await isSound()
})

test('what a bank does not keep of a part goes back: nobody pays for tickets that were taken', async () => {
  const booking = await aConfirmed(database)
  const dispute = newId()
  await open(booking, dispute, 1_000)
  await close(booking, dispute, 1_000, 1_000)
  expect(await statusOf(database, booking.id)).toBe('REFUND_DUE')
  expect(await asked(booking)).toMatchObject([{ amount: booking.total - 1_000 }])
  await isSound()
})

test('while one of two disputes is open nothing is decided, and when one was lost the rest goes back', async () => {
  const booking = await aConfirmed(database)
  const [one, other] = [newId(), newId()]
  await open(booking, one, 1_000)
  await open(booking, other, 2_000)
  await close(booking, one, 0, 1_000)
  expect(await statusOf(database, booking.id)).toBe('CHARGEBACK')
  await isSound()
  await close(booking, other, 2_000, 2_000)
  expect(await statusOf(database, booking.id)).toBe('REFUND_DUE')
  expect(await asked(booking)).toMatchObject([{ amount: booking.total - 2_000 }])
  await isSound()
})

test('a dispute of a payment that did not buy the tickets leaves them alone', async () => {
  const booking = await aConfirmed(database)
  const surplus = aPayment(booking)
  await deliver(database, PaymentSucceeded, surplus)
  const disputed = { ...surplus, disputeId: newId() }
  await deliver(database, PaymentDisputed, { ...disputed, reason: 'fraudulent', dueBy: null })
  await deliver(database, PaymentDisputeClosed, { ...disputed, outcome: 'WON', lost: 0 })
  expect(await statusOf(database, booking.id)).toBe('CONFIRMED')
  await isSound()
})

test('goodwill that is turned down after a dispute was won without tickets is owed as the rest is', async () => {
  const booking = await aConfirmed(database)
  accepted(await refund(booking, { amount: 700 }))
  const [goodwill] = await asked(booking)
  const dispute = newId()
  await open(booking, dispute)
  await database.pool.query('update events set sales_close_at = $2 where id = $1', [booking.sale.eventId, hours(-1)])
  await close(booking, dispute)
  const rejected = { ...aPayment(booking, { amount: 700 }), refundId: goodwill?.refund_id ?? '' }
  await deliver(database, RefundRejected, rejected)
  await deliver(database, RefundRejected, rejected)
  expect((await asked(booking)).map(({ kind, amount }) => [kind, amount])).toEqual([
    ['GOODWILL', 700],
    ['WHOLE', booking.total - 700],
    ['REST', 700],
  ])
  expect(await statusOf(database, booking.id)).toBe('REFUND_DUE')
  await isSound()
})

test('an offer that was open when the tickets were taken is withdrawn when they are given back', async () => {
  const booking = await aConfirmed(database)
  const [ticketId = ''] = await liveTicketsOf(database, booking.id)
  await database.pool.query(
    `insert into ticket_transfers (id, ticket_id, from_user_id, token_hash, status, created_at, expires_at)
     values ($1, $2, $3, $4, 'OFFERED', now(), now() + interval '1 day')`,
    [newId(), ticketId, booking.userId, newId()],
  )
  const dispute = newId()
  await open(booking, dispute)
  await close(booking, dispute)
  const { rows } = await database.pool.query('select status from ticket_transfers where ticket_id = $1', [ticketId])
  expect(rows).toEqual([{ status: 'WITHDRAWN' }])
})
