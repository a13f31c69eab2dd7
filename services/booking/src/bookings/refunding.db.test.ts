import type { Database } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { aMachine, anAdmin, aPartnerUser, aUser, nobody, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { PaymentDisputed } from '@tikitu/schema/events/payment'
import { beforeAll, describe, expect, test } from 'vitest'
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
  goodPaymentOf,
  liveTicketsOf,
  statusOf,
  told,
  warm,
  type Told,
} from '../../test/story.ts'
import { endWithEvent } from './cancellation.ts'
import { refundBooking } from './refunding.ts'
import { worthOf } from './refund.rules.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

interface Part {
  readonly ticketIds?: readonly string[]
  readonly amount?: number
}

function refund(
  booking: { id: string },
  part: Part,
  identity: Identity = anAdmin('FINANCE'),
  idempotencyKey = newId(),
) {
  const wish = { bookingId: booking.id, reason: 'the view is blocked', idempotencyKey, identity, ...part }
  return transact(database, (tx, at) => refundBooking(tx, { ...wish, at }))
}

/** What booking asked payment to give back, in its order. */
async function ordered({ id }: { id: string }) {
  const { rows } = await database.pool.query<{ data: { amount: number; decidedBy?: string; goodwill?: boolean } }>(
    `select data from outbox where key = $1 and type = 'booking.refund_requested' order by sequence`,
    [id],
  )
  return rows.map(({ data }) => data)
}

test('who may not see a booking is told that there is none; a buyer and a machine may not refund it', async () => {
  const confirmed = await aConfirmed(database)
  const part = { amount: 1 }
  for (const outsider of [aUser(), aPartnerUser(newId()), aPartnerUser(confirmed.sale.partnerId, 'SCANNER')])
    expect(await refund(confirmed, part, outsider)).toMatchObject({ refusal: 'BookingNotFound' })
  expect(await refund({ id: "' or 1=1 --" }, part)).toMatchObject({ refusal: 'BookingNotFound' })
  await expect(refund(confirmed, part, nobody())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  for (const person of [aUser({ userId: confirmed.userId }), aMachine(confirmed.sale.partnerId, ['tikitu/sales.read'])])
    await expect(refund(confirmed, part, person)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(await ordered(confirmed)).toEqual([])
})

test('what was not paid, is over, or is more than is left, does not go back', async () => {
  const pending = await aPending(database)
  expect(await refund(pending, { amount: 1 })).toMatchObject({ refusal: 'BookingNotRefundable' })
  const confirmed = await aConfirmed(database)
  expect(await refund(confirmed, { amount: confirmed.total + 1 })).toMatchObject({
    refusal: 'RefundTooLarge',
    facts: { left: { amount: confirmed.total, currency: 'GBP' } },
  })
  const stranger = newId()
  expect(await refund(confirmed, { ticketIds: [stranger] })).toMatchObject({
    refusal: 'TicketNotFound',
    facts: { ticketId: stranger },
  })
  const [ticketId = ''] = await liveTicketsOf(database, confirmed.id)
  await endEvent(database, confirmed.sale.eventId)
  expect(await refund(confirmed, { ticketIds: [ticketId] })).toMatchObject({ refusal: 'BookingNotRefundable' })
  accepted(await refund(confirmed, { amount: 100 }))
  expect(await ordered(confirmed)).toMatchObject([{ amount: 100, goodwill: true }])
})

test('a ticket that goes back is worth nothing, its place is on sale, and the others stay', async () => {
  for (const facts of [{ seatNos: [2, 3, 4] }, { units: 10 }]) {
    const confirmed = await aConfirmed(database, facts)
    const manager = aPartnerUser(confirmed.sale.partnerId, 'MANAGER')
    const [first = '', second = ''] = await liveTicketsOf(database, confirmed.id)
    const key = newId()
    accepted(await refund(confirmed, { ticketIds: [first, first] }, manager, key))
    expect(accepted(await refund(confirmed, { ticketIds: [first, first] }, manager, key))).toMatchObject({
      repeated: true,
    })
    expect(await refund(confirmed, { ticketIds: [first] }, manager)).toMatchObject({ refusal: 'TicketNotFound' })
    expect(await ordered(confirmed)).toMatchObject([
      { amount: confirmed.total / confirmed.quantity, decidedBy: manager.userId, goodwill: false },
    ])
    expect(await statusOf(database, confirmed.id)).toBe('CONFIRMED')
    expect(await liveTicketsOf(database, confirmed.id)).toHaveLength(confirmed.quantity - 1)
    const next = await aHold(database, confirmed.sale, 'units' in facts ? { units: 1 } : { seatNos: [2] })
    expect((await checkOut(database, next)).ok).toBe(true)
    expect(await brokenInvariants(database)).toEqual([])

    // What is cancelled later is what is left.
    accepted(await refund(confirmed, { ticketIds: [second] }))
    accepted(await cancel(database, confirmed.id, manager))
    const amounts = (await ordered(confirmed)).map(({ amount }) => amount)
    expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(confirmed.total)
    expect(await statusOf(database, confirmed.id)).toBe('CANCELLING')
    expect(await brokenInvariants(database)).toEqual([])
  }
})

test('all the tickets that are left are the whole booking', async () => {
  const confirmed = await aConfirmed(database)
  const [first = '', second = ''] = await liveTicketsOf(database, confirmed.id)
  accepted(await refund(confirmed, { ticketIds: [first] }))
  accepted(await refund(confirmed, { ticketIds: [second] }))
  expect(await statusOf(database, confirmed.id)).toBe('CANCELLING')
  expect((await told(database, confirmed.id)).slice(-2)).toEqual(['booking.cancelled', 'booking.refund_requested'])
  expect(await brokenInvariants(database)).toEqual([])
})

test('an event that is called off gives back what is left, and counts it', async () => {
  const confirmed = await aConfirmed(database)
  accepted(await refund(confirmed, { amount: 1_500 }))
  await transact(database, async (tx, at) => ({
    ok: true as const,
    value: await endWithEvent(tx, { bookingId: confirmed.id, reason: 'rain', at }),
  }))
  expect((await ordered(confirmed)).map(({ amount }) => amount)).toEqual([1_500, confirmed.total - 1_500])
  expect(await brokenInvariants(database)).toEqual([])
})

test('forty at once never give back more than was paid', async () => {
  const confirmed = await aConfirmed(database)
  await warm(database)
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => refund(confirmed, { amount: 700 })))
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(Math.floor(confirmed.total / 700))
  const beyond = database.pool.query('update booking_payments set promised = amount + 1 where booking_id = $1', [
    confirmed.id,
  ])
  await expect(beyond).rejects.toMatchObject({ constraint: 'booking_payments_promised_within_amount' })
  expect(await brokenInvariants(database)).toEqual([])
})

describe('a payment that a bank takes back', () => {
  const disputed = async (booking: Told) => ({
    ...aPayment(booking),
    paymentId: await goodPaymentOf(database, booking.id),
    disputeId: newId(),
    reason: 'fraudulent',
    dueBy: null,
  })

  test('ends its booking: the tickets are worth nothing and the places are on sale', async () => {
    for (const facts of [{ seatNos: [0, 1] }, { units: 10 }]) {
      const confirmed = await aConfirmed(database, facts)
      await deliver(database, PaymentDisputed, await disputed(confirmed))
      await deliver(database, PaymentDisputed, await disputed(confirmed))
      expect(await statusOf(database, confirmed.id)).toBe('CHARGEBACK')
      const next = await aHold(database, confirmed.sale, facts)
      expect((await checkOut(database, next)).ok).toBe(true)
      expect(await ordered(confirmed)).toEqual([])
      expect(await brokenInvariants(database)).toEqual([])
    }
  })

  test('leaves a booking alone that another payment bought', async () => {
    const confirmed = await aConfirmed(database)
    await deliver(database, PaymentDisputed, { ...(await disputed(confirmed)), paymentId: newId() })
    expect(await statusOf(database, confirmed.id)).toBe('CONFIRMED')
  })
})

test('tickets one by one are worth exactly what was paid for all, fees and taxes included', () => {
  const line = { ticketTypeId: 'a', quantity: 3, unitPrice: 3_333, fees: 400, taxes: 2_081 }
  const ids = ['1', '2', '3']
  let worth = 0
  for (const [index, id] of ids.entries()) {
    const tickets = ids.map((ticket, at) => {
      const status = at < index ? ('CANCELLED' as const) : ('ACTIVE' as const)
      return { id: ticket, ticketTypeId: 'a', status }
    })
    worth += worthOf([line], tickets, new Set([id]))
  }
  expect(worth).toBe(3 * 3_333 + 400 + 2_081)
})
