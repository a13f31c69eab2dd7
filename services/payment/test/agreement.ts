import type { Database } from '@tikitu/runtime/database'
import { expect } from 'vitest'
import { isGood, isOpen } from '../src/payments/payment.rules.ts'
import { attemptsOf, balances, isGivenUp, refundsOf, requestRow, sandboxMoney, told } from './read.ts'

/**
 * What must be true of a booking whenever nothing is under way: our books, the ledger and the provider agree about its
 * money, everybody was told exactly what happened, and nobody paid twice.
 */
export async function expectAgreement(database: Database, bookingId: string): Promise<void> {
  const attempts = await attemptsOf(database, bookingId)
  const refunds = await refundsOf(database, bookingId)
  const request = await requestRow(database, bookingId)

  for (const { id, captured, refundReserved, refunded } of attempts) {
    expect(await sandboxMoney(database, id)).toMatchObject({ taken: captured, returned: refunded })
    const ledger = await balances(database, id)
    expect({ BUYER: ledger['BUYER'] ?? 0, REFUND: ledger['REFUND'] ?? 0 }).toEqual({
      BUYER: refunded - captured,
      REFUND: refundReserved - refunded,
    })
    expect(Object.values(ledger).reduce((sum, amount) => sum + amount, 0)).toBe(0)
    const promised = refunds.filter(({ paymentId, status }) => paymentId === id && status !== 'MANUAL_REVIEW')
    expect(promised.reduce((sum, { amount }) => sum + amount, 0)).toBe(refundReserved)
  }

  const good = attempts.filter(({ status, surplus }) => isGood(status) && !surplus)
  expect(good.length).toBeLessThanOrEqual(1)
  if (request) {
    const givenUp = await isGivenUp(database, bookingId)
    expect(request.status).toBe(good.length === 1 ? 'PAID' : givenUp ? 'CANCELLED' : 'OPEN')
  }
  const open = attempts.filter(({ status }) => isOpen(status))
  expect(open.every(({ status }) => status === 'PENDING' && request?.status === 'OPEN')).toBe(true)
  const underWay = refunds.filter(
    ({ status, paymentId }) => status === 'PROCESSING' || (status === 'REQUESTED' && paymentId),
  )
  expect(underWay).toEqual([])
  const waiting = refunds.filter(({ paymentId, askedPaymentId }) => paymentId === null && askedPaymentId === null)
  if (good.length > 0) expect(waiting).toEqual([])

  const count = (rows: readonly { status: string }[], status: string) =>
    rows.filter((row) => row.status === status).length
  const events = await told(database, bookingId)
  const toldOf = (type: string) => events.filter((event) => event === type).length
  expect({
    'payment.succeeded': toldOf('payment.succeeded'),
    'payment.failed': toldOf('payment.failed'),
    'payment.cancelled': toldOf('payment.cancelled'),
    'refund.succeeded': toldOf('refund.succeeded'),
    'refund.failed': toldOf('refund.failed'),
  }).toEqual({
    'payment.succeeded': good.length,
    'payment.failed': count(attempts, 'FAILED'),
    'payment.cancelled': count(attempts, 'CANCELLED'),
    'refund.succeeded': count(refunds, 'SUCCEEDED'),
    'refund.failed': count(refunds, 'MANUAL_REVIEW'),
  })
}

/** How a booking's money ended, without the names that differ from run to run. */
export async function endingOf(database: Database, bookingId: string) {
  const attempts = await attemptsOf(database, bookingId)
  return {
    request: (await requestRow(database, bookingId))?.status,
    attempts: attempts.map(({ status, captured, refunded }) => ({ status, captured, refunded })),
    refunds: (await refundsOf(database, bookingId)).map(({ status, amount }) => `${status} ${amount}`).toSorted(),
    told: await told(database, bookingId),
  }
}
