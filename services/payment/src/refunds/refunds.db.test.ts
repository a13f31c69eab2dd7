import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { aGoodPayment, anOpenPayment, anOutside, aRequest, commit, confirm, start } from '../../test/build.ts'
import { deafOnce, refusingRefunds } from '../../test/providers.ts'
import { balances, paymentRow, refundRow, refundsOf, saidAbout, sandboxMoney, told, toldOf } from '../../test/read.ts'
import { CARD_REMOVED } from '@tikitu/runtime/card-number'
import { ProviderUnavailable } from '../providers/provider.ts'
import type { Outside } from '../providers/outside.ts'
import { pursueRefund } from './refund-pursuit.ts'
import { requestRefund, type RequestRefund } from './refunds.ts'

let database: Database
let outside: Outside

beforeAll(async () => {
  ;({ database } = await testDatabase('payment'))
  outside = anOutside(database)
})

/** Asks for a refund of all of it and answers with its id. */
async function ask(bookingId: string, facts: Partial<RequestRefund> = {}): Promise<string> {
  const refundId = facts.refundId ?? newId()
  const wish = { refundId, bookingId, paymentId: null, requestedBy: null, goodwill: false }
  const asked = { ...wish, amount: 10_000, currency: 'EUR', reason: 'no longer wanted' }
  await commit(database, (tx, at) => requestRefund(tx, { ...asked, at, ...facts }))
  return refundId
}

/** The pause before the next attempt is over. */
async function hurry(refundId: string): Promise<void> {
  await database.pool.query('update refunds set check_at = now() where id = $1', [refundId])
}

describe('a refund', () => {
  test('of everything gives everything back, and says so once', async () => {
    const { id, bookingId, payerId } = await aGoodPayment(outside)
    const refundId = await ask(bookingId)
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'REQUESTED', paymentId: id })
    expect(await balances(database, id)).toEqual({ BUYER: -10_000, REFUND: 10_000 })

    await pursueRefund(outside, refundId)
    await pursueRefund(outside, refundId)
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 })
    expect(await paymentRow(database, id)).toMatchObject({
      status: 'REFUNDED',
      refundReserved: 10_000,
      refunded: 10_000,
    })
    expect(await balances(database, id)).toEqual({})
    expect(await sandboxMoney(database, id)).toEqual({ taken: 10_000, returned: 10_000, state: 'succeeded' })
    expect(await toldOf(database, bookingId, 'refund.succeeded')).toEqual([
      { refundId, paymentId: id, bookingId, userId: payerId, amount: 10_000, currency: 'EUR', at: expect.any(String) },
    ])
  })

  test('asked for forty times under one id is given once', async () => {
    const { id, bookingId } = await aGoodPayment(outside)
    const refundId = newId()
    await Promise.all(Array.from({ length: 40 }, () => ask(bookingId, { refundId, amount: 100 })))
    await Promise.all(Array.from({ length: 10 }, () => pursueRefund(outside, refundId)))
    expect(await paymentRow(database, id)).toMatchObject({ refundReserved: 100, refunded: 100 })
    expect(await sandboxMoney(database, id)).toMatchObject({ returned: 100 })
    expect(await told(database, bookingId)).toEqual(['payment.succeeded', 'refund.succeeded'])
  })

  test('in parts leaves the rest, and the parts add up', async () => {
    const { id, bookingId } = await aGoodPayment(outside, { amount: 1_000, commission: 333 })
    for (const amount of [1, 333, 333]) await pursueRefund(outside, await ask(bookingId, { amount }))
    expect(await paymentRow(database, id)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refunded: 667 })
    expect(await balances(database, id)).toEqual({ BUYER: -333, PLATFORM_FEE: 111, PARTNER_PAYABLE: 222 })
    await pursueRefund(outside, await ask(bookingId, { amount: 333 }))
    expect(await paymentRow(database, id)).toMatchObject({ status: 'REFUNDED' })
    expect(await balances(database, id)).toEqual({})
  })

  test('forty times at once never goes beyond what was captured', async () => {
    const { id, bookingId } = await aGoodPayment(outside, { amount: 1_000, commission: 77 })
    const ids = await Promise.all(Array.from({ length: 40 }, () => ask(bookingId, { amount: 300 })))
    await Promise.all(ids.map((refundId) => pursueRefund(outside, refundId)))
    const statuses = (await refundsOf(database, bookingId)).map(({ status }) => status).toSorted()
    expect(statuses.filter((status) => status === 'SUCCEEDED')).toHaveLength(3)
    expect(statuses.filter((status) => status === 'MANUAL_REVIEW')).toHaveLength(37)
    expect(await paymentRow(database, id)).toMatchObject({ refundReserved: 900, refunded: 900 })
    expect(await sandboxMoney(database, id)).toMatchObject({ returned: 900 })
  })

  test.each([
    ['more than was captured', { amount: 10_001 }, 'exceeds_captured'],
    ['another currency', { currency: 'USD' }, 'currency_mismatch'],
  ])('of %s takes nothing and is for a person', async (_what, facts, code) => {
    const { id, bookingId } = await aGoodPayment(outside)
    const refundId = await ask(bookingId, facts)
    await pursueRefund(outside, refundId)
    expect(await refundRow(database, refundId)).toMatchObject({
      status: 'MANUAL_REVIEW',
      failureCode: code,
      attempt: 0,
    })
    expect(await paymentRow(database, id)).toMatchObject({ status: 'SUCCEEDED', refundReserved: 0 })
    expect(await toldOf(database, bookingId, 'refund.failed')).toEqual([expect.objectContaining({ refundId, code })])
    expect(await balances(database, id)).toMatchObject({ PLATFORM_FEE: 500 })
  })

  test('keeps no card number that somebody gave as the reason', async () => {
    const { bookingId } = await aGoodPayment(outside)
    const refundId = await ask(bookingId, { reason: 'send it to 4242 4242 4242 4242 instead' })
    expect(await refundRow(database, refundId)).toMatchObject({ reason: `send it to ${CARD_REMOVED} instead` })
  })
})

describe('a refund that is asked for too early', () => {
  test('before its booking asked for money waits for the payment', async () => {
    const bookingId = newId()
    const refundId = await ask(bookingId, { amount: 4_000 })
    await pursueRefund(outside, refundId)
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'REQUESTED', paymentId: null })

    const { id } = await aGoodPayment(outside, { bookingId })
    await pursueRefund(outside, refundId)
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'SUCCEEDED', paymentId: id })
    expect(await told(database, bookingId)).toEqual(['payment.succeeded', 'refund.succeeded'])
  })

  test('for an open attempt waits for its money, and is not taken from another one', async () => {
    const { id, ...request } = await anOpenPayment(outside)
    const refundId = await ask(request.bookingId, { paymentId: id })
    accepted(await confirm(outside, request.payerId, id, 'tok_declined'))
    const second = accepted(await start(outside, request)).id
    accepted(await confirm(outside, request.payerId, second))
    await pursueRefund(outside, refundId)
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'REQUESTED', paymentId: null })
    expect(await paymentRow(database, second)).toMatchObject({ status: 'SUCCEEDED', refundReserved: 0 })
  })

  test('several at once are served in the order in which they were asked for, as far as the money goes', async () => {
    const bookingId = newId()
    const ids: string[] = []
    for (const amount of [6_000, 6_000, 4_000]) ids.push(await ask(bookingId, { amount }))
    const { id } = await aGoodPayment(outside, { bookingId })
    const rows = await Promise.all(ids.map((refundId) => refundRow(database, refundId)))
    expect(rows.map((row) => row?.status)).toEqual(['REQUESTED', 'MANUAL_REVIEW', 'REQUESTED'])
    expect(await paymentRow(database, id)).toMatchObject({ refundReserved: 10_000 })
  })

  test('for a payment of another booking never happens', async () => {
    const { id } = await aGoodPayment(outside)
    const other = await aRequest(database)
    const refundId = await ask(other.bookingId, { paymentId: id })
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'REQUESTED', paymentId: null })
    expect(await paymentRow(database, id)).toMatchObject({ refundReserved: 0 })
  })
})

describe('a provider that refuses', () => {
  test('once is asked again after a pause, under another key', async () => {
    const sandbox = refusingRefunds(outside.providers.sandbox, 1)
    const refusing = anOutside(database, sandbox)
    const { id, bookingId } = await aGoodPayment(outside)
    const refundId = await ask(bookingId)
    await pursueRefund(refusing, refundId)
    await pursueRefund(refusing, refundId)
    expect(await refundRow(database, refundId)).toMatchObject({
      status: 'FAILED',
      attempt: 1,
      failureCode: 'expired_or_canceled_card',
    })
    expect(await told(database, bookingId)).toEqual(['payment.succeeded'])
    expect(await balances(database, id)).toEqual({ BUYER: -10_000, REFUND: 10_000 })

    await hurry(refundId)
    await pursueRefund(refusing, refundId)
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'SUCCEEDED', attempt: 2, failureCode: null })
    expect(sandbox.keys).toEqual([`rf:${refundId}:1`, `rf:${refundId}:2`])
    expect(await told(database, bookingId)).toEqual(['payment.succeeded', 'refund.succeeded'])
  })

  test('three times leaves it to a person, with the money still promised, and says so once', async () => {
    const refusing = anOutside(database, refusingRefunds(outside.providers.sandbox, 9))
    const { id, bookingId } = await aGoodPayment(outside)
    const refundId = await ask(bookingId)
    for (let attempt = 1; attempt <= 5; attempt++) {
      await pursueRefund(refusing, refundId)
      await hurry(refundId)
    }
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'MANUAL_REVIEW', attempt: 3 })
    expect(await paymentRow(database, id)).toMatchObject({ status: 'SUCCEEDED', refundReserved: 10_000, refunded: 0 })
    expect(await balances(database, id)).toEqual({ BUYER: -10_000, REFUND: 10_000 })
    expect(await told(database, bookingId)).toEqual(['payment.succeeded', 'refund.failed'])
  })

  test('to answer is asked again in the same words, and gives the money back once', async () => {
    const deaf = anOutside(database, deafOnce(outside.providers.sandbox, 'refundIntent'))
    const { id, bookingId } = await aGoodPayment(outside)
    const refundId = await ask(bookingId)
    await expect(pursueRefund(deaf, refundId)).rejects.toThrow(ProviderUnavailable)
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'PROCESSING', attempt: 1 })
    await pursueRefund(deaf, refundId)
    expect(await refundRow(database, refundId)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 })
    expect(await sandboxMoney(database, id)).toMatchObject({ returned: 10_000 })
    expect((await saidAbout(database, id)).slice(-4)).toEqual([
      'REQUEST refund',
      'NO_ANSWER refund',
      'REQUEST refund',
      'ANSWER refund',
    ])
  })
})
