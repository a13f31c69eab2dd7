import type { Database } from '@tikitu/runtime/database'
import { Fault } from '@tikitu/runtime/fault'
import { newId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, describe, expect, test } from 'vitest'
import { aGoodPayment, anOpenPayment, anOutside, aRequest, inSeconds, start } from '../../test/build.ts'
import { deafOnce } from '../../test/providers.ts'
import { attemptsOf, paymentRow, saidAbout, sandboxMoney, told } from '../../test/read.ts'
import type { Outside } from '../providers/outside.ts'
import { ProviderUnavailable } from '../providers/provider.ts'
import { firstQuestion, pursueNow, pursuePayment } from './pursuit.ts'

let database: Database
let outside: Outside

beforeAll(async () => {
  ;({ database } = await testDatabase('payment'))
  outside = anOutside(database)
})

describe('to begin to pay', () => {
  test('a booking that nobody has heard of is refused', async () => {
    for (const bookingId of [newId(), 'not an id', "'; drop table payments; --", 'nul\u0000']) {
      expect(await start(outside, { bookingId, payerId: newId() })).toMatchObject({
        refusal: 'BookingNotPayable',
        facts: { bookingId },
      })
    }
  })

  test('a booking of somebody else is refused in the same words', async () => {
    const { bookingId } = await aRequest(database)
    expect(await start(outside, { bookingId, payerId: newId() })).toMatchObject({ refusal: 'BookingNotPayable' })
    expect(await attemptsOf(database, bookingId)).toEqual([])
  })

  test('after the deadline, by the database’s clock, is refused', async () => {
    const request = await aRequest(database, { deadline: inSeconds(-1) })
    expect(await start(outside, request)).toMatchObject({
      refusal: 'PaymentDeadlinePassed',
      facts: { deadline: request.deadline },
    })
  })

  test('what is paid is refused', async () => {
    const payment = await aGoodPayment(outside)
    expect(await start(outside, payment)).toMatchObject({
      refusal: 'BookingAlreadyPaid',
      facts: { paymentId: payment.id },
    })
  })

  test('under a key of another wish is refused', async () => {
    const key = newId()
    const request = await aRequest(database)
    await start(outside, request, { key })
    expect(await start(outside, request, { key, method: 'WALLET' })).toMatchObject({
      refusal: 'IdempotencyKeyReused',
      facts: { idempotencyKey: key },
    })
  })

  test('asks the provider for the booking’s amount', async () => {
    const { id, bookingId, payerId, partnerId } = await anOpenPayment(outside, { amount: 2_500, currency: 'JPY' })
    expect(await paymentRow(database, id)).toMatchObject({
      bookingId,
      payerId,
      partnerId,
      attempt: 1,
      status: 'PENDING',
      amount: 2_500,
      currency: 'JPY',
      provider: 'sandbox',
      providerRef: expect.stringMatching(/^pi_/),
      clientSecret: expect.stringContaining('_secret_'),
    })
    expect(await saidAbout(database, id)).toEqual(['REQUEST create', 'ANSWER create'])
    expect(await told(database, bookingId)).toEqual([])
  })

  test('again answers with the open attempt', async () => {
    const { id, ...request } = await anOpenPayment(outside)
    expect(await start(outside, request)).toMatchObject({ value: { id } })
    expect(await attemptsOf(database, request.bookingId)).toHaveLength(1)
  })

  test('forty times at once with forty keys begins one attempt', async () => {
    const request = await aRequest(database)
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => start(outside, request)))
    const ids = new Set(outcomes.map((outcome) => accepted(outcome).id))
    expect(ids.size).toBe(1)
    expect(await attemptsOf(database, request.bookingId)).toHaveLength(1)
    expect(await sandboxMoney(database, [...ids][0] ?? '')).toMatchObject({ state: 'requires_payment_method' })
  })

  test('forty times at once with one key begins one attempt, and the rest gets it or is told to ask again', async () => {
    const request = await aRequest(database)
    const key = newId()
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => start(outside, request, { key })))
    const [attempt, ...others] = await attemptsOf(database, request.bookingId)
    expect(others).toEqual([])
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value).toMatchObject({ value: { id: attempt?.id } })
      else expect(outcome.reason).toSatisfy((error) => error instanceof Fault && error.code === 'CONFLICT')
    }
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
  })

  test('goes on when the provider’s answer was lost', async () => {
    const deaf = anOutside(database, deafOnce(outside.providers.sandbox, 'createIntent'))
    const request = await aRequest(database)
    await expect(start(deaf, request)).rejects.toThrow(ProviderUnavailable)
    const [attempt] = await attemptsOf(database, request.bookingId)
    expect(attempt).toMatchObject({ status: 'PENDING', providerRef: null })
    await pursuePayment(deaf, attempt?.id ?? '')
    expect(await paymentRow(database, attempt?.id ?? '')).toMatchObject({ providerRef: expect.stringMatching(/^pi_/) })
    expect(await saidAbout(database, attempt?.id ?? '')).toEqual([
      'REQUEST create',
      'NO_ANSWER create',
      'REQUEST create',
      'ANSWER create',
    ])
  })

  test('answers the buyer although the provider does not', async () => {
    const deaf = anOutside(database, deafOnce(outside.providers.sandbox, 'createIntent'))
    const request = await aRequest(database)
    await expect(start(deaf, request)).rejects.toThrow(ProviderUnavailable)
    const deafAgain = anOutside(database, deafOnce(outside.providers.sandbox, 'createIntent'))
    const [attempt] = await attemptsOf(database, request.bookingId)
    const question = accepted(
      await transact(database, async (tx, at) =>
        accept(await firstQuestion(tx, { id: attempt?.id ?? '', standing: null }, at)),
      ),
    )
    if (!question) throw new Error('there is nothing to ask')
    expect(await pursueNow(deafAgain, question)).toBeNull()
  })
})
