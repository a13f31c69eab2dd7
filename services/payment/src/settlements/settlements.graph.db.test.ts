import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { aMachine, anAdmin, aPartnerUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { BookingRefundRequested, EventCancelled, EventCompleted } from '@tikitu/schema/events/booking'
import { beforeAll, expect, test } from 'vitest'
import { anOutside, commit, refundRequested } from '../../test/build.ts'
import { aBooking, confirmAs, startAs } from '../../test/graph.ts'
import { balances, refundRow, toldOf } from '../../test/read.ts'
import { aSandbox } from '../../test/sandbox.ts'
import { noteDispute } from '../disputes/disputes.ts'
import type { Intent } from '../providers/provider.ts'
import { reconcileDay } from '../reconciliation/reconciliation.ts'
import { definePayment } from '../service.ts'
import { settleAll } from './settlements.ts'

let payment: TestService
let database: Database

beforeAll(async () => {
  payment = await testService(definePayment({ provider: 'sandbox' }, () => ({ sandbox: aSandbox() })))
  ;({ database } = payment)
})

interface Money {
  readonly amount: number
  readonly currency: string
}

interface Due {
  readonly amount: Money
}

interface Line extends Due {
  readonly kind: string
  readonly commission: Money
  readonly net: Money
}

const finance = anAdmin('FINANCE')
const now = () => new Date().toISOString()

async function aSale(facts: { partnerId: string; eventId?: string; currency?: string; amount?: number }) {
  const booking = await aBooking(payment, facts)
  const { id } = await startAs(payment, booking.buyer, booking.bookingId)
  await confirmAs(payment, booking.buyer, String(id))
  return { ...booking, id: String(id) }
}

const endEvent = (eventId: string, partnerId: string) =>
  payment.deliver(EventCompleted, { eventId, partnerId, venueId: newId(), title: 'Tosca', endsAt: now(), at: now() })

const dispute = (paymentId: string, ref: string, state: 'open' | 'won' | 'lost', amount = 10_000) => {
  const said = { ref, intentRef: 'pi', amount, currency: 'EUR', reason: 'fraudulent', state, dueBy: null }
  return commit(database, (tx, at) => noteDispute(tx, { paymentId, dispute: said, at }))
}

async function giveBack(bookingId: string, amount: number): Promise<void> {
  const refund = refundRequested(bookingId, { amount })
  await payment.deliver(BookingRefundRequested, refund)
  await expect.poll(async () => (await refundRow(database, refund.refundId))?.status).toBe('SUCCEEDED')
}

const SETTLEMENTS = `query ($filter: SettlementFilter) { settlements(filter: $filter) { edges { node {
  id amount { amount currency } payments status reference bankReference lines { edges { node { amount { amount } } } } } } } }`
const settlementsOf = async (partnerId: string, identity = finance) =>
  (await payment.graph(identity, SETTLEMENTS, { filter: { partnerId } })).data.settlements.edges.map(
    ({ node }: { node: unknown }) => node,
  )

const PAY = `mutation ($input: MarkSettlementPaidInput!) { markSettlementPaid(input: $input) { __typename
  ... on Settlement { status bankReference } ... on SettlementAlreadyPaid { paidAt } ... on SettlementNotFound { settlementId } } }`
const pay = (settlementId: string, identity = finance, idempotencyKey = newId()) =>
  payment.graph(identity, PAY, { input: { settlementId, bankReference: 'SEPA 4711', idempotencyKey } })

test('a partner is settled with after the event, in each currency by itself, and paid once', async () => {
  const [partnerId, eventId] = [newId(), newId()]
  const sold = await aSale({ partnerId, eventId })
  await aSale({ partnerId, eventId, currency: 'USD', amount: 2_000 })
  const later = await aSale({ partnerId })
  await giveBack(sold.bookingId, 4_000)
  await settleAll({ database, log: anOutside(database).log })
  expect(await settlementsOf(partnerId)).toEqual([])

  await endEvent(eventId, partnerId)
  await settleAll({ database, log: anOutside(database).log })
  await settleAll({ database, log: anOutside(database).log })
  const due = await settlementsOf(partnerId)
  expect(due.toSorted((one: Due, other: Due) => other.amount.amount - one.amount.amount)).toMatchObject([
    { amount: { amount: 5_700, currency: 'EUR' }, payments: 1, status: 'DUE' },
    { amount: { amount: 1_500, currency: 'USD' }, payments: 1, status: 'DUE' },
  ])
  const euros = due.find(({ amount }: Due) => amount.currency === 'EUR')
  const document = await payment.graph(finance, `{ payoutInstructions csv: payoutInstructions(format: JSON) }`)
  expect(document.data.payoutInstructions).toContain(`${euros.id},${partnerId},57.00,EUR,${euros.reference},`)
  expect(JSON.parse(document.data.csv)).toContainEqual(
    expect.objectContaining({ settlementId: euros.id, amount: '57.00' }),
  )

  const outsider = (await pay(euros.id, anAdmin('SUPPORT'))).errors[0]?.extensions['code']
  expect(outsider).toBe('FORBIDDEN')
  expect((await pay(newId())).data.markSettlementPaid.__typename).toBe('SettlementNotFound')
  const key = newId()
  for (const _ of [1, 2])
    expect((await pay(euros.id, finance, key)).data.markSettlementPaid).toMatchObject({ status: 'PAID' })
  expect((await pay(euros.id)).data.markSettlementPaid.__typename).toBe('SettlementAlreadyPaid')
  expect(await balances(database, sold.id)).toEqual({ BUYER: -6_000, PLATFORM_FEE: 300, PAYOUT: 5_700 })
  expect(await balances(database, later.id)).toMatchObject({ PARTNER_PAYABLE: 9_500 })
  const told = await Promise.all(
    ['settlement.due', 'settlement.paid'].map((type) => toldOf(database, partnerId, type).then(({ length }) => length)),
  )
  expect(told).toEqual([2, 1])
})

test('30: what a bank takes back after the payout is taken off the next settlement', async () => {
  const [partnerId, eventId, next] = [newId(), newId(), newId()]
  const sold = await aSale({ partnerId, eventId })
  await endEvent(eventId, partnerId)
  await settleAll({ database, log: anOutside(database).log })
  const [first] = await settlementsOf(partnerId)
  await pay(first.id)
  await dispute(sold.id, 'dp_after_payout', 'open')
  await dispute(sold.id, 'dp_after_payout', 'lost')
  await dispute(sold.id, 'dp_after_payout', 'open')
  expect(await balances(database, sold.id)).toEqual({ PARTNER_PAYABLE: -9_500, PAYOUT: 9_500 })
  await settleAll({ database, log: anOutside(database).log })
  expect(await settlementsOf(partnerId)).toHaveLength(1)

  await aSale({ partnerId, eventId: next, amount: 30_000 })
  await payment.deliver(EventCancelled, {
    eventId: next,
    partnerId,
    venueId: newId(),
    title: 'Tosca',
    timezone: 'Europe/London',
    startsAt: now(),
    reason: 'rain',
    bookings: 0,
    at: now(),
  })
  await settleAll({ database, log: anOutside(database).log })
  const [second] = await settlementsOf(partnerId)
  expect(second).toMatchObject({ amount: { amount: 29_500 - 9_500 }, payments: 2 })
  expect(second.lines.edges.map(({ node }: { node: Due }) => node.amount.amount).toSorted()).toEqual([-9_500, 29_500])
})

test('what a bank contests waits, and a dispute that is won leaves everything as it was', async () => {
  const [partnerId, eventId] = [newId(), newId()]
  const sold = await aSale({ partnerId, eventId })
  await endEvent(eventId, partnerId)
  await dispute(sold.id, 'dp_won', 'open')
  await settleAll({ database, log: anOutside(database).log })
  expect(await settlementsOf(partnerId)).toEqual([])
  const LIST = `{ disputes(filter: { status: OPEN }) { edges { node { status reason amount { amount } payment { status } } } } }`
  expect((await payment.graph(finance, LIST)).data.disputes.edges).toContainEqual({
    node: { status: 'OPEN', reason: 'fraudulent', amount: { amount: 10_000 }, payment: { status: 'DISPUTED' } },
  })
  expect((await payment.graph(sold.buyer, LIST)).errors[0]?.extensions['code']).toBe('FORBIDDEN')
  await dispute(sold.id, 'dp_won', 'won')
  await dispute(sold.id, 'dp_won', 'lost')
  await settleAll({ database, log: anOutside(database).log })
  expect(await settlementsOf(partnerId)).toMatchObject([{ amount: { amount: 9_500 } }])
  expect(await toldOf(database, sold.bookingId, 'payment.disputed')).toHaveLength(1)
})

test('more or less than what is owed cannot be settled', async () => {
  const { id, partnerId } = await aSale({ partnerId: newId() })
  const settled = database.pool.query(
    `with made as (insert into settlements (id, partner_id, currency, amount, payments, status, due_at)
       values (uuidv7(), $2, 'EUR', 9501, 1, 'DUE', now()) returning id)
     insert into ledger_entries (transaction_key, cause, account, amount, currency, payment_id, settlement_id, partner_id, posted_at)
     select 'SETTLEMENT_DUE:' || id || ':x', 'SETTLEMENT_DUE', account, amount, 'EUR', $1, id, $2, now()
       from made cross join (values ('PARTNER_PAYABLE', -9501), ('SETTLEMENT', 9501)) as side (account, amount)`,
    [id, partnerId],
  )
  await expect(settled).rejects.toMatchObject({ constraint: 'payables_settled_for_what_is_owed' })
})

test('a statement adds up, line by line, for the partner and finance only', async () => {
  const partnerId = newId()
  const sold = await aSale({ partnerId })
  await aSale({ partnerId, currency: 'USD' })
  await giveBack(sold.bookingId, 4_000)
  await dispute(sold.id, 'dp_statement', 'lost', 6_000)
  const STATEMENT = `query ($id: ID!, $from: DateTime!, $until: DateTime!) {
    partnerStatement(partnerId: $id, currency: "EUR", from: $from, until: $until) {
      gross { amount } commission { amount } refunds { amount } chargebacks { amount } net { amount } settled { amount } csv
      lines { edges { node { kind amount { amount currency } commission { amount } net { amount } booking { id } } } } } }`
  const [from, until] = [new Date(Date.now() - 3_600_000).toISOString(), new Date(Date.now() + 3_600_000).toISOString()]
  const ask = (identity = finance) => payment.graph(identity, STATEMENT, { id: partnerId, from, until })
  for (const outsider of [nobody(), aPartnerUser(newId()), aPartnerUser(partnerId, 'SCANNER'), aMachine(partnerId, [])])
    expect((await ask(outsider)).data.partnerStatement).toBeNull()
  const { lines, csv, ...totals } = (await ask(aPartnerUser(partnerId, 'MANAGER'))).data.partnerStatement
  expect(totals).toEqual({
    gross: { amount: 10_000 },
    refunds: { amount: 4_000 },
    chargebacks: { amount: 6_000 },
    commission: { amount: 0 },
    net: { amount: 0 },
    settled: { amount: 0 },
  })
  expect(
    lines.edges.map(({ node }: { node: Line }) => [
      node.kind,
      node.amount.amount,
      node.commission.amount,
      node.net.amount,
    ]),
  ).toEqual([
    ['SALE', 10_000, 500, 9_500],
    ['REFUND', -4_000, -200, -3_800],
    ['CHARGEBACK', -6_000, -300, -5_700],
  ])
  expect(csv.split('\r\n')).toHaveLength(5)
  expect(csv).toContain(`REFUND,${sold.bookingId},${sold.id},EUR,-40.00,-2.00,-38.00`)
})

test('the report of a day names the payments about which ledger and provider do not agree', async () => {
  const sold = await aSale({ partnerId: newId(), amount: 7_000, currency: 'CHF' })
  const other = await aSale({ partnerId: newId(), amount: 3_000, currency: 'CHF' })
  await giveBackFrancs(sold.bookingId, 1_000)
  const outside = anOutside(database)
  const { sandbox } = outside.providers
  const day = now().slice(0, 10)
  const REPORTS = `{ reconciliations(first: 100) { edges { node { day payments unanswered capturedByUs { amount currency }
    capturedByProvider { amount } refundedByUs { amount } refundedByProvider { amount }
    differences { paymentId what ours { amount } theirs { amount } } } } } }`
  const report = async (said: (intent: Intent) => Intent) => {
    const fetchIntent = async (ref: string) => said(await sandbox.fetchIntent(ref))
    await reconcileDay({ ...outside, providers: { sandbox: { ...sandbox, fetchIntent } } }, day)
    const { data } = await payment.graph(finance, REPORTS)
    return data.reconciliations.edges.find(
      ({ node }: { node: { capturedByUs: Money } }) => node.capturedByUs.currency === 'CHF',
    ).node
  }
  const agreed = await report((intent) => ({ ...intent, refunded: intent.paymentId === sold.id ? 1_000 : 0 }))
  expect(agreed).toMatchObject({
    day,
    payments: 2,
    unanswered: 0,
    differences: [],
    refundedByProvider: { amount: 1_000 },
  })
  const refused = await payment.graph(anAdmin('SUPPORT'), REPORTS)
  expect(refused.errors[0]?.extensions['code']).toBe('FORBIDDEN')

  const disagreed = await report((intent) =>
    intent.paymentId === other.id ? { ...intent, amount: 2_999, refunded: 0 } : { ...intent, refunded: 1_500 },
  )
  expect(disagreed).toMatchObject({
    capturedByUs: { amount: 10_000 },
    capturedByProvider: { amount: 9_999 },
    refundedByUs: { amount: 1_000 },
    refundedByProvider: { amount: 1_500 },
  })
  expect(disagreed.differences).toHaveLength(2)
  expect(disagreed.differences).toContainEqual({
    paymentId: other.id,
    what: 'CAPTURED',
    ours: { amount: 3_000 },
    theirs: { amount: 2_999 },
  })
})

async function giveBackFrancs(bookingId: string, amount: number): Promise<void> {
  const refund = refundRequested(bookingId, { amount, currency: 'CHF' })
  await payment.deliver(BookingRefundRequested, refund)
  await expect.poll(async () => (await refundRow(database, refund.refundId))?.status).toBe('SUCCEEDED')
}
