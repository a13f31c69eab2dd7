import { describe, expect, test } from 'vitest'
import {
  answerConfirm,
  decideConfirm,
  decideNextStep,
  decideSettlement,
  decideStart,
  GOOD_STATUSES,
  nextCheckAt,
  OPEN_STATUSES,
  PAYMENT_STATUSES,
  type PaymentFacts,
  type RequestFacts,
} from './payment.rules.ts'

const deadline = new Date('2027-05-01T18:30:00.000Z')
const before = new Date(deadline.getTime() - 1)

const aRequest = (facts: Partial<RequestFacts> = {}): RequestFacts => ({
  payerId: 'ada',
  status: 'OPEN',
  deadline,
  ...facts,
})
const aPayment = (facts: Partial<PaymentFacts> = {}): PaymentFacts => ({
  id: 'p1',
  payerId: 'ada',
  provider: 'sandbox',
  status: 'PENDING',
  providerRef: 'pi_1',
  providerState: 'open',
  instrument: null,
  ...facts,
})

describe('to begin to pay', () => {
  const start = { bookingId: 'b1', payerId: 'ada', at: before }

  test('there must be a booking', () => {
    expect(decideStart(null, null, start)).toMatchObject({ refusal: 'BookingNotPayable', facts: { bookingId: 'b1' } })
  })

  test('it must be the caller’s, whatever its state', () => {
    for (const request of [aRequest({ payerId: 'bob' }), aRequest({ payerId: 'bob', status: 'PAID' })]) {
      expect(decideStart(request, aPayment({ status: 'SUCCEEDED' }), start)).toMatchObject({
        refusal: 'BookingNotPayable',
      })
    }
  })

  test('it must still want money', () => {
    expect(decideStart(aRequest({ status: 'CANCELLED' }), null, start)).toMatchObject({ refusal: 'BookingNotPayable' })
  })

  test.each(GOOD_STATUSES)('it must not be paid by a payment that is %s', (status) => {
    expect(decideStart(aRequest({ status: 'PAID' }), aPayment({ status }), start)).toMatchObject({
      refusal: 'BookingAlreadyPaid',
      facts: { paymentId: 'p1' },
    })
  })

  test('the deadline must lie ahead, also for an attempt that is open', () => {
    for (const live of [null, aPayment()]) {
      expect(decideStart(aRequest(), live, { ...start, at: deadline })).toMatchObject({
        refusal: 'PaymentDeadlinePassed',
        facts: { deadline },
      })
    }
  })

  test('an attempt that is open is the answer', () => {
    expect(decideStart(aRequest(), aPayment(), start)).toMatchObject({ ok: true, value: { live: { id: 'p1' } } })
  })

  test('otherwise a new one begins', () => {
    expect(decideStart(aRequest(), null, start)).toMatchObject({ ok: true, value: { live: null } })
  })
})

describe('to confirm', () => {
  const confirm = {
    paymentId: 'p1',
    payerId: 'ada',
    instrument: 'tok_success',
    instruments: ['tok_success', 'tok_declined'],
    at: before,
  }

  test('there must be a payment of the caller', () => {
    expect(decideConfirm(null, null, confirm)).toMatchObject({ refusal: 'PaymentNotFound', facts: { paymentId: 'p1' } })
    expect(decideConfirm(aPayment({ payerId: 'bob' }), aRequest(), confirm)).toMatchObject({
      refusal: 'PaymentNotFound',
    })
  })

  test('it must be one of the sandbox', () => {
    expect(decideConfirm(aPayment({ provider: 'stripe' }), aRequest(), confirm)).toMatchObject({
      refusal: 'ProviderNotSandbox',
      facts: { provider: 'stripe' },
    })
  })

  test('the instrument must exist', () => {
    expect(decideConfirm(aPayment(), aRequest(), { ...confirm, instrument: 'tok_gold' })).toMatchObject({
      refusal: 'InstrumentUnknown',
      facts: { instruments: confirm.instruments },
    })
  })

  test('it must not have been given up, not even when it was confirmed before', () => {
    for (const instrument of [null, 'tok_success']) {
      expect(decideConfirm(aPayment({ status: 'CANCELLED', instrument }), aRequest(), confirm)).toMatchObject({
        refusal: 'PaymentNotOpen',
        facts: { status: 'CANCELLED' },
      })
    }
  })

  test.each(PAYMENT_STATUSES.filter((status) => status !== 'PENDING'))(
    'with another instrument it must not be %s',
    (status) => {
      const payment = aPayment({ status, instrument: 'tok_declined' })
      expect(decideConfirm(payment, aRequest(), confirm)).toMatchObject({
        refusal: 'PaymentNotOpen',
        facts: { status },
      })
    },
  )

  test('its booking must still want money', () => {
    expect(decideConfirm(aPayment(), aRequest({ status: 'CANCELLED' }), confirm)).toMatchObject({
      refusal: 'PaymentNotOpen',
    })
  })

  test('the deadline must lie ahead', () => {
    expect(decideConfirm(aPayment(), aRequest(), { ...confirm, at: deadline })).toMatchObject({
      refusal: 'PaymentNotOpen',
      facts: { status: 'PENDING' },
    })
  })

  test('the same instrument again is a repetition, also when the booking gave up or the time is over', () => {
    for (const status of ['PROCESSING', 'SUCCEEDED', 'FAILED', 'REFUNDED'] as const) {
      const payment = aPayment({ status, instrument: 'tok_success' })
      const request = aRequest({ status: 'CANCELLED' })
      expect(decideConfirm(payment, request, { ...confirm, at: deadline })).toMatchObject({ value: { repeated: true } })
    }
  })

  test('an open payment is confirmed', () => {
    expect(decideConfirm(aPayment(), aRequest(), confirm)).toMatchObject({ value: { repeated: false } })
  })

  test('a payment that the booking stopped on the way is no answer', () => {
    expect(answerConfirm(aPayment({ status: 'CANCELLED' }))).toMatchObject({ refusal: 'PaymentNotOpen' })
    expect(answerConfirm(aPayment({ status: 'PROCESSING' }))).toMatchObject({ ok: true })
  })
})

describe('what comes next', () => {
  const open = aRequest()
  const cancelled = aRequest({ status: 'CANCELLED' })

  test.each(PAYMENT_STATUSES.filter((status) => !OPEN_STATUSES.some((it) => it === status)))(
    'is nothing for a payment that is %s',
    (status) => {
      expect(decideNextStep(aPayment({ status }), cancelled)).toBe('done')
    },
  )

  test('is to learn the provider’s name for it, even to cancel it', () => {
    expect(decideNextStep(aPayment({ providerRef: null }), open)).toBe('create')
    expect(decideNextStep(aPayment({ providerRef: null }), cancelled)).toBe('create')
  })

  test('is to cancel what the booking does not want, even when a confirmation is under way', () => {
    expect(decideNextStep(aPayment(), cancelled)).toBe('cancel')
    expect(decideNextStep(aPayment({ status: 'PROCESSING', instrument: 'tok_success' }), cancelled)).toBe('cancel')
  })

  test('is to confirm what was to be confirmed', () => {
    expect(decideNextStep(aPayment({ status: 'PROCESSING', instrument: 'tok_success' }), open)).toBe('confirm')
  })

  test('is to wait for the buyer', () => {
    expect(decideNextStep(aPayment(), open)).toBe('wait')
  })

  test.each(['action', 'processing'] as const)('is to wait for the buyer’s bank: %s', (providerState) => {
    expect(decideNextStep(aPayment({ status: 'PROCESSING', instrument: 'tok_1', providerState }), open)).toBe('wait')
  })

  test('is to take what the bank holds, unless nobody wants it any more', () => {
    const held = aPayment({ status: 'PROCESSING', providerState: 'authorized' })
    expect(decideNextStep(held, open)).toBe('capture')
    expect(decideNextStep(held, cancelled)).toBe('cancel')
  })

  test('is to cancel what the buyer has not shown their bank, and to wait for a bank that is deciding', () => {
    expect(decideNextStep(aPayment({ status: 'REQUIRES_ACTION', providerState: 'action' }), cancelled)).toBe('cancel')
    expect(decideNextStep(aPayment({ status: 'PROCESSING', providerState: 'processing' }), cancelled)).toBe('wait')
  })
})

describe('what the provider says', () => {
  const said = (state: 'open' | 'succeeded' | 'failed' | 'cancelled') => ({ state })

  test.each(GOOD_STATUSES)('means nothing for a payment that is %s', (status) => {
    for (const state of ['open', 'succeeded', 'failed', 'cancelled'] as const) {
      expect(decideSettlement({ status }, said(state), false)).toBe('nothing')
    }
  })

  test.each(OPEN_STATUSES)('settles a payment that is %s', (status) => {
    expect(decideSettlement({ status }, said('open'), false)).toBe('nothing')
    expect(decideSettlement({ status }, said('succeeded'), false)).toBe('capture')
    expect(decideSettlement({ status }, said('failed'), false)).toBe('fail')
    expect(decideSettlement({ status }, said('cancelled'), false)).toBe('cancel')
  })

  test.each(['FAILED', 'CANCELLED'] as const)('about money counts also for a payment that is %s', (status) => {
    expect(decideSettlement({ status }, said('succeeded'), false)).toBe('capture')
    expect(decideSettlement({ status }, said('succeeded'), true)).toBe('surplus')
    expect(decideSettlement({ status }, said('failed'), false)).toBe('nothing')
    expect(decideSettlement({ status }, said('cancelled'), false)).toBe('nothing')
  })
})

test('an attempt that stands still is looked at ever more rarely, but never later than in five minutes', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 60].map(
    (checks) => (nextCheckAt(before, checks).getTime() - before.getTime()) / 1_000,
  )
  expect(pauses).toEqual([10, 20, 40, 80, 160, 300, 300])
})
