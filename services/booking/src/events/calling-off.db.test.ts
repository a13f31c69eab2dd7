import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Database } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { createLog } from '@tikitu/runtime/log'
import { accepted } from '@tikitu/runtime/outcome'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aUser,
  testDatabase,
  waitFor,
  type TestDatabase,
} from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { PaymentSucceeded, RefundSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, expect, test } from 'vitest'
import { aHold, aSale, type HoldFacts, type Sale } from '../../test/sales.ts'
import {
  aPayment,
  brokenInvariants,
  cancel,
  checkOut,
  deliver,
  endEvent,
  statusOf,
  TERMS,
  told,
  warm,
} from '../../test/story.ts'
import { checkout } from '../bookings/checkout.ts'
import { cancellationProgress } from '../follow-ups/follow-up.sql.ts'
import { takeTurn } from '../follow-ups/follow-ups.ts'
import { cancelEvent, completeEvent } from './ending.ts'

let made: TestDatabase
let database: Database
beforeAll(async () => {
  made = await testDatabase('booking')
  database = made.database
})

const log = createLog('booking', 'fatal')
const owner = ({ partnerId }: Sale) => aPartnerUser(partnerId)
const callOff = ({ eventId }: Sale, identity: Identity, facts: { reason?: string; idempotencyKey?: string } = {}) =>
  transact(database, (tx, at) =>
    cancelEvent(tx, { eventId, identity, reason: 'The singer is ill.', idempotencyKey: newId(), ...facts, at }),
  )

async function pending(sale: Sale, facts: HoldFacts = {}) {
  const hold = await aHold(database, sale, facts)
  accepted(await checkOut(database, hold))
  return hold
}

async function confirmed(sale: Sale, facts: HoldFacts = {}) {
  const booking = await pending(sale, facts)
  await deliver(database, PaymentSucceeded, aPayment(booking))
  return booking
}

/** Whatever is due, without the pauses in between. */
async function followUp(bookings = 2): Promise<number> {
  for (let turns = 0; ; turns++) {
    await database.pool.query('update event_follow_ups set next_at = now() where finished_at is null')
    if (!(await takeTurn({ database, log, bookings }))) return turns
  }
}

test('only those who may publish an event, and our support, call it off', async () => {
  const sale = await aSale(database)
  const outsiders = [
    aUser(),
    aPartnerUser(newId()),
    aPartnerUser(sale.partnerId, 'SCANNER'),
    aMachine(sale.partnerId, ['tikitu/events.read']),
    anAdmin('FINANCE'),
  ]
  for (const outsider of outsiders) {
    expect(await callOff(sale, outsider)).toMatchObject({ refusal: 'EventNotFound', facts: { eventId: sale.eventId } })
  }
  expect(await callOff({ ...sale, eventId: "' or true --" }, owner(sale))).toMatchObject({ refusal: 'EventNotFound' })
  for (const insider of [aMachine(sale.partnerId, ['tikitu/events.write']), anAdmin('SUPPORT')]) {
    const other = await aSale(database)
    const identity = insider.kind === 'machine' ? aMachine(other.partnerId, ['tikitu/events.write']) : insider
    expect(accepted(await callOff(other, identity))).toMatchObject({ status: 'CANCELLED' })
  }
})

test('a draft, and what has happened, cannot be called off', async () => {
  for (const status of ['DRAFT', 'COMPLETED']) {
    const sale = await aSale(database)
    await database.pool.query('update events set status = $2 where id = $1', [sale.eventId, status])
    expect(await callOff(sale, owner(sale))).toMatchObject({ refusal: 'EventNotCancellable', facts: { status } })
  }
})

test('from the commit on nothing is sold: not a seat, not a hold that began before, not with money that was on its way', async () => {
  const sale = await aSale(database)
  const [held, waiting] = [await aHold(database, sale), await pending(sale, { seatNos: [2, 3] })]
  accepted(await callOff(sale, owner(sale)))
  await expect(aHold(database, sale, { seatNos: [4] })).rejects.toThrow('SalesClosed')
  expect(await checkOut(database, held)).toMatchObject({ refusal: 'SalesClosed' })
  await deliver(database, PaymentSucceeded, aPayment(waiting))
  expect(await statusOf(database, waiting.id)).toBe('REFUND_DUE')
  await followUp()
  expect(await statusOf(database, held.id)).toBe('RELEASED')
  expect(await brokenInvariants(database)).toEqual([])
})

test('every booking ends once and is paid back once, whoever else ends it at the same moment', async () => {
  const sale = await aSale(database, { capacity: 40 })
  const paid = []
  for (const units of [1, 2, 3]) paid.push(await confirmed(sale, { units }))
  for (const seatNo of [0, 2, 4]) paid.push(await confirmed(sale, { seatNos: [seatNo, seatNo + 1] }))
  const [hold, unpaid] = [await aHold(database, sale, { units: 4 }), await pending(sale, { seatNos: [8, 9] })]
  const [first] = paid
  if (!first) throw new Error('there is a first')
  accepted(await callOff(sale, owner(sale)))
  expect(await cancellationProgress(database.orm, sale.eventId)).toMatchObject({ bookings: 7, bookingsEnded: 0 })

  await warm(database)
  await Promise.all([followUp(), followUp(), cancel(database, first.id, aUser({ userId: first.userId }))])
  await followUp()
  expect(await Promise.all(paid.map(({ id }) => statusOf(database, id)))).toEqual(paid.map(() => 'CANCELLING'))
  expect(await statusOf(database, unpaid.id)).toBe('CANCELLED')
  expect(await statusOf(database, hold.id)).toBe('RELEASED')
  for (const { id } of paid) {
    expect((await told(database, id)).slice(2)).toEqual(['booking.cancelled', 'booking.refund_requested'])
  }
  const { rows } = await database.pool.query(
    `select count(*)::integer as refunds, sum(r.amount)::integer as amount
       from booking_refunds r join bookings b on b.id = r.booking_id where b.event_id = $1`,
    [sale.eventId],
  )
  const total = paid.reduce((sum, booking) => sum + booking.total, 0)
  expect(rows).toEqual([{ refunds: paid.length, amount: total }])
  expect(await brokenInvariants(database)).toEqual([])

  const { rows: refunds } = await database.pool.query(
    'select refund_id, payment_id, booking_id, amount from booking_refunds where booking_id = $1',
    [first.id],
  )
  const { refund_id: refundId, payment_id: paymentId, amount } = refunds[0]
  const facts = { userId: first.userId, currency: 'GBP', at: new Date().toISOString() }
  await deliver(database, RefundSucceeded, {
    refundId,
    paymentId,
    bookingId: first.id,
    amount: Number(amount),
    ...facts,
  })
  const progress = await cancellationProgress(database.orm, sale.eventId)
  expect(progress).toMatchObject({
    bookings: 7,
    bookingsEnded: 7,
    refunds: 6,
    refundsSucceeded: 1,
    refundAmount: total,
  })
  expect(progress?.finishedAt).toBeInstanceOf(Date)
})

test('called off again, under the same key or another, it is called off once', async () => {
  const sale = await aSale(database)
  const idempotencyKey = newId()
  accepted(await callOff(sale, owner(sale), { idempotencyKey }))
  const identity = { ...owner(sale), subject: newId() }
  accepted(await callOff(sale, identity))
  expect(await told(database, sale.eventId)).toEqual(['event.cancelled'])
  const { rows } = await database.pool.query(`select data from outbox where type = 'audit.recorded' and key = $1`, [
    `Event:${sale.eventId}`,
  ])
  expect(rows).toMatchObject([{ data: { action: 'cancelEvent', after: { status: 'CANCELLED', bookings: 0 } } }])
})

test('the same key for another reason is refused, and for the same one it gives the first answer', async () => {
  const sale = await aSale(database)
  const identity = owner(sale)
  const idempotencyKey = newId()
  accepted(await callOff(sale, identity, { idempotencyKey }))
  expect(await callOff(sale, identity, { idempotencyKey, reason: 'Another.' })).toMatchObject({
    refusal: 'IdempotencyKeyReused',
  })
  expect(accepted(await callOff(sale, identity, { idempotencyKey }))).toMatchObject({ status: 'CANCELLED' })
})

test('an event is called off after those who are buying at that moment, so that none of them is forgotten', async () => {
  const sale = await aSale(database, { unitPrice: 0 })
  const hold = await aHold(database, sale, { units: 1 })
  let ending: ReturnType<typeof callOff> | undefined
  await transact(database, async (tx, at) => {
    const { id: holdId, userId } = hold
    const outcome = await checkout(tx, { holdId, userId, idempotencyKey: newId(), terms: TERMS, at })
    ending = callOff(sale, owner(sale))
    const ended = ending.then(() => true)
    const waits = async () => {
      const { rows } = await database.pool.query(
        `select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`,
      )
      return rows.length > 0 || Promise.race([ended, Promise.resolve(false)])
    }
    await waitFor('the end to wait for the checkout', waits)
    return outcome
  })
  await ending
  expect(await cancellationProgress(database.orm, sale.eventId)).toMatchObject({ bookings: 1 })
  await followUp()
  expect(await statusOf(database, hold.id)).toBe('CANCELLED')
})

test('whoever ends the bookings is killed in the middle, again and again, and each is paid back once', async () => {
  const sale = await aSale(database, { capacity: 60 })
  const paid = []
  for (let buyer = 0; buyer < 30; buyer++) paid.push(await confirmed(sale, { units: 2 }))
  accepted(await callOff(sale, owner(sale)))
  const ended = async () => (await cancellationProgress(database.orm, sale.eventId))?.bookingsEnded ?? 0
  const program = fileURLToPath(new URL('../../test/follow-up-process.ts', import.meta.url))
  for (const done of [4, 11]) {
    const somebody = await database.pool.connect()
    // However late it is killed, it cannot come further than this booking.
    await somebody.query('begin')
    await somebody.query('select from bookings where id = $1 for update', [paid[done]?.id])
    const process = fork(program, [made.url], { execArgv: [] })
    await waitFor('some bookings to end', async () => (await ended()) >= done)
    process.kill('SIGKILL')
    await once(process, 'exit')
    await somebody.query('rollback')
    somebody.release()
  }
  expect(await ended()).toBeLessThan(30)
  await followUp(10)
  expect(await ended()).toBe(30)
  for (const { id } of paid) {
    expect((await told(database, id)).slice(2)).toEqual(['booking.cancelled', 'booking.refund_requested'])
  }
  expect(await brokenInvariants(database)).toEqual([])
}, 60_000)

test('an event is over when it has ended, and not before', async () => {
  const sale = await aSale(database)
  const booking = await confirmed(sale)
  const close = () =>
    transact(database, (tx, at) =>
      completeEvent(tx, { eventId: sale.eventId, identity: owner(sale), idempotencyKey: newId(), at }),
    )
  expect(await close()).toMatchObject({ refusal: 'EventNotCompletable', facts: { status: 'PUBLISHED' } })
  await endEvent(database, sale.eventId)
  expect(accepted(await close())).toMatchObject({ status: 'COMPLETED' })
  expect(accepted(await close())).toMatchObject({ status: 'COMPLETED' })
  await followUp()
  expect(await statusOf(database, booking.id)).toBe('COMPLETED')
  expect(await told(database, sale.eventId)).toEqual(['event.completed'])
  expect(await callOff(sale, owner(sale))).toMatchObject({ refusal: 'EventNotCancellable' })
})
