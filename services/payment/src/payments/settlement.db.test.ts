import { violatedConstraint, type Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { aGoodPayment, anOpenPayment, anOutside, commit, confirm, start } from '../../test/build.ts'
import { balances, paymentRow, refundsOf, sandboxMoney, told } from '../../test/read.ts'
import { askSandbox } from '../../test/sandbox.ts'
import type { Outside } from '../providers/outside.ts'
import { pursueRefund } from '../refunds/refund-pursuit.ts'
import { payments } from '../tables.ts'
import { settlePayment } from './settlement.ts'

let database: Database
let outside: Outside

beforeAll(async () => {
  ;({ database } = await testDatabase('payment'))
  outside = anOutside(database)
})

describe('what the provider says', () => {
  test('fails loudly when the provider speaks of other money', async () => {
    const { id } = await anOpenPayment(outside)
    const { providerRef } = await paymentRow(database, id)
    const intent = await outside.providers.sandbox.confirmIntent(providerRef ?? '', 'tok_success')
    for (const other of [{ amount: 9_999 }, { currency: 'USD' }]) {
      await expect(
        commit(database, (tx, at) => settlePayment(tx, { paymentId: id, intent: { ...intent, ...other }, at })),
      ).rejects.toThrow(/same money/)
    }
    expect(await paymentRow(database, id)).toMatchObject({ status: 'PENDING' })
  })
})

describe('money that nobody waited for', () => {
  /** A first attempt that failed, and its intent, which the provider now says has taken the money after all. */
  async function aLateCapture() {
    const { id, ...request } = await anOpenPayment(outside)
    accepted(await confirm(outside, request.payerId, id, 'tok_declined'))
    const { providerRef } = await paymentRow(database, id)
    await askSandbox('POST', `test_helpers/payment_intents/${providerRef}/take`)
    const intent = await outside.providers.sandbox.fetchIntent(providerRef ?? '')
    const settle = () => commit(database, (tx, at) => settlePayment(tx, { paymentId: id, intent, at }))
    return { id, request, settle }
  }

  test('pays the booking when nothing else does', async () => {
    const { id, request, settle } = await aLateCapture()
    await settle()
    await settle()
    expect(await paymentRow(database, id)).toMatchObject({ status: 'SUCCEEDED', surplus: false, failureCode: null })
    expect(await told(database, request.bookingId)).toEqual(['payment.failed', 'payment.succeeded'])
  })

  test('is given back when the booking is paid', async () => {
    const { id, request, settle } = await aLateCapture()
    const second = accepted(await start(outside, request)).id
    accepted(await confirm(outside, request.payerId, second))
    await settle()
    await settle()
    const [refund, ...others] = await refundsOf(database, request.bookingId)
    expect(others).toEqual([])
    await pursueRefund(outside, refund?.id ?? '')
    expect(await paymentRow(database, id)).toMatchObject({ status: 'REFUNDED', surplus: true })
    expect(await paymentRow(database, second)).toMatchObject({ status: 'SUCCEEDED', surplus: false })
    expect(await told(database, request.bookingId)).toEqual(['payment.failed', 'payment.succeeded', 'refund.succeeded'])
    expect(await balances(database, id)).toEqual({})
    expect(await sandboxMoney(database, id)).toMatchObject({ taken: 10_000, returned: 10_000 })
  })

  test('is given back when another attempt is open, which stays so', async () => {
    const { id, request, settle } = await aLateCapture()
    const second = accepted(await start(outside, request)).id
    await settle()
    expect(await paymentRow(database, id)).toMatchObject({ surplus: true })
    accepted(await confirm(outside, request.payerId, second))
    expect(await paymentRow(database, second)).toMatchObject({ status: 'SUCCEEDED', surplus: false })
  })
})

describe('the database itself refuses', () => {
  const refused = async (change: (payment: typeof payments.$inferSelect) => Partial<typeof payments.$inferInsert>) => {
    const { id } = await aGoodPayment(outside)
    const row = await paymentRow(database, id)
    const error: unknown = await database.orm
      .update(payments)
      .set(change(row))
      .where(eq(payments.id, id))
      .then(
        () => null,
        (failure: unknown) => failure,
      )
    return violatedConstraint(error)
  }

  test('a second attempt that is open or good', async () => {
    const { id, bookingId } = await aGoodPayment(outside)
    const row = await paymentRow(database, id)
    const another = { ...row, id: newId(), bookingId, attempt: 2, providerRef: null }
    const error: unknown = await database.orm
      .insert(payments)
      .values(another)
      .then(
        () => null,
        (failure: unknown) => failure,
      )
    expect(violatedConstraint(error)).toBe('payments_one_open_or_good')
  })

  test.each([
    ['promises beyond what was captured', 'payments_given_back_within_captured', { refundReserved: 10_001 }],
    ['refunds that were not promised', 'payments_refunded_was_reserved', { refunded: 1, status: 'PARTIALLY_REFUNDED' }],
    ['captures beyond the amount', 'payments_captured_within_amount', { captured: 10_001 }],
    ['a success without money', 'payments_captured_when_good', { captured: 0 }],
    ['a failure without a reason', 'payments_failed_says_why', { status: 'FAILED', captured: 0 }],
    ['a secret that outlives its attempt', 'payments_secret_only_while_open', { clientSecret: 'pi_1_secret' }],
    ['a refund that the status hides', 'payments_status_tells_refunded', { refundReserved: 5, refunded: 5 }],
  ] as const)('%s', async (_what, constraint, change) => {
    expect(await refused(() => change)).toBe(constraint)
  })
})
