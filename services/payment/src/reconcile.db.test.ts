import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { testDatabase, waitFor } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { aGoodPayment, anOpenPayment, anOutside, aRequest, commit } from '../test/build.ts'
import { watched } from '../test/providers.ts'
import { paymentRow, refundRow, saidAbout, told } from '../test/read.ts'
import { confirmPayment, startPayment } from './payments/payments.ts'
import type { Outside } from './providers/outside.ts'
import { ProviderUnavailable } from './providers/provider.ts'
import { keepPursuing, reconcile } from './reconcile.ts'
import { requestRefund } from './refunds/refunds.ts'
import { cancelRequest } from './requests/requests.ts'

let database: Database
let outside: Outside

beforeAll(async () => {
  ;({ database } = await testDatabase('payment'))
  outside = anOutside(database)
})

// What other tests left open is not due in this one.
beforeEach(() =>
  database.pool.query(`update payments set check_at = 'infinity' where status in ('PENDING', 'PROCESSING')`),
)

/** Everything of this test is due. */
async function hurry(): Promise<void> {
  await database.pool.query(
    `update payments set check_at = now() where check_at < 'infinity'; update refunds set check_at = now()`,
  )
}

test('an attempt that nobody asked the provider about is made whole', async () => {
  const { bookingId, payerId } = await aRequest(database)
  const begun = await transact(database, (tx, at) =>
    startPayment(tx, { bookingId, payerId, method: 'CARD', provider: 'sandbox', idempotencyKey: newId(), at }),
  )
  const { id } = accepted(begun)
  await reconcile(outside)
  expect(await paymentRow(database, id)).toMatchObject({ providerRef: null })
  await hurry()
  await reconcile(outside)
  expect(await paymentRow(database, id)).toMatchObject({
    status: 'PENDING',
    providerRef: expect.stringMatching(/^pi_/),
  })
})

test('an attempt whose process died before it asked is taken up when it is due; one that waits for its buyer is not asked about', async () => {
  const [waiting, interrupted] = [await anOpenPayment(outside), await anOpenPayment(outside)]
  const { id: paymentId, payerId } = interrupted
  await transact(database, (tx, at) =>
    confirmPayment(tx, { paymentId, payerId, instrument: 'tok_success', instruments: ['tok_success'], at }),
  )
  await hurry()
  const pursuit = keepPursuing(outside)
  await waitFor('the money', async () => (await paymentRow(database, paymentId)).status === 'SUCCEEDED')
  await pursuit.stop()
  expect(await saidAbout(database, waiting.id)).toEqual(['REQUEST create', 'ANSWER create'])
})

test('an attempt that was to be confirmed is made whole', async () => {
  const { id, payerId } = await anOpenPayment(outside)
  await transact(database, (tx, at) =>
    confirmPayment(tx, { paymentId: id, payerId, instrument: 'tok_success', instruments: ['tok_success'], at }),
  )
  await hurry()
  await reconcile(outside)
  expect(await paymentRow(database, id)).toMatchObject({ status: 'SUCCEEDED' })
})

test('an attempt that was to be cancelled is made whole', async () => {
  const { id, bookingId } = await anOpenPayment(outside)
  await commit(database, (tx, at) => cancelRequest(tx, { bookingId, reason: 'expired', at }))
  await hurry()
  await reconcile(outside)
  expect(await paymentRow(database, id)).toMatchObject({ status: 'CANCELLED' })
})

test('an attempt that the provider settled without telling us is found out', async () => {
  const { id, bookingId } = await anOpenPayment(outside)
  const { providerRef } = await paymentRow(database, id)
  await outside.providers.sandbox.confirmIntent(providerRef ?? '', 'tok_insufficient_funds')
  await hurry()
  await reconcile(outside)
  expect(await paymentRow(database, id)).toMatchObject({ status: 'FAILED', failureCode: 'insufficient_funds' })
  expect(await told(database, bookingId)).toEqual(['payment.failed'])
})

test('an attempt that waits for its buyer is asked about ever more rarely', async () => {
  const { id } = await anOpenPayment(outside)
  const pauses: number[] = []
  for (let look = 0; look < 3; look++) {
    await hurry()
    await reconcile(outside)
    const { rows } = await database.pool.query<{ seconds: number }>(
      'select round(extract(epoch from check_at - now()))::int as seconds from payments where id = $1',
      [id],
    )
    pauses.push(rows[0]?.seconds ?? 0)
  }
  expect(pauses).toEqual(pauses.toSorted((left, right) => left - right))
  expect(pauses[2]).toBeGreaterThanOrEqual(30)
  expect(await saidAbout(database, id)).toContain('ANSWER fetch')
})

test('a refund that was not sent is sent', async () => {
  const { bookingId } = await aGoodPayment(outside)
  const refundId = newId()
  const asked = {
    refundId,
    bookingId,
    paymentId: null,
    amount: 100,
    currency: 'EUR',
    requestedBy: null,
    goodwill: false,
    reason: 'late',
  }
  await commit(database, (tx, at) => requestRefund(tx, { ...asked, at }))
  await hurry()
  await reconcile(outside)
  expect(await refundRow(database, refundId)).toMatchObject({ status: 'SUCCEEDED' })
})

test('one that fails keeps none of the others', async () => {
  const first = await anOpenPayment(outside)
  const second = await anOpenPayment(outside)
  for (const { bookingId } of [first, second]) {
    await commit(database, (tx, at) => cancelRequest(tx, { bookingId, reason: 'expired', at }))
  }
  let calls = 0
  const before = () => {
    calls += 1
    if (calls === 1) throw new ProviderUnavailable('the sandbox')
  }
  await hurry()
  await reconcile(anOutside(database, watched(outside.providers.sandbox, { before })))
  const statuses = await Promise.all([first, second].map(async ({ id }) => (await paymentRow(database, id)).status))
  expect(statuses.toSorted()).toEqual(['CANCELLED', 'PENDING'])
  await hurry()
  await reconcile(outside)
  for (const { id } of [first, second]) expect(await paymentRow(database, id)).toMatchObject({ status: 'CANCELLED' })
})
