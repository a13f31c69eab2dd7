import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { anAdmin, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, expect, test } from 'vitest'
import { noteDispute } from '../src/disputes/disputes.ts'
import { PAYMENT_MACHINE } from '../src/payments/payment-machine.rules.ts'
import { PAYMENT_STATUSES, PROVIDER_STATES, type PaymentStatus } from '../src/payments/payment.rules.ts'
import { movePayment } from '../src/payments/payment.sql.ts'
import { confirmPayment, startPayment } from '../src/payments/payments.ts'
import { failUnbegun, settlePayment } from '../src/payments/settlement.ts'
import type { Intent } from '../src/providers/provider.ts'
import {
  approveRefund,
  rejectRefund,
  resolveRefund,
  retryRefund,
  type RefundDecision,
} from '../src/refunds/decisions.ts'
import { REFUND_MACHINE } from '../src/refunds/refund-machine.rules.ts'
import { REFUND_STATUSES, type RefundStatus } from '../src/refunds/refund.rules.ts'
import { moveRefund } from '../src/refunds/refund.sql.ts'
import { settleRefund } from '../src/refunds/refund-settlement.ts'
import { requestRefund } from '../src/refunds/refunds.ts'
import { aRequest, commit } from './build.ts'
import { stepsTaken, watchMachines } from './machines.ts'
import { paymentRow, refundRow, refundsOf } from './read.ts'

let database: Database
beforeAll(async () => {
  ;({ database } = await testDatabase('payment'))
  await watchMachines(database)
})

/** Above what staff may give back alone. */
const AMOUNT = 1_000_000

interface Sold {
  readonly id: string
  readonly bookingId: string
  readonly payerId: string
}

type Act = (sold: Sold) => Promise<unknown>

const says =
  (state: Intent['state']): Act =>
  ({ id }) => {
    const failureCode = state === 'failed' ? 'card_declined' : null
    const money = { amount: AMOUNT, currency: 'EUR' }
    const intent = { ref: `pi_${id}`, paymentId: id, clientSecret: 's', actionUrl: null, state, failureCode, ...money }
    return commit(database, (tx, at) => settlePayment(tx, { paymentId: id, intent, at }))
  }

const disputes =
  (state: 'open' | 'won' | 'lost', ref: (sold: Sold) => string = () => newId()): Act =>
  (sold) => {
    const said = { intentRef: 'pi', amount: AMOUNT, currency: 'EUR', reason: 'fraudulent', dueBy: null }
    const dispute = { ...said, ref: ref(sold), state }
    return commit(database, (tx, at) => noteDispute(tx, { paymentId: sold.id, dispute, at }))
  }

const first = ({ id }: Sold) => `dp_${id}`

const asks =
  (amount: number, facts: { readonly requestedBy?: string; readonly goodwill?: boolean } = {}): Act =>
  ({ bookingId }) => {
    const asked = { refundId: newId(), bookingId, paymentId: null, amount, currency: 'EUR', reason: 'test' }
    const by = { requestedBy: facts.requestedBy ?? null, goodwill: facts.goodwill ?? false }
    return commit(database, (tx, at) => requestRefund(tx, { ...asked, ...by, at }))
  }

const lastRefund = async ({ bookingId }: Sold) => (await refundsOf(database, bookingId)).at(-1)

/** The provider is asked for the last refund and answers, as `pursueRefund` has it. */
const answers =
  (state: 'pending' | 'succeeded' | 'failed' | null): Act =>
  async (sold) => {
    const refund = await lastRefund(sold)
    if (!refund || !['REQUESTED', 'FAILED', 'PROCESSING'].includes(refund.status)) return
    const attempt = refund.status === 'PROCESSING' ? refund.attempt : refund.attempt + 1
    await commit(database, (tx) =>
      moveRefund(tx, refund.id, { on: 'the provider is asked' }, { attempt, failureCode: null }),
    )
    if (state === null) return
    const answer = { ref: `re_${refund.id}_${attempt}`, state, failureCode: state === 'failed' ? 'expired' : null }
    await commit(database, (tx, at) => settleRefund(tx, { refundId: refund.id, attempt, answer, at }))
  }

type Decide = typeof approveRefund | typeof rejectRefund | typeof retryRefund | typeof resolveRefund

const decides =
  (verb: Decide): Act =>
  async (sold) => {
    const refundId = (await lastRefund(sold))?.id ?? newId()
    const decision: Omit<RefundDecision, 'at'> = {
      refundId,
      note: 'seen',
      idempotencyKey: newId(),
      identity: anAdmin('FINANCE'),
    }
    await transact<{ id: string }, { ok: false; refusal: string; message: string; facts: object }>(database, (tx, at) =>
      verb(tx, { ...decision, at }),
    )
  }

const confirms: Act = ({ id: paymentId, payerId }) =>
  transact(database, (tx, at) =>
    confirmPayment(tx, { paymentId, payerId, instrument: 'tok_success', instruments: ['tok_success'], at }),
  )

const staff = { requestedBy: newId() }

/** Everything that can happen to an attempt. */
const ON_PAYMENTS: Readonly<Record<string, Act>> = {
  confirm: confirms,
  ...Object.fromEntries(
    [...PROVIDER_STATES, 'succeeded', 'failed', 'cancelled'].map((state) => [
      `says ${state}`,
      says(state as Intent['state']),
    ]),
  ),
  'is refused': ({ id }) => commit(database, (tx, at) => failUnbegun(tx, { paymentId: id, code: 'no', at })),
  'dispute opened': disputes('open'),
  'dispute won': disputes('won'),
  'dispute lost': disputes('lost'),
  'first dispute won': disputes('won', first),
  'first dispute lost': disputes('lost', first),
}

/** Everything that can happen to what goes back of it. */
const ON_REFUNDS: Readonly<Record<string, Act>> = {
  'dispute lost': disputes('lost'),
  'a part is asked back': asks(10),
  'all is asked back': asks(AMOUNT),
  'too much is asked back': asks(AMOUNT + 1),
  'staff ask': asks(AMOUNT, staff),
  'staff ask for goodwill': asks(AMOUNT, { ...staff, goodwill: true }),
  'the refund is asked for': answers(null),
  'the refund is pending': answers('pending'),
  'the refund is paid': answers('succeeded'),
  'the refund is refused': answers('failed'),
  approve: decides(approveRefund),
  reject: decides(rejectRefund),
  retry: decides(retryRefund),
  resolve: decides(resolveRefund),
}

const good = [says('open'), says('succeeded')]
const under = (...acts: Act[]) => [...good, asks(AMOUNT), ...acts]

/** How an attempt comes into each of its states, and into each of its last refund's. */
const ARRIVE: Readonly<Record<PaymentStatus, readonly Act[]>> = {
  PENDING: [],
  REQUIRES_ACTION: [says('action')],
  PROCESSING: [confirms],
  SUCCEEDED: good,
  FAILED: [says('failed')],
  CANCELLED: [says('cancelled')],
  PARTIALLY_REFUNDED: [...good, asks(10), answers('succeeded')],
  REFUNDED: under(answers('succeeded')),
  DISPUTED: [...good, disputes('open', first)],
  WON: [...good, disputes('won', first)],
  LOST: [...good, disputes('lost', first)],
}
const WITH_REFUND: Readonly<Record<RefundStatus, readonly Act[]>> = {
  REQUESTED: under(),
  AWAITING_APPROVAL: [...good, asks(AMOUNT, staff)],
  PROCESSING: under(answers(null)),
  SUCCEEDED: under(answers('succeeded')),
  FAILED: under(answers('failed')),
  MANUAL_REVIEW: under(answers('failed'), answers('failed'), answers('failed')),
  REJECTED: [...good, asks(AMOUNT, { ...staff, goodwill: true }), decides(rejectRefund)],
}

async function arriving(acts: readonly Act[]): Promise<Sold> {
  const { bookingId, payerId } = await aRequest(database, { amount: AMOUNT, commission: 500 })
  const payer = { bookingId, payerId, method: 'CARD', provider: 'sandbox' } as const
  const { id } = accepted(
    await transact(database, (tx, at) => startPayment(tx, { ...payer, idempotencyKey: newId(), at })),
  )
  const sold = { id, bookingId, payerId }
  for (const act of acts) await act(sold)
  return sold
}

/** All that is written down about an attempt, but for when it is looked at next. */
async function standsAt({ id, bookingId }: Sold): Promise<string> {
  const [payment, refunds] = [await paymentRow(database, id), await refundsOf(database, bookingId)]
  return JSON.stringify([payment, refunds], (key, value: unknown) =>
    key === 'checkAt' || key === 'checks' ? null : value,
  )
}

/** Each act to an attempt of its own, or to one that another act has left as it was: refused, or thrown. */
async function tryEach(
  acts: Readonly<Record<string, Act>>,
  before: readonly Act[],
  check: (sold: Sold) => Promise<void>,
) {
  const waiting = Object.values(acts).values()
  const arrived = async () => {
    const sold = await arriving(before)
    await check(sold)
    return { sold, stands: await standsAt(sold) }
  }
  const worker = async () => {
    let fresh: { sold: Sold; stands: string } | undefined
    for (const act of waiting) {
      const { sold, stands } = fresh ?? (await arrived())
      await act(sold).catch(() => {})
      fresh = stands === (await standsAt(sold)) ? { sold, stands } : undefined
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

test('whatever happens in whatever state, nothing is done or said that the machines do not have', async () => {
  for (const status of PAYMENT_STATUSES)
    await tryEach(ON_PAYMENTS, ARRIVE[status], async ({ id }) =>
      expect((await paymentRow(database, id)).status).toBe(status),
    )
  for (const status of REFUND_STATUSES)
    await tryEach(ON_REFUNDS, WITH_REFUND[status], async (sold) =>
      expect((await lastRefund(sold))?.status).toBe(status),
    )

  // Another attempt pays the booking, or may; a part goes back of what a bank contests, or of what it contested.
  const surplus = await arriving([says('failed')])
  await transact(database, (tx, at) =>
    startPayment(tx, { ...surplus, method: 'CARD', provider: 'sandbox', idempotencyKey: newId(), at }),
  )
  await says('succeeded')(surplus)
  await arriving([
    ...good,
    asks(10),
    answers(null),
    disputes('open', first),
    answers('succeeded'),
    disputes('won', first),
  ])
  await arriving([...good, asks(AMOUNT + 1), decides(resolveRefund)])
  await arriving([...good, asks(AMOUNT, staff), decides(rejectRefund), decides(retryRefund)])
  const { wrong, taken } = await stepsTaken(database)
  expect(wrong).toEqual([])
  expect([...PAYMENT_MACHINE, ...REFUND_MACHINE].filter((row) => !taken.has(row))).toEqual([])
}, 120_000)

test('a step from a state that has none throws and does nothing', async () => {
  const paid = await arriving(under(answers('succeeded')))
  await expect(commit(database, (tx) => movePayment(tx, paid.id, { on: 'confirmed' }))).rejects.toThrow('no state for')
  const refundId = (await lastRefund(paid))?.id ?? ''
  await expect(commit(database, (tx) => moveRefund(tx, refundId, { on: 'approved' }))).rejects.toThrow('no state for')
  expect((await paymentRow(database, paid.id)).status).toBe('REFUNDED')
  expect((await refundRow(database, refundId))?.status).toBe('SUCCEEDED')
})

test('a step that the machines do not have, and one that says nothing, come to light', async () => {
  const { database: other } = await testDatabase('payment')
  await watchMachines(other)
  const { bookingId, payerId } = await aRequest(other, {})
  const start = { bookingId, payerId, method: 'CARD', provider: 'sandbox', idempotencyKey: newId() } as const
  const { id } = accepted(await transact(other, (tx, at) => startPayment(tx, { ...start, at })))
  await other.pool.query(`update payments set status = 'REQUIRES_ACTION' where id = $1`, [id])
  await other.pool.query(`update payments set status = 'PENDING' where id = $1`, [id])
  await other.pool.query(`update payments set status = 'CANCELLED' where id = $1`, [id])
  expect((await stepsTaken(other)).wrong).toEqual(['REQUIRES_ACTION → PENDING saying ', 'PENDING → CANCELLED saying '])
})
