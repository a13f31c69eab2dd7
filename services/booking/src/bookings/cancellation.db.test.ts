import type { Database } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { aMachine, anAdmin, aPartnerUser, aStranger, aUser, nobody, testDatabase } from '@tikitu/runtime/testing'
import { RefundSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, expect, test } from 'vitest'
import { aHold, hours } from '../../test/sales.ts'
import {
  aConfirmed,
  aHeld,
  aPayment,
  aPending,
  brokenInvariants,
  cancel,
  checkOut,
  deliver,
  statusOf,
  told,
  warm,
  type Told,
} from '../../test/story.ts'
import { refundIdOf } from './refund-id.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

const buyer = ({ userId }: Told) => aUser({ userId })

const refused = (booking: Told, identity: Identity) => cancel(database, booking.id, identity)

test('who may not see a booking is told that there is none', async () => {
  const confirmed = await aConfirmed(database)
  const outsiders = [aUser(), aPartnerUser(newId()), aPartnerUser(confirmed.sale.partnerId, 'SCANNER')]
  for (const outsider of outsiders) {
    expect(await refused(confirmed, outsider)).toMatchObject({
      refusal: 'BookingNotFound',
      facts: { bookingId: confirmed.id },
    })
  }
  expect(await cancel(database, newId(), buyer(confirmed))).toMatchObject({ refusal: 'BookingNotFound' })
  expect(await cancel(database, "' or 1=1 --", buyer(confirmed))).toMatchObject({ refusal: 'BookingNotFound' })
  expect(await statusOf(database, confirmed.id)).toBe('CONFIRMED')
})

test('who has no account, is a machine, or looks after money only, may not cancel', async () => {
  const confirmed = await aConfirmed(database)
  await expect(refused(confirmed, nobody())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(refused(confirmed, aStranger())).rejects.toMatchObject({ code: 'FORBIDDEN' })
  const machine = aMachine(confirmed.sale.partnerId, ['tikitu/sales.read', 'tikitu/events.write'])
  await expect(refused(confirmed, machine)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(refused(confirmed, anAdmin('FINANCE'))).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(await statusOf(database, confirmed.id)).toBe('CONFIRMED')
})

test('a hold is not a booking', async () => {
  const held = await aHeld(database)
  expect(await refused(held, buyer(held))).toMatchObject({ refusal: 'BookingNotFound' })
  expect(await refused(held, anAdmin())).toMatchObject({ refusal: 'BookingNotFound' })
})

test('too late for the buyer is not too late for the seller and for support', async () => {
  for (const someone of [
    (booking: Told) => aPartnerUser(booking.sale.partnerId, 'MANAGER'),
    () => anAdmin('SUPPORT'),
  ]) {
    const confirmed = await aConfirmed(database, { startsAt: hours(5) })
    expect(await refused(confirmed, buyer(confirmed))).toMatchObject({
      refusal: 'BookingNotCancellable',
      facts: { status: 'CONFIRMED' },
    })
    accepted(await cancel(database, confirmed.id, someone(confirmed)))
    expect(await statusOf(database, confirmed.id)).toBe('CANCELLING')
  }
})

test('what a seller or support cancels is in the audit log, what a buyer cancels is not', async () => {
  const confirmed = await aConfirmed(database)
  const manager = aPartnerUser(confirmed.sale.partnerId, 'MANAGER')
  accepted(await cancel(database, confirmed.id, manager))
  const audit = `Booking:${confirmed.id}`
  const { rows } = await database.pool.query(`select data from outbox where type = 'audit.recorded' and key = $1`, [
    audit,
  ])
  expect(rows).toMatchObject([
    {
      data: {
        actor: { kind: 'USER', id: manager.userId },
        action: 'cancelBooking',
        before: { status: 'CONFIRMED' },
        after: { status: 'CANCELLING' },
      },
    },
  ])
  const other = await aConfirmed(database)
  accepted(await cancel(database, other.id, buyer(other)))
  expect(await told(database, `Booking:${other.id}`)).toEqual([])
})

test('a booking that somebody came in with is not cancelled by its buyer, but by its seller', async () => {
  const confirmed = await aConfirmed(database)
  await database.pool.query(
    `update tickets set status = 'USED', used_at = now(), used_gate = 'North' where booking_id = $1 and no = 1`,
    [confirmed.id],
  )
  expect(await refused(confirmed, buyer(confirmed))).toMatchObject({ refusal: 'BookingNotCancellable' })
  accepted(await cancel(database, confirmed.id, aPartnerUser(confirmed.sale.partnerId)))
  const { rows } = await database.pool.query(
    'select status, used_gate from tickets where booking_id = $1 order by no',
    [confirmed.id],
  )
  expect(rows).toEqual([
    { status: 'CANCELLED', used_gate: 'North' },
    { status: 'CANCELLED', used_gate: null },
  ])
  expect(await brokenInvariants(database)).toEqual([])
})

test('a pending booking ends at once: its places are free, and payment is told to stop', async () => {
  for (const facts of [{ seatNos: [0, 1] }, { units: 10 }]) {
    const pending = await aPending(database, facts)
    accepted(await cancel(database, pending.id, buyer(pending)))
    expect(await statusOf(database, pending.id)).toBe('CANCELLED')
    expect((await told(database, pending.id)).slice(1)).toEqual([
      'booking.cancelled',
      'booking.payment_cancel_requested',
    ])
    const next = await aHold(database, pending.sale, facts)
    expect((await checkOut(database, next)).ok).toBe(true)
  }
  expect(await brokenInvariants(database)).toEqual([])
})

test('a paid booking gives its places back, asks for its money once, and is cancelled when that is back', async () => {
  for (const facts of [{ seatNos: [0, 1] }, { units: 10 }]) {
    const confirmed = await aConfirmed(database, facts)
    accepted(await cancel(database, confirmed.id, buyer(confirmed)))
    const { rows } = await database.pool.query(
      `select type, data from outbox where key = $1 order by sequence desc limit 2`,
      [confirmed.id],
    )
    const [{ data: refund }, { data: cancelled }] = rows
    expect(refund).toMatchObject({ amount: confirmed.total, currency: 'GBP', reason: 'We cannot come' })
    expect(refund.refundId).toBe(refundIdOf(confirmed.id, refund.paymentId))
    expect(cancelled).toMatchObject({ seats: confirmed.quantity, refund: { amount: confirmed.total, currency: 'GBP' } })

    const next = await aHold(database, confirmed.sale, facts)
    expect((await checkOut(database, next)).ok).toBe(true)
    await deliver(database, RefundSucceeded, { ...aPayment(confirmed), ...refund })
    expect(await statusOf(database, confirmed.id)).toBe('CANCELLED')
  }
  expect(await brokenInvariants(database)).toEqual([])
})

test('the same request again gives the first answer, another one under its key is refused', async () => {
  const confirmed = await aConfirmed(database)
  const key = newId()
  const me = buyer(confirmed)
  expect(await cancel(database, confirmed.id, me, key)).toMatchObject({ value: { id: confirmed.id, repeated: false } })
  expect(await cancel(database, confirmed.id, me, key)).toMatchObject({ value: { id: confirmed.id, repeated: true } })
  expect(await cancel(database, newId(), me, key)).toMatchObject({ refusal: 'IdempotencyKeyReused' })
  expect(await refused(confirmed, me)).toMatchObject({
    refusal: 'BookingNotCancellable',
    facts: { status: 'CANCELLING' },
  })
})

test('buyer, seller and support cancel at once, forty times: one refund', async () => {
  const confirmed = await aConfirmed(database, { units: 3 })
  const people = [buyer(confirmed), aPartnerUser(confirmed.sale.partnerId), anAdmin()]
  await warm(database)
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, index) => cancel(database, confirmed.id, people[index % 3] ?? nobody())),
  )
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
  expect((await told(database, confirmed.id)).filter((type) => type === 'booking.refund_requested')).toHaveLength(1)
  const { rows } = await database.pool.query('select available from admission_stock where event_id = $1', [
    confirmed.sale.eventId,
  ])
  expect(rows[0].available).toBe(10)
  expect(await brokenInvariants(database)).toEqual([])
})
