import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aStranger,
  aUser,
  nobody,
  testService,
  waitFor,
  type TestService,
} from '@tikitu/runtime/testing'
import { PaymentFailed, PaymentSucceeded, RefundSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../../test/build.ts'
import { aConfirmed, aHeld, aPayment, aPending, cancel, endEvent, passDeadline } from '../../test/story.ts'
import { defineBooking } from '../service.ts'
import { completeEvents } from './completion.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const FOLLOW = 'subscription ($id: ID!) { bookingUpdated(id: $id) { id status tickets { id } } }'

const follow = (userId: string, id: string) => booking.subscribe(aUser({ userId }), FOLLOW, { id })
const status = (is: string) =>
  expect.objectContaining({ data: { bookingUpdated: expect.objectContaining({ status: is }) } })

test('a buyer sees the booking as it is, and again when it is paid', async () => {
  const pending = await aPending(booking.database)
  const updates = await follow(pending.userId, pending.id)
  expect(await updates.next()).toEqual({ data: { bookingUpdated: { id: pending.id, status: 'PENDING', tickets: [] } } })
  await booking.deliver(PaymentSucceeded, aPayment(pending))
  const tickets = expect.arrayContaining([{ id: expect.any(String) }])
  expect(await updates.next()).toEqual({ data: { bookingUpdated: { id: pending.id, status: 'CONFIRMED', tickets } } })
  updates.leave()
})

test.each([
  ['a caller without a token', nobody()],
  ['somebody who has not registered', aStranger()],
  ['another buyer', aUser()],
  ['the staff of another seller', aPartnerUser(newId())],
  ['a machine of another seller', aMachine(newId(), ['tikitu/sales.read'])],
])('to %s the booking does not exist', async (_who, identity) => {
  const pending = await aPending(booking.database)
  const updates = await booking.subscribe(identity, FOLLOW, { id: pending.id })
  expect(await updates.next()).toMatchObject({
    errors: [{ path: ['bookingUpdated'], extensions: { code: 'NOT_FOUND' } }],
  })
  expect(await updates.next()).toBe('complete')
})

test('what is not a booking cannot be followed: a hold, an id that there is not, what is no id', async () => {
  const held = await aHeld(booking.database)
  for (const id of [held.id, newId(), 'nonsense', "'; drop table bookings; --"]) {
    const updates = await follow(held.userId, id)
    expect(await updates.next()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  }
})

test('whoever may see the booking may follow it', async () => {
  const pending = await aPending(booking.database)
  for (const identity of [anAdmin('SUPPORT'), aPartnerUser(pending.sale.partnerId)]) {
    const updates = await booking.subscribe(identity, FOLLOW, { id: pending.id })
    expect(await updates.next()).toEqual(status('PENDING'))
    updates.leave()
  }
})

test('only the followers of a booking hear of it', async () => {
  const [mine, theirs] = [await aPending(booking.database), await aPending(booking.database)]
  const [myUpdates, theirUpdates] = [await follow(mine.userId, mine.id), await follow(theirs.userId, theirs.id)]
  await Promise.all([myUpdates.next(), theirUpdates.next()])
  await booking.deliver(PaymentSucceeded, aPayment(mine))
  await booking.deliver(PaymentSucceeded, aPayment(theirs))
  expect(await myUpdates.next()).toMatchObject({ data: { bookingUpdated: { id: mine.id } } })
  expect(await theirUpdates.next()).toMatchObject({ data: { bookingUpdated: { id: theirs.id, status: 'CONFIRMED' } } })
  myUpdates.leave()
  theirUpdates.leave()
})

test('a booking that runs out, and one that is cancelled and refunded, tell their followers', async () => {
  const pending = await aPending(booking.database)
  const expiring = await follow(pending.userId, pending.id)
  expect(await expiring.next()).toEqual(status('PENDING'))
  await passDeadline(booking.database, pending.id)
  expect(await expiring.next()).toEqual(status('EXPIRED'))
  expiring.leave()

  const paid = await aConfirmed(booking.database)
  const ending = await follow(paid.userId, paid.id)
  expect(await ending.next()).toEqual(status('CONFIRMED'))
  accepted(await cancel(booking.database, paid.id, aUser({ userId: paid.userId })))
  expect(await ending.next()).toEqual(status('CANCELLING'))
  const [refund] = await booking.published('booking.refund_requested')
  await booking.deliver(RefundSucceeded, {
    refundId: String(refund?.data['refundId']),
    paymentId: String(refund?.data['paymentId']),
    bookingId: paid.id,
    userId: paid.userId,
    amount: paid.total,
    currency: 'GBP',
    at: new Date().toISOString(),
  })
  expect(await ending.next()).toEqual(status('CANCELLED'))
  ending.leave()
})

test('an attempt to pay that failed, and the end of the event, are told too', async () => {
  const pending = await aPending(booking.database)
  const updates = await follow(pending.userId, pending.id)
  expect(await updates.next()).toEqual(status('PENDING'))
  const { paymentId, bookingId, userId, at } = aPayment(pending)
  await booking.deliver(PaymentFailed, { paymentId, bookingId, userId, at, code: 'card_declined' })
  expect(await updates.next()).toEqual(status('PENDING'))
  await booking.deliver(PaymentSucceeded, aPayment(pending))
  expect(await updates.next()).toEqual(status('CONFIRMED'))
  await endEvent(booking.database, pending.sale.eventId)
  await completeEvents(booking.service)
  expect(await updates.next()).toEqual(status('COMPLETED'))
  updates.leave()
})

test('a connection to the database that was lost costs no follower a change', async () => {
  const pending = await aPending(booking.database)
  const updates = await follow(pending.userId, pending.id)
  expect(await updates.next()).toEqual(status('PENDING'))
  const { pool } = booking.database
  const listeners = () =>
    pool.query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name = 'tikitu live' and datname = current_database()`,
    )
  const before = (await listeners()).rows
  expect(before).toHaveLength(1)
  await pool.query('select pg_terminate_backend($1)', [before[0]?.pid])
  // As another instance would, whose notification this one cannot hear just now.
  await pool.query(`update bookings set status = 'CHARGEBACK' where id = $1`, [pending.id])
  expect(await updates.next()).toEqual(status('CHARGEBACK'))
  expect((await listeners()).rows).not.toEqual(before)
  updates.leave()
})

test('a subscription is read by nobody without a signed identity, and one that is not valid is refused', async () => {
  await expect(booking.subscribe(nobody(), 'subscription { nope }')).rejects.toThrow('status 400')
  await expect(booking.subscribe(nobody(), 'subscription {')).rejects.toThrow('status 400')
  expect((await booking.get(null, '/graphql/stream')).status).toBe(401)
})

test('nobody watches when everybody has left', async () => {
  const pending = await aPending(booking.database)
  const updates = await follow(pending.userId, pending.id)
  await updates.next()
  const connections = () =>
    new Promise<number>((resolve, reject) =>
      booking.service.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    )
  expect(await connections()).toBeGreaterThan(0)
  updates.leave()
  await waitFor('the connection to be gone', async () => (await connections()) === 0)
})
