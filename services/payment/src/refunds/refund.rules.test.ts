import { describe, expect, test } from 'vitest'
import {
  attemptDue,
  ATTEMPTS_MAX,
  isLastAttempt,
  needsApproval,
  nextAttemptAt,
  REFUND_STATUSES,
  stepAfterRefund,
  whyNotRefundable,
} from './refund.rules.ts'

const now = new Date('2027-05-01T18:30:00.000Z')
const later = new Date(now.getTime() + 1)

describe('a refund is taken from a payment', () => {
  const payment = { captured: 1_000, refundReserved: 300, lost: 40, currency: 'EUR' }

  test('up to what was captured and neither promised nor lost yet', () => {
    expect(whyNotRefundable(payment, { amount: 660, currency: 'EUR' })).toBeNull()
    expect(whyNotRefundable(payment, { amount: 661, currency: 'EUR' })).toBe('exceeds_captured')
  })

  test('in its own currency only', () => {
    expect(whyNotRefundable(payment, { amount: 1, currency: 'USD' })).toBe('currency_mismatch')
  })
})

describe('an attempt', () => {
  const good = { status: 'SUCCEEDED' } as const

  test('is not begun while a bank contests the payment, but one under way is followed', () => {
    const disputed = { status: 'DISPUTED' } as const
    expect(attemptDue({ status: 'REQUESTED', attempt: 0, checkAt: now }, disputed, later)).toBeNull()
    expect(attemptDue({ status: 'FAILED', attempt: 1, checkAt: now }, disputed, later)).toBeNull()
    expect(attemptDue({ status: 'PROCESSING', attempt: 1, checkAt: now }, disputed, later)).toBe(1)
  })

  test('is the first when nothing was tried', () => {
    expect(attemptDue({ status: 'REQUESTED', attempt: 0, checkAt: later }, good, now)).toBe(1)
  })

  test('under way is made again under its own number', () => {
    expect(attemptDue({ status: 'PROCESSING', attempt: 2, checkAt: later }, good, now)).toBe(2)
  })

  test('follows a refusal after a pause', () => {
    expect(attemptDue({ status: 'FAILED', attempt: 1, checkAt: now }, good, now)).toBe(2)
    expect(attemptDue({ status: 'FAILED', attempt: 1, checkAt: later }, good, now)).toBeNull()
  })

  test.each(REFUND_STATUSES.filter((status) => !['REQUESTED', 'PROCESSING', 'FAILED'].includes(status)))(
    'is not made while the refund is %s',
    (status) => {
      expect(attemptDue({ status, attempt: 1, checkAt: now }, good, later)).toBeNull()
    },
  )
})

test('the last refusal is for a person', () => {
  expect(isLastAttempt(ATTEMPTS_MAX - 1)).toBe(false)
  expect(isLastAttempt(ATTEMPTS_MAX)).toBe(true)
  expect([4, 5, 6].map(isLastAttempt)).toEqual([false, false, true])
})

test('pauses between attempts grow', () => {
  const pause = (attempt: number) => nextAttemptAt(now, attempt).getTime() - now.getTime()
  expect([pause(1), pause(2)]).toEqual([60_000, 300_000])
})

test('a payment says how much of it went back', () => {
  expect(stepAfterRefund('SUCCEEDED', 1_000, 999).when).toBe('a part')
  expect(stepAfterRefund('SUCCEEDED', 1_000, 1_000).when).toBe('all of it')
  expect(stepAfterRefund('DISPUTED', 1_000, 1_000).when).toBe('a bank has its word in it')
})

describe('a refund waits for an admin', () => {
  const refund = { requestedBy: 'somebody', amount: 100_001, currency: 'EUR' }

  test('above so many whole units of its currency', () => {
    expect(needsApproval(refund, 1_000)).toBe(true)
    expect(needsApproval({ ...refund, amount: 100_000 }, 1_000)).toBe(false)
    expect(needsApproval({ ...refund, amount: 1_001, currency: 'JPY' }, 1_000)).toBe(true)
    expect(needsApproval({ ...refund, amount: 1_000_000, currency: 'KWD' }, 1_000)).toBe(false)
  })

  test('only when somebody decided on it', () => {
    expect(needsApproval({ ...refund, requestedBy: null }, 0)).toBe(false)
  })
})
