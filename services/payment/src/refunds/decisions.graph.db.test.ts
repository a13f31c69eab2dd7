import { newId } from '@tikitu/runtime/ids'
import { anAdmin, aPartnerUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { BookingRefundRequested } from '@tikitu/schema/events/booking'
import { SettingChanged } from '@tikitu/schema/events/admin'
import { beforeAll, expect, test } from 'vitest'
import { refundRequested } from '../../test/build.ts'
import { anOpenPayment, confirmAs } from '../../test/graph.ts'
import { balances, refundRow, toldOf } from '../../test/read.ts'
import { aSandbox } from '../../test/sandbox.ts'
import { definePayment } from '../service.ts'

let payment: TestService

beforeAll(async () => {
  payment = await testService(definePayment({ provider: 'sandbox' }, () => ({ sandbox: aSandbox() })))
  const change = { key: 'payment.refundApprovalLimit', value: 50, version: 1, at: new Date().toISOString() }
  await payment.deliver(SettingChanged, change)
})

const finance = anAdmin('FINANCE')

const DECIDE = (verb: string) => `mutation ($input: DecideRefundInput!) { ${verb}(input: $input) { __typename
  ... on Refund { id status requestedBy decidedBy decisionNote }
  ... on RefundNotFound { refundId } ... on RefundNotDecidable { status } ... on RefundOfYourOwn { refundId }
  ... on RefundTooLarge { left { amount } } ... on IdempotencyKeyReused { idempotencyKey } } }`

const decide = (verb: string, refundId: string, identity = finance, idempotencyKey = newId()) =>
  payment.graph(identity, DECIDE(verb), { input: { refundId, note: 'seen', idempotencyKey } })

/** A payment of EUR 100.00, and a refund of it that a member of staff asked for. */
async function anAskedRefund(facts: { amount?: number; goodwill?: boolean; decidedBy?: string } = {}) {
  const open = await anOpenPayment(payment)
  await confirmAs(payment, open.buyer, open.id)
  const refund = refundRequested(open.bookingId, { decidedBy: newId(), ...facts })
  await payment.deliver(BookingRefundRequested, refund)
  return { ...open, refundId: refund.refundId, decidedBy: refund.decidedBy ?? '' }
}

const statusOf = async (refundId: string) => (await refundRow(payment.database, refundId))?.status

test('only finance decides, and only about what waits', async () => {
  const { refundId, partnerId, bookingId } = await anAskedRefund()
  for (const outsider of [nobody(), anAdmin('SUPPORT'), aPartnerUser(partnerId)]) {
    const { errors } = await decide('approveRefund', refundId, outsider)
    expect(errors[0]?.extensions['code']).toMatch(/UNAUTHENTICATED|FORBIDDEN/)
  }
  for (const id of [newId(), "' or 1=1 --"])
    expect((await decide('approveRefund', id)).data.approveRefund).toEqual({
      __typename: 'RefundNotFound',
      refundId: id,
    })
  expect((await decide('retryRefund', refundId)).data.retryRefund).toMatchObject({ status: 'AWAITING_APPROVAL' })
  expect((await decide('resolveRefund', refundId)).data.resolveRefund.__typename).toBe('RefundNotDecidable')
  expect(await statusOf(refundId)).toBe('AWAITING_APPROVAL')
  const LIST = `query ($filter: RefundFilter) { refunds(filter: $filter) { edges { node { id status requestedBy } } } }`
  const listed = await payment.graph(anAdmin('SUPPORT'), LIST, { filter: { bookingId, status: 'AWAITING_APPROVAL' } })
  expect(listed.data.refunds.edges).toMatchObject([{ node: { id: refundId } }])
  expect((await payment.graph(aPartnerUser(partnerId), LIST)).errors[0]?.extensions['code']).toBe('FORBIDDEN')
})

test('who asked does not approve; somebody else does, once, and it is in the audit log', async () => {
  const { refundId } = await anAskedRefund({ decidedBy: finance.userId ?? '' })
  expect((await decide('approveRefund', refundId)).data.approveRefund.__typename).toBe('RefundOfYourOwn')
  const other = anAdmin('FINANCE')
  const key = newId()
  const { data } = await decide('approveRefund', refundId, other, key)
  expect(data.approveRefund).toMatchObject({ __typename: 'Refund', decidedBy: other.userId, decisionNote: 'seen' })
  expect((await decide('approveRefund', refundId, other, key)).data.approveRefund.__typename).toBe('Refund')
  await expect.poll(() => statusOf(refundId)).toBe('SUCCEEDED')
  const audits = await toldOf(payment.database, `Refund:${refundId}`, 'audit.recorded')
  expect(audits).toMatchObject([{ action: 'approveRefund', before: { status: 'AWAITING_APPROVAL' } }])
})

test('up to the limit nobody is asked, and what follows from the rules never waits', async () => {
  const small = await anAskedRefund({ amount: 5_000 })
  await expect.poll(() => statusOf(small.refundId)).toBe('SUCCEEDED')
  const open = await anOpenPayment(payment)
  await confirmAs(payment, open.buyer, open.id)
  const byRule = refundRequested(open.bookingId)
  await payment.deliver(BookingRefundRequested, byRule)
  await expect.poll(() => statusOf(byRule.refundId)).toBe('SUCCEEDED')
})

test('goodwill that is rejected was never given; its money can be given back in another way', async () => {
  const { refundId, id, bookingId } = await anAskedRefund({ goodwill: true })
  expect(await balances(payment.database, id)).toEqual({ BUYER: -10_000, REFUND: 10_000 })
  expect((await decide('rejectRefund', refundId)).data.rejectRefund).toMatchObject({ status: 'REJECTED' })
  expect(await balances(payment.database, id)).toEqual({ BUYER: -10_000, PLATFORM_FEE: 500, PARTNER_PAYABLE: 9_500 })
  expect(await toldOf(payment.database, bookingId, 'refund.rejected')).toMatchObject([{ refundId, amount: 10_000 }])
  const again = refundRequested(bookingId)
  await payment.deliver(BookingRefundRequested, again)
  await expect.poll(() => statusOf(again.refundId)).toBe('SUCCEEDED')
})

test('what is owed for tickets stays owed when it is rejected, until somebody pays it by hand or tries again', async () => {
  const { refundId, id, bookingId } = await anAskedRefund()
  expect((await decide('rejectRefund', refundId)).data.rejectRefund).toMatchObject({ status: 'MANUAL_REVIEW' })
  expect(await toldOf(payment.database, bookingId, 'refund.failed')).toMatchObject([{ refundId, code: 'rejected' }])
  expect((await decide('resolveRefund', refundId)).data.resolveRefund).toMatchObject({ status: 'SUCCEEDED' })
  expect(await balances(payment.database, id)).toEqual({})
  expect(await toldOf(payment.database, bookingId, 'refund.succeeded')).toHaveLength(1)

  const other = await anAskedRefund()
  await decide('rejectRefund', other.refundId)
  expect((await decide('retryRefund', other.refundId)).data.retryRefund.__typename).toBe('Refund')
  await expect.poll(() => statusOf(other.refundId)).toBe('SUCCEEDED')
})

test('more than there is cannot be tried again', async () => {
  const { bookingId, refundId } = await anAskedRefund({ amount: 4_000 })
  await expect.poll(() => statusOf(refundId)).toBe('SUCCEEDED')
  const tooMuch = refundRequested(bookingId)
  await payment.deliver(BookingRefundRequested, tooMuch)
  expect(await statusOf(tooMuch.refundId)).toBe('MANUAL_REVIEW')
  for (const verb of ['retryRefund', 'resolveRefund'])
    expect((await decide(verb, tooMuch.refundId)).data[verb]).toEqual({
      __typename: 'RefundTooLarge',
      left: { amount: 6_000 },
    })
})
