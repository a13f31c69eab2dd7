import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { anOpenPayment, anOutside, confirm, start } from '../../test/build.ts'
import { deafOnce } from '../../test/providers.ts'
import { attemptsOf, balances, paymentRow, requestRow, sandboxMoney, told, toldOf } from '../../test/read.ts'
import type { Outside } from '../providers/outside.ts'
import { ProviderUnavailable } from '../providers/provider.ts'
import { payments } from '../tables.ts'
import { pursuePayment } from './pursuit.ts'

let database: Database
let outside: Outside

beforeAll(async () => {
  ;({ database } = await testDatabase('payment'))
  outside = anOutside(database)
})

describe('to confirm', () => {
  test('a payment that is not the caller’s is refused as if there were none', async () => {
    const { id } = await anOpenPayment(outside)
    for (const paymentId of [id, newId(), 'not an id', "'; drop table payments; --"]) {
      expect(await confirm(outside, newId(), paymentId)).toMatchObject({
        refusal: 'PaymentNotFound',
        facts: { paymentId },
      })
    }
  })

  test('with an instrument that does not exist is refused', async () => {
    const { id, payerId } = await anOpenPayment(outside)
    expect(await confirm(outside, payerId, id, 'tok_gold')).toMatchObject({
      refusal: 'InstrumentUnknown',
      facts: { instruments: expect.arrayContaining(['tok_success', 'tok_declined', 'tok_insufficient_funds']) },
    })
    expect(await paymentRow(database, id)).toMatchObject({ status: 'PENDING', instrument: null })
  })

  test('a payment of another provider is refused', async () => {
    const { id, payerId } = await anOpenPayment(outside)
    await database.orm.update(payments).set({ provider: 'stripe' }).where(eq(payments.id, id))
    expect(await confirm(outside, payerId, id)).toMatchObject({
      refusal: 'ProviderNotSandbox',
      facts: { provider: 'stripe' },
    })
  })

  test('after the deadline is refused', async () => {
    const { id, payerId, bookingId } = await anOpenPayment(outside)
    await database.pool.query(
      `update payment_requests set deadline = now() - interval '1 second' where booking_id = $1`,
      [bookingId],
    )
    expect(await confirm(outside, payerId, id)).toMatchObject({ refusal: 'PaymentNotOpen' })
    expect(await sandboxMoney(database, id)).toMatchObject({ taken: 0 })
  })

  test('takes the money, once, and says so, once', async () => {
    const { id, bookingId, payerId } = await anOpenPayment(outside)
    accepted(await confirm(outside, payerId, id))
    accepted(await confirm(outside, payerId, id))
    const payment = await paymentRow(database, id)
    expect(payment).toMatchObject({ status: 'SUCCEEDED', captured: 10_000, refunded: 0, clientSecret: null })
    expect(await requestRow(database, bookingId)).toMatchObject({ status: 'PAID' })
    expect(await toldOf(database, bookingId, 'payment.succeeded')).toEqual([
      {
        paymentId: id,
        bookingId,
        userId: payerId,
        amount: 10_000,
        currency: 'EUR',
        providerRef: payment.providerRef,
        at: expect.any(String),
      },
    ])
    expect(await balances(database, id)).toEqual({ BUYER: -10_000, PLATFORM_FEE: 500, PARTNER_PAYABLE: 9_500 })
    expect(await sandboxMoney(database, id)).toEqual({ taken: 10_000, returned: 0, state: 'succeeded' })
  })

  test('forty times at once takes the money once', async () => {
    const { id, bookingId, payerId } = await anOpenPayment(outside)
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => confirm(outside, payerId, id)))
    for (const outcome of outcomes) expect(outcome).toMatchObject({ value: { id } })
    expect(await told(database, bookingId)).toEqual(['payment.succeeded'])
    expect(await paymentRow(database, id)).toMatchObject({ status: 'SUCCEEDED', captured: 10_000 })
    expect(await balances(database, id)).toMatchObject({ BUYER: -10_000 })
  })

  test('forty times at once, half of them with an instrument that is declined, has one ending', async () => {
    const { id, bookingId, payerId } = await anOpenPayment(outside)
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => confirm(outside, payerId, id, n % 2 ? 'tok_success' : 'tok_declined')),
    )
    const { status } = await paymentRow(database, id)
    const { taken } = await sandboxMoney(database, id)
    expect({ taken, told: await told(database, bookingId) }).toEqual(
      status === 'SUCCEEDED' ? { taken: 10_000, told: ['payment.succeeded'] } : { taken: 0, told: ['payment.failed'] },
    )
  })

  test.each([
    ['tok_declined', 'card_declined'],
    ['tok_insufficient_funds', 'insufficient_funds'],
  ])('with %s fails, and the next attempt may succeed', async (instrument, code) => {
    const { id, ...request } = await anOpenPayment(outside)
    accepted(await confirm(outside, request.payerId, id, instrument))
    expect(await paymentRow(database, id)).toMatchObject({ status: 'FAILED', failureCode: code, captured: 0 })
    expect(await toldOf(database, request.bookingId, 'payment.failed')).toEqual([
      { paymentId: id, bookingId: request.bookingId, userId: request.payerId, code, at: expect.any(String) },
    ])
    expect(await balances(database, id)).toEqual({})
    expect(await confirm(outside, request.payerId, id, 'tok_success')).toMatchObject({ refusal: 'PaymentNotOpen' })

    const second = accepted(await start(outside, request)).id
    expect(second).not.toBe(id)
    accepted(await confirm(outside, request.payerId, second))
    expect(await attemptsOf(database, request.bookingId)).toMatchObject([
      { attempt: 1, status: 'FAILED' },
      { attempt: 2, status: 'SUCCEEDED' },
    ])
    expect(await told(database, request.bookingId)).toEqual(['payment.failed', 'payment.succeeded'])
  })

  test('stands still when the provider does not answer, and takes the money once when it is asked again', async () => {
    const deaf = anOutside(database, deafOnce(outside.providers.sandbox, 'confirmIntent'))
    const { id, bookingId, payerId } = await anOpenPayment(outside)
    await expect(confirm(deaf, payerId, id)).rejects.toThrow(ProviderUnavailable)
    expect(await paymentRow(database, id)).toMatchObject({ status: 'PROCESSING' })
    expect(await told(database, bookingId)).toEqual([])
    await pursuePayment(deaf, id)
    expect(await paymentRow(database, id)).toMatchObject({ status: 'SUCCEEDED' })
    expect(await sandboxMoney(database, id)).toMatchObject({ taken: 10_000 })
    expect(await told(database, bookingId)).toEqual(['payment.succeeded'])
  })
})
