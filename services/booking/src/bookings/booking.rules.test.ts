import { fc } from '@tikitu/runtime/testing/properties'
import { expect, test } from 'vitest'
import {
  commissionOf,
  deadlineOf,
  decideCancellation,
  decideCheckout,
  decideOnPayment,
  policyFor,
  type CancellationFacts,
  type CheckoutFacts,
  type PaymentFacts,
} from './booking.rules.ts'
import { newReference, readReference } from './reference.ts'
import { refundIdOf } from './refund-id.ts'

const at = new Date('2027-05-01T12:00:00Z')
const later = (minutes: number) => new Date(at.getTime() + minutes * 60_000)
const event = { status: 'PUBLISHED', endsAt: later(300), salesOpenAt: later(-600), salesCloseAt: later(120) } as const
const hold: CheckoutFacts = { id: 'h', status: 'HELD', reference: null, expiresAt: later(5), isOver: false, event }

test('a hold that was checked out, released or has ended is not checked out', () => {
  expect(decideCheckout({ ...hold, status: 'PENDING', reference: 'K7M2-X9QT' }, at)).toMatchObject({
    refusal: 'HoldAlreadyUsed',
    facts: { bookingId: 'h' },
  })
  expect(decideCheckout({ ...hold, status: 'RELEASED' }, at)).toMatchObject({ refusal: 'HoldNotFound' })
  expect(decideCheckout({ ...hold, status: 'EXPIRED' }, at)).toMatchObject({ refusal: 'HoldExpired' })
  expect(decideCheckout({ ...hold, isOver: true }, at)).toMatchObject({
    refusal: 'HoldExpired',
    facts: { holdId: 'h', expiredAt: later(5) },
  })
})

test('a hold of an event that was called off or is over is not checked out', () => {
  for (const facts of [{ status: 'CANCELLED' }, { status: 'COMPLETED' }, { endsAt: at }] as const)
    expect(decideCheckout({ ...hold, event: { ...event, ...facts } }, at)).toMatchObject({ refusal: 'SalesClosed' })
})

test('who holds in time checks out, although sales have closed since', () => {
  expect(decideCheckout({ ...hold, event: { ...event, salesCloseAt: later(-1) } }, at).ok).toBe(true)
})

test('a commission is the share and the fixed part of each ticket, and never more than the price', () => {
  expect(commissionOf(5_000, 2, { basisPoints: 500, fixedPerTicket: 30 })).toBe(310)
  expect(commissionOf(10, 1, { basisPoints: 500, fixedPerTicket: 30 })).toBe(10)
  expect(commissionOf(0, 3, { basisPoints: 500, fixedPerTicket: 30 })).toBe(0)
  fc.assert(
    fc.property(
      fc.nat(1e9),
      fc.integer({ min: 1, max: 50 }),
      fc.nat(10_000),
      fc.nat(1e5),
      (total, quantity, basisPoints, fixedPerTicket) => {
        const commission = commissionOf(total, quantity, { basisPoints, fixedPerTicket })
        expect(commission).toBeGreaterThanOrEqual(0)
        expect(commission).toBeLessThanOrEqual(total)
      },
    ),
  )
})

const confirmed: CancellationFacts = {
  status: 'CONFIRMED',
  total: 5_000,
  policy: policyFor(later(24 * 60), 24),
  checkedOutAt: later(-60),
  event: { startsAt: later(24 * 60), endsAt: later(27 * 60), rescheduledAt: null, refundableUntil: null },
  tickets: { used: 0, transferred: 0 },
}

test('a buyer cancels until the last instant of the policy, and not a millisecond longer', () => {
  expect(decideCancellation(confirmed, 'BUYER', at)).toMatchObject({ ok: true, value: { refund: 5_000 } })
  expect(decideCancellation(confirmed, 'BUYER', new Date(at.getTime() + 1))).toMatchObject({
    refusal: 'BookingNotCancellable',
    facts: { status: 'CONFIRMED' },
  })
})

test('the last instant moves with an event that is put off, never comes sooner than promised, and not after it has begun', () => {
  const policy = policyFor(later(48 * 60), 24)
  expect(deadlineOf(policy, later(48 * 60))).toEqual(later(24 * 60))
  expect(deadlineOf(policy, later(72 * 60))).toEqual(later(48 * 60))
  expect(deadlineOf(policy, later(36 * 60))).toEqual(later(24 * 60))
  expect(deadlineOf(policy, later(12 * 60))).toEqual(later(12 * 60))
  const { hours: _, ...old } = policy
  expect(deadlineOf(old, later(72 * 60))).toEqual(later(24 * 60))
  const moved = {
    ...confirmed,
    policy,
    event: { ...confirmed.event, startsAt: later(72 * 60), endsAt: later(75 * 60) },
  }
  expect(decideCancellation(moved, 'BUYER', later(30 * 60)).ok).toBe(true)
})

test('a policy that gives half back gives half back to the buyer, and everything when the seller cancels', () => {
  const half = { ...confirmed, policy: { until: later(1).toISOString(), refundBasisPoints: 5_000 } }
  expect(decideCancellation(half, 'BUYER', at)).toMatchObject({ value: { refund: 2_500 } })
  expect(decideCancellation(half, 'SELLER', at)).toMatchObject({ value: { refund: 5_000 } })
})

test('who bought before the event was moved has all the money back for a while, whatever the policy says', () => {
  const moved = {
    ...confirmed,
    policy: { until: later(-1).toISOString(), refundBasisPoints: 5_000 },
    event: { ...confirmed.event, rescheduledAt: later(-30), refundableUntil: later(1) },
  }
  const bought = (minutes: number) => ({ ...moved, checkedOutAt: later(minutes) })
  expect(decideCancellation(bought(-29), 'BUYER', at)).toMatchObject({ refusal: 'BookingNotCancellable' })
  expect(decideCancellation(moved, 'BUYER', later(2))).toMatchObject({ refusal: 'BookingNotCancellable' })
  expect(decideCancellation({ ...moved, tickets: { used: 1, transferred: 0 } }, 'BUYER', at)).toMatchObject({
    refusal: 'BookingNotCancellable',
  })
  expect(decideCancellation(bought(-30), 'BUYER', later(1))).toMatchObject({ ok: true, value: { refund: 5_000 } })
})

test('a buyer who came in does not cancel; the seller and support still may', () => {
  const used = { ...confirmed, tickets: { used: 1, transferred: 0 } }
  expect(decideCancellation(used, 'BUYER', at)).toMatchObject({ refusal: 'BookingNotCancellable' })
  expect(decideCancellation(used, 'SELLER', at).ok).toBe(true)
  expect(decideCancellation(used, 'SUPPORT', at).ok).toBe(true)
})

test('a buyer whose ticket is somebody else’s by now does not cancel; the seller and support still may', () => {
  const transferred = { ...confirmed, tickets: { used: 0, transferred: 1 } }
  expect(decideCancellation(transferred, 'BUYER', at)).toMatchObject({ refusal: 'BookingNotCancellable' })
  expect(decideCancellation(transferred, 'SELLER', at).ok).toBe(true)
  expect(decideCancellation(transferred, 'SUPPORT', at).ok).toBe(true)
})

test('nobody cancels after the event, or what has ended', () => {
  for (const canceller of ['BUYER', 'SELLER', 'SUPPORT'] as const) {
    expect(decideCancellation({ ...confirmed, event: { ...confirmed.event, endsAt: at } }, canceller, at).ok).toBe(
      false,
    )
    for (const status of [
      'EXPIRED',
      'CANCELLING',
      'CANCELLED',
      'COMPLETED',
      'REFUND_DUE',
      'REFUNDED',
      'CHARGEBACK',
    ] as const)
      expect(decideCancellation({ ...confirmed, status }, canceller, at)).toMatchObject({ facts: { status } })
  }
})

test('a pending booking is given up at any time, and nothing goes back', () => {
  const pending = { ...confirmed, status: 'PENDING', policy: policyFor(later(-60), 24) } as const
  expect(decideCancellation(pending, 'BUYER', at)).toMatchObject({ ok: true, value: { refund: 0 } })
})

const pending: PaymentFacts = {
  status: 'PENDING',
  reference: 'K7M2-X9QT',
  total: 5_000,
  currency: 'GBP',
  wasPaid: false,
  isOver: false,
  event,
}
const price = { amount: 5_000, currency: 'GBP' }

test('what is not the price, in amount or currency, is surplus', () => {
  expect(decideOnPayment(pending, { ...price, amount: 4_999 }, at)).toBe('surplus')
  expect(decideOnPayment(pending, { ...price, amount: 5_001 }, at)).toBe('surplus')
  expect(decideOnPayment(pending, { ...price, currency: 'JPY' }, at)).toBe('surplus')
})

test('a second payment, or one for what waits for none, is surplus', () => {
  expect(decideOnPayment({ ...pending, status: 'CANCELLED', wasPaid: true }, price, at)).toBe('surplus')
  for (const status of ['CONFIRMED', 'COMPLETED', 'CANCELLING', 'REFUND_DUE', 'REFUNDED', 'CHARGEBACK'] as const)
    expect(decideOnPayment({ ...pending, status }, price, at)).toBe('surplus')
  expect(decideOnPayment({ ...pending, status: 'EXPIRED', reference: null }, price, at)).toBe('surplus')
})

test('the price in time confirms, although sales have closed since', () => {
  expect(decideOnPayment(pending, price, at)).toBe('confirm')
  expect(decideOnPayment({ ...pending, event: { ...event, salesCloseAt: at } }, price, at)).toBe('confirm')
})

test('the price too late takes the seats again, but only while the event is on sale', () => {
  for (const late of [{ isOver: true }, { status: 'EXPIRED' }] as const) {
    expect(decideOnPayment({ ...pending, ...late }, price, at)).toBe('take again')
    expect(decideOnPayment({ ...pending, ...late, event: { ...event, salesCloseAt: at } }, price, at)).toBe('too late')
    expect(decideOnPayment({ ...pending, ...late, event: { ...event, status: 'CANCELLED' } }, price, at)).toBe(
      'too late',
    )
  }
})

test('the price of what was cancelled goes back, however soon it comes', () => {
  expect(decideOnPayment({ ...pending, status: 'CANCELLED' }, price, at)).toBe('cancelled')
  expect(decideOnPayment({ ...pending, status: 'CANCELLED' }, { ...price, amount: 4_999 }, at)).toBe('surplus')
})

test('the price for an event that was called off or is over goes back', () => {
  expect(decideOnPayment({ ...pending, event: { ...event, status: 'CANCELLED' } }, price, at)).toBe('too late')
  expect(decideOnPayment({ ...pending, event: { ...event, endsAt: at } }, price, at)).toBe('too late')
})

test('a reference is read with or without its hyphen, in any case, and nothing else is one', () => {
  const reference = newReference()
  expect(reference).toMatch(/^[2346789CDFGHJKMNPQRTVWXY]{4}-[2346789CDFGHJKMNPQRTVWXY]{4}$/)
  for (const typed of [
    reference,
    reference.toLowerCase(),
    reference.replace('-', ''),
    ` ${reference.replace('-', ' ')} `,
  ])
    expect(readReference(typed)).toBe(reference)
  for (const typed of ['', 'K7M2-X9Q', 'K7M2-X9QTT', 'O7M2-X9QT', "K7M2-X9Q'", 'K7M2-X9Q\u0000', '\u{1F3AB}'.repeat(4)])
    expect(readReference(typed)).toBeNull()
})

test('there is one refund of each payment of a booking, whoever asks for it', () => {
  expect(refundIdOf('a', 'b')).toBe(refundIdOf('a', 'b'))
  expect(refundIdOf('a', 'b')).not.toBe(refundIdOf('b', 'a'))
  expect(refundIdOf('a', 'b')).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})
