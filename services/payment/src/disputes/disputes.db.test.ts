import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import type { Refusal } from '@tikitu/runtime/outcome'
import { anAdmin, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, expect, test } from 'vitest'
import { aGoodPayment, anOutside, commit } from '../../test/build.ts'
import { brokenBooks, type Sale } from '../../test/books.ts'
import { paymentRow, refundRow, toldOf } from '../../test/read.ts'
import { rejectRefund, retryRefund } from '../refunds/decisions.ts'
import { pursueRefund } from '../refunds/refund-pursuit.ts'
import { requestRefund, type RequestRefund } from '../refunds/refunds.ts'
import { noteDispute } from './disputes.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('payment')).database
})

async function aSale(amount = 10_000): Promise<Sale> {
  const facts = { amount, commission: 500, currency: 'EUR', partnerId: newId(), eventId: newId() }
  const { id, bookingId } = await aGoodPayment(anOutside(database), facts)
  return { ...facts, id, bookingId, captured: facts.amount }
}

const says = ({ id: paymentId }: Sale, ref: string, state: 'open' | 'won' | 'lost', amount = 10_000) => {
  const dispute = { ref, intentRef: 'pi', amount, currency: 'EUR', reason: 'fraudulent', state, dueBy: null }
  return commit(database, (tx, at) => noteDispute(tx, { paymentId, dispute, at }))
}

async function isAskedBack(
  { bookingId }: Sale,
  amount: number,
  by: Pick<RequestRefund, 'requestedBy' | 'goodwill'> = { requestedBy: null, goodwill: false },
): Promise<string> {
  const refundId = newId()
  const asked = { refundId, bookingId, paymentId: null, amount, currency: 'EUR', reason: 'cancelled' }
  await commit(database, (tx, at) => requestRefund(tx, { ...asked, ...by, at }))
  return refundId
}

const closed = ({ bookingId }: Sale) => toldOf(database, bookingId, 'payment.dispute_closed')

test('how a dispute ended is told once, with what the buyer keeps', async () => {
  for (const [state, outcome, lost] of [
    ['won', 'WON', 0],
    ['lost', 'LOST', 6_000],
  ] as const) {
    const sale = await aSale()
    const ref = newId()
    await says(sale, ref, 'open', 6_000)
    expect(await closed(sale)).toEqual([])
    await says(sale, ref, state, 6_000)
    await says(sale, ref, state, 6_000)
    await says(sale, ref, 'open', 6_000)
    expect(await closed(sale)).toMatchObject([{ paymentId: sale.id, outcome, amount: 6_000, lost }])
    expect(await brokenBooks(database, sale)).toEqual([])
  }
})

test('of a dispute that is heard of when it is over both are told, in their order', async () => {
  const sale = await aSale()
  await says(sale, newId(), 'won')
  expect(await toldOf(database, sale.bookingId, 'payment.disputed')).toHaveLength(1)
  expect(await closed(sale)).toMatchObject([{ outcome: 'WON', lost: 0 }])
  expect((await paymentRow(database, sale.id)).status).toBe('WON')
})

test('a refund of what a bank contests waits for it: when it is won, it is sent', async () => {
  const sale = await aSale()
  const ref = newId()
  await says(sale, ref, 'open')
  const refundId = await isAskedBack(sale, 10_000)
  await pursueRefund(anOutside(database), refundId)
  expect(await refundRow(database, refundId)).toMatchObject({ status: 'REQUESTED', reserved: true, attempt: 0 })
  await says(sale, ref, 'won')
  await pursueRefund(anOutside(database), refundId)
  expect(await refundRow(database, refundId)).toMatchObject({ status: 'SUCCEEDED' })
  expect(await brokenBooks(database, sale)).toEqual([])
})

test('a refund of what a bank contests waits for it: when it is lost, the buyer is not paid a second time', async () => {
  const sale = await aSale()
  const ref = newId()
  await says(sale, ref, 'open')
  const refundId = await isAskedBack(sale, 10_000)
  await says(sale, ref, 'lost')
  expect(await refundRow(database, refundId)).toMatchObject({ status: 'SUCCEEDED', attempt: 0 })
  expect(await toldOf(database, sale.bookingId, 'refund.succeeded')).toMatchObject([{ refundId, amount: 10_000 }])
  expect(await closed(sale)).toMatchObject([{ outcome: 'LOST', lost: 0 }])
  expect(await brokenBooks(database, sale)).toEqual([])
})

test('more than was captured and not promised or lost is not promised, contested or not', async () => {
  const sale = await aSale()
  await says(sale, newId(), 'open', 4_000)
  await isAskedBack(sale, 7_000)
  expect(await refundRow(database, await isAskedBack(sale, 3_001))).toMatchObject({ status: 'MANUAL_REVIEW' })
  expect((await paymentRow(database, sale.id)).contested).toBe(3_000)
  expect(await brokenBooks(database, sale)).toEqual([])
})

test('while another dispute is open a payment stays disputed, though nothing of it was left to contest', async () => {
  const sale = await aSale()
  const [one, other] = [newId(), newId()]
  await says(sale, one, 'open')
  await says(sale, other, 'open')
  await says(sale, one, 'won')
  expect(await paymentRow(database, sale.id)).toMatchObject({ status: 'DISPUTED', contested: 10_000 })
  expect(await brokenBooks(database, sale)).toEqual([])
  await says(sale, other, 'lost')
  expect(await paymentRow(database, sale.id)).toMatchObject({ status: 'LOST', lost: 10_000 })
  expect((await closed(sale)).map((data) => (data as { lost: number }).lost)).toEqual([0, 10_000])
  expect(await brokenBooks(database, sale)).toEqual([])
})

test('of a refund that a lost dispute has paid in part, no more is sent than was captured: a person sees what is left', async () => {
  const sale = await aSale()
  const ref = newId()
  await says(sale, ref, 'open', 6_000)
  const refundId = await isAskedBack(sale, 7_000)
  await says(sale, ref, 'lost', 6_000)
  expect(await brokenBooks(database, sale)).toEqual([])
  expect(await refundRow(database, refundId)).toMatchObject({ status: 'MANUAL_REVIEW', reserved: false })
  expect(await toldOf(database, sale.bookingId, 'refund.failed')).toMatchObject([
    { refundId, code: 'exceeds_captured' },
  ])
  expect(await closed(sale)).toMatchObject([{ outcome: 'LOST', lost: 6_000 }])

  const decision = { refundId, note: 'seen', idempotencyKey: newId(), identity: anAdmin('FINANCE') }
  expect(await transact(database, (tx, at) => retryRefund(tx, { ...decision, at }))).toMatchObject({
    refusal: 'RefundTooLarge',
    facts: { left: { amount: 4_000, currency: 'EUR' } },
  })
  const rest = await isAskedBack(sale, 4_000)
  await pursueRefund(anOutside(database), rest)
  expect(await refundRow(database, rest)).toMatchObject({ status: 'SUCCEEDED' })
  expect(await paymentRow(database, sale.id)).toMatchObject({ captured: 10_000, refunded: 4_000, lost: 6_000 })
  expect(await brokenBooks(database, sale)).toEqual([])
})

test('a refund whose promise was taken back is promised again once there is enough', async () => {
  const sale = await aSale(1_000_000)
  const ref = newId()
  await says(sale, ref, 'open', 200_000)
  const goodwill = await isAskedBack(sale, 250_000, { requestedBy: newId(), goodwill: true })
  const owed = await isAskedBack(sale, 700_000)
  await says(sale, ref, 'lost', 200_000)
  expect(await refundRow(database, goodwill)).toMatchObject({ status: 'AWAITING_APPROVAL', reserved: true })
  expect(await refundRow(database, owed)).toMatchObject({ status: 'MANUAL_REVIEW', reserved: false })

  const decide = (verb: typeof retryRefund | typeof rejectRefund, refundId: string) => {
    const decision = { refundId, note: 'seen', idempotencyKey: newId(), identity: anAdmin('FINANCE') }
    return transact<{ id: string }, Refusal>(database, (tx, at) => verb(tx, { ...decision, at }))
  }
  expect(await decide(retryRefund, owed)).toMatchObject({ refusal: 'RefundTooLarge' })
  expect(await decide(rejectRefund, goodwill)).toMatchObject({ ok: true })
  expect(await decide(retryRefund, owed)).toMatchObject({ ok: true })
  expect(await brokenBooks(database, sale)).toEqual([])
  await pursueRefund(anOutside(database), owed)
  expect(await paymentRow(database, sale.id)).toMatchObject({ refunded: 700_000, lost: 200_000 })
  expect(await brokenBooks(database, sale)).toEqual([])
})
