import { newId } from '@tikitu/runtime/ids'
import { aPartnerUser, waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import { codesOf, scan } from '../../services/booking/test/doors.ts'
import { hours, type Sale } from '../../services/booking/test/sales.ts'
import { faultsOf } from '../test/fault.ts'
import {
  aHolder,
  aTicketHolder,
  becomes,
  begins,
  cancels,
  checksOut,
  confirms,
  moneyOf,
  pays,
  standingOf,
  type Purchase,
} from '../test/purchase.ts'
import type { System } from '../test/system.ts'

const { fault } = faultsOf()

/** Pairs that race; in each of them either may win. */
const RACES = 6

fault(16, async (system) => {
  const purchases = await Promise.all(Array.from({ length: RACES }, () => aHolder(system)))
  await Promise.all(
    purchases.map(async (purchase) => {
      const paymentId = await pays(system, purchase)
      await Promise.all([confirms(system, purchase, paymentId), cancels(system, purchase)])
    }),
  )
  for (const purchase of purchases) {
    await waitFor('an end', async () => {
      const [{ status, tickets }, money] = [await standingOf(system, purchase), await moneyOf(system, purchase)]
      return tickets === 0 && money?.returned === money?.taken && ['CANCELLED', 'REFUNDED'].includes(status)
    })
  }
})

fault(17, async (system) => {
  const purchase = await aHolder(system)
  const checkouts = await Promise.all(Array.from({ length: 8 }, () => checksOut(system, purchase)))
  expect(checkouts.filter(({ __typename }) => __typename === 'Booking')).toHaveLength(1)
  expect(checkouts.filter(({ __typename }) => __typename === 'HoldAlreadyUsed')).toHaveLength(7)

  const attempts = await Promise.all(Array.from({ length: 8 }, () => begins(system, purchase)))
  expect(new Set(attempts.map(({ id }) => id)).size).toBe(1)
  const { id = '' } = attempts[0] ?? {}
  await Promise.all(Array.from({ length: 8 }, () => confirms(system, purchase, id)))
  await becomes(system, purchase, 'CONFIRMED')
  expect(await standingOf(system, purchase)).toMatchObject({ tickets: 2 })
  expect(await moneyOf(system, purchase)).toMatchObject({ taken: purchase.total, attempts: ['SUCCEEDED'] })
})

fault(21, async (system) => {
  const paid = await aTicketHolder(system, { seatNos: [0, 1] })
  const { sale } = paid
  const waiting = await aHolder(system, { sale, seatNos: [2, 3] })
  const paying = await aHolder(system, { sale, seatNos: [4, 5] })
  const leaving = await aTicketHolder(system, { sale, seatNos: [6, 7] })
  await checksOut(system, waiting)
  const paymentId = await pays(system, paying)
  const comesBack = system.bank.down()
  await cancels(system, leaving)
  expect(await standingOf(system, leaving)).toMatchObject({ status: 'CANCELLING' })

  await callsOff(system, sale)
  comesBack()
  await confirms(system, paying, paymentId)
  for (const booking of [paid, leaving]) {
    await followsUp(system)
    await backIs(system, booking)
    await becomes(system, booking, 'CANCELLED')
  }
  await becomes(system, waiting, 'CANCELLED')
  await waitFor('an end', async () => ['CANCELLED', 'REFUNDED'].includes((await standingOf(system, paying)).status))
  const money = await moneyOf(system, paying)
  expect(money?.returned).toBe(money?.taken)
})

/** Three who have bought tickets for one event. */
async function threeOfOneEvent(system: System): Promise<readonly [Sale, readonly Purchase[]]> {
  const first = await aTicketHolder(system, { seatNos: [0, 1] })
  const { sale } = first
  const others = [
    await aTicketHolder(system, { sale, seatNos: [2, 3] }),
    await aTicketHolder(system, { sale, seatNos: [4, 5] }),
  ]
  return [sale, [first, ...others]]
}

/** All of it is back, by one refund. */
async function isPaidBackOnce(system: System, booking: Purchase): Promise<void> {
  await becomes(system, booking, 'CANCELLED')
  await backIs(system, booking)
  const { rows } = await system.payment.database.pool.query('select from refunds where booking_id = $1', [booking.id])
  expect(rows).toHaveLength(1)
}

fault(
  22,
  async (system) => {
    const [sale, bookings] = await threeOfOneEvent(system)
    await Promise.all([callsOff(system, sale), ...bookings.map((booking) => cancels(system, booking))])
    for (const booking of bookings) await isPaidBackOnce(system, booking)
  },
  'at once',
)

fault(
  22,
  async (system) => {
    const [sale, [leaving, ...staying]] = await threeOfOneEvent(system)
    if (leaving) await cancels(system, leaving)
    await callsOff(system, sale)
    for (const booking of staying) {
      await isPaidBackOnce(system, booking)
      expect(await cancels(system, booking)).toMatchObject({ __typename: 'BookingNotCancellable' })
    }
    if (leaving) await isPaidBackOnce(system, leaving)
  },
  'one after the other',
)

fault(
  23,
  async (system) => {
    const booking = await aTicketHolder(system, TONIGHT)
    const [code = ''] = await codesOf(system.booking.database, { ...booking, userId: booking.buyer.userId ?? '' })
    expect(await scanned(system, booking, code)).toMatchObject({ ok: true, value: { reason: null } })
    expect(await cancels(system, booking)).toMatchObject({ __typename: 'BookingNotCancellable' })
    expect(await standingOf(system, booking)).toMatchObject({ status: 'CONFIRMED', tickets: 2 })
    expect(await moneyOf(system, booking)).toMatchObject({ returned: 0 })
  },
  'one after the other',
)

fault(
  23,
  async (system) => {
    for (let race = 0; race < RACES; race++) {
      const booking = await aTicketHolder(system, TONIGHT)
      const [code = ''] = await codesOf(system.booking.database, { ...booking, userId: booking.buyer.userId ?? '' })
      const [entry, cancelled] = await Promise.all([scanned(system, booking, code), cancels(system, booking)])
      const isIn = entry.ok && entry.value.reason === null
      // Who is in is not paid back, and who is paid back is not let in.
      expect(isIn).toBe(cancelled.__typename === 'BookingNotCancellable')
      await becomes(system, booking, isIn ? 'CONFIRMED' : 'CANCELLED')
    }
  },
  'both at once',
)

/** Its doors are open, and its buyers may still cancel. */
const TONIGHT = { startsAt: hours(48), doorsAt: hours(-1) }

function scanned({ booking }: System, { sale }: Purchase, code: string) {
  const scanner = aPartnerUser(sale.partnerId, 'SCANNER')
  return scan(booking.database, { eventId: sale.eventId, code, scanner })
}

const CALL_OFF = `mutation ($input: CancelEventInput!) { cancelEvent(input: $input) { __typename ... on Event { status } } }`

async function callsOff({ booking }: System, { eventId, partnerId }: Sale): Promise<void> {
  const input = { eventId, reason: 'The singer is ill.', idempotencyKey: newId() }
  const { data } = await booking.graph(aPartnerUser(partnerId), CALL_OFF, { input })
  expect(data.cancelEvent).toMatchObject({ status: 'CANCELLED' })
}

/** Leaves out the pauses in which bookings of an event that was called off are ended. */
async function followsUp({ booking }: System): Promise<void> {
  await booking.database.pool.query('update event_follow_ups set next_at = now() where finished_at is null')
}

async function backIs(system: System, booking: Purchase): Promise<void> {
  await waitFor('the money to be back', async () => {
    await followsUp(system)
    return (await moneyOf(system, booking))?.returned === booking.total
  })
}
