import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { beforeAll, describe, expect, test } from 'vitest'
import { aGoodPayment, anOpenPayment, anOutside, aRequest, commit, confirm, start } from '../../test/build.ts'
import { paymentRow, requestRow, sandboxMoney, told, toldOf } from '../../test/read.ts'
import { pursuePayment } from '../payments/pursuit.ts'
import type { Outside } from '../providers/outside.ts'
import { awaitRequest, cancelRequest, recordRequest } from './requests.ts'

let database: Database
let outside: Outside

beforeAll(async () => {
  ;({ database } = await testDatabase('payment'))
  outside = anOutside(database)
})

const cancel = (bookingId: string, reason = 'expired') =>
  commit(database, (tx, at) => cancelRequest(tx, { bookingId, reason, at }))

describe('a booking that asks for money', () => {
  test('twice has asked once, for what it asked first', async () => {
    const request = await aRequest(database)
    await commit(database, (tx) => recordRequest(tx, { ...request, amount: 1, commission: 0 }))
    expect(await requestRow(database, request.bookingId)).toMatchObject({ status: 'OPEN', amount: 10_000 })
  })

  test('after it has given up stays given up', async () => {
    const bookingId = newId()
    await cancel(bookingId)
    const request = await aRequest(database, { bookingId })
    expect(await requestRow(database, bookingId)).toMatchObject({ status: 'CANCELLED' })
    expect(await start(outside, request)).toMatchObject({ refusal: 'BookingNotPayable' })
  })
})

describe('a booking that no longer wants money', () => {
  test('cannot be paid any more', async () => {
    const request = await aRequest(database)
    await cancel(request.bookingId)
    expect(await start(outside, request)).toMatchObject({ refusal: 'BookingNotPayable' })
    expect(await told(database, request.bookingId)).toEqual([])
  })

  test('has its open attempt ended at the provider, and says so once', async () => {
    const { id, bookingId, payerId } = await anOpenPayment(outside)
    await cancel(bookingId, 'the buyer changed their mind')
    expect(await confirm(outside, payerId, id)).toMatchObject({ refusal: 'PaymentNotOpen' })
    await pursuePayment(outside, id)
    await cancel(bookingId)
    await pursuePayment(outside, id)
    expect(await paymentRow(database, id)).toMatchObject({ status: 'CANCELLED', clientSecret: null, captured: 0 })
    expect(await toldOf(database, bookingId, 'payment.cancelled')).toEqual([
      expect.objectContaining({ paymentId: id, userId: payerId, reason: 'the buyer changed their mind' }),
    ])
    expect(await sandboxMoney(database, id)).toEqual({ taken: 0, returned: 0, state: 'canceled' })
  })

  test('is paid all the same when the provider had taken the money, and booking hears of it', async () => {
    const { id, bookingId } = await anOpenPayment(outside)
    const { providerRef } = await paymentRow(database, id)
    await outside.providers.sandbox.confirmIntent(providerRef ?? '', 'tok_success')
    await cancel(bookingId)
    await pursuePayment(outside, id)
    expect(await paymentRow(database, id)).toMatchObject({ status: 'SUCCEEDED' })
    expect(await requestRow(database, bookingId)).toMatchObject({ status: 'PAID' })
    expect(await told(database, bookingId)).toEqual(['payment.succeeded'])
  })

  test('and is paid stays paid', async () => {
    const { id, bookingId } = await aGoodPayment(outside)
    await cancel(bookingId)
    await pursuePayment(outside, id)
    expect(await requestRow(database, bookingId)).toMatchObject({ status: 'PAID' })
    expect(await told(database, bookingId)).toEqual(['payment.succeeded'])
  })

  test('while its buyer confirms is either paid or not, and everybody agrees', async () => {
    const outcomes = new Set<string>()
    for (let round = 0; round < 12; round++) {
      const { id, bookingId, payerId } = await anOpenPayment(outside)
      await Promise.all([confirm(outside, payerId, id), cancel(bookingId).then(() => pursuePayment(outside, id))])
      await pursuePayment(outside, id)
      const { status } = await paymentRow(database, id)
      const { taken } = await sandboxMoney(database, id)
      expect({ status, taken, told: await told(database, bookingId) }).toEqual(
        taken === 0
          ? { status: 'CANCELLED', taken: 0, told: ['payment.cancelled'] }
          : { status: 'SUCCEEDED', taken: 10_000, told: ['payment.succeeded'] },
      )
      outcomes.add(status)
    }
    expect([...outcomes].every((status) => ['CANCELLED', 'SUCCEEDED'].includes(status))).toBe(true)
  })
})

describe('a buyer who is faster than the event', () => {
  test('waits until it is there', async () => {
    const bookingId = newId()
    const waited = awaitRequest(database, bookingId).then(() => requestRow(database, bookingId))
    await aRequest(database, { bookingId })
    expect(await waited).toMatchObject({ status: 'OPEN' })
  })

  test('does not wait for ever', async () => {
    const [watch, begun] = [stopwatch(), performance.now()]
    await awaitRequest(database, newId())
    expect(performance.now() - begun).toBeGreaterThan(1_900)
    expect(watch.milliseconds()).toBeLessThan(4_000)
  })

  test('does not wait for what is no booking at all', async () => {
    const watch = stopwatch()
    await awaitRequest(database, "'; drop table payments; --")
    expect(watch.milliseconds()).toBeLessThan(1_000)
  })
})
