import {
  BookingPaymentCancelRequested,
  BookingPaymentRequested,
  BookingRefundRequested,
} from '@tikitu/schema/events/booking'
import { newId } from '@tikitu/runtime/ids'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aStranger,
  aUser,
  nobody,
  testService,
  waitFor,
  type TestService,
} from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { cancelRequested, paymentRequested, refundRequested } from '../../test/build.ts'
import { aBooking, anOpenPayment, CONFIRM, confirmAs, START, startAs } from '../../test/graph.ts'
import { paymentRow } from '../../test/read.ts'
import { aSandbox } from '../../test/sandbox.ts'
import { definePayment } from '../service.ts'

let payment: TestService

beforeAll(async () => {
  payment = await testService(definePayment({ provider: 'sandbox' }, () => ({ sandbox: aSandbox() })))
})

const startInput = (facts: Record<string, unknown> = {}) => ({
  input: { bookingId: newId(), method: 'CARD', idempotencyKey: newId(), ...facts },
})

describe('who may pay', () => {
  test('is nobody without a token, and nobody who has not registered', async () => {
    const confirm = { input: { paymentId: newId(), instrument: 'tok_success' } }
    for (const [query, variables] of [
      [START, startInput()],
      [CONFIRM, confirm],
    ] as const) {
      const codes = await Promise.all(
        [nobody(), aStranger(), aMachine(newId(), ['tikitu/sales.read'])].map(async (identity) => {
          const { errors } = await payment.graph(identity, query, variables)
          return errors[0]?.extensions['code']
        }),
      )
      expect(codes).toEqual(['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN'])
    }
  })

  test('is not an admin or the partner for the buyer', async () => {
    const { bookingId, partnerId, id } = await anOpenPayment(payment)
    for (const identity of [anAdmin(), aPartnerUser(partnerId)]) {
      expect(await startAs(payment, identity, bookingId)).toMatchObject({ __typename: 'BookingNotPayable', bookingId })
      expect(await confirmAs(payment, identity, id)).toMatchObject({ __typename: 'PaymentNotFound', paymentId: id })
    }
  })
})

describe('the purchase', () => {
  test('is started and confirmed in the words of a client', async () => {
    const { buyer, bookingId } = await aBooking(payment, { amount: 4_200, currency: 'EUR' })
    const started = await startAs(payment, buyer, bookingId)
    expect(started).toEqual({
      __typename: 'Payment',
      id: expect.any(String),
      status: 'PENDING',
      amount: { amount: 4_200, currency: 'EUR' },
      provider: 'sandbox',
      method: 'CARD',
      clientSecret: expect.stringContaining('_secret_'),
      failureCode: null,
    })
    const paid = { __typename: 'Payment', id: started.id, status: 'SUCCEEDED', failureCode: null, clientSecret: null }
    expect(await confirmAs(payment, buyer, started.id)).toEqual(paid)
    expect(await confirmAs(payment, buyer, started.id)).toEqual(paid)
    expect(await startAs(payment, buyer, bookingId)).toMatchObject({
      __typename: 'BookingAlreadyPaid',
      paymentId: started.id,
    })
  })

  test('waits for a booking whose event is on its way', async () => {
    const buyer = aUser()
    const requested = paymentRequested({ userId: buyer.userId ?? '' })
    const [started] = await Promise.all([
      startAs(payment, buyer, requested.bookingId),
      payment.deliver(BookingPaymentRequested, requested),
    ])
    expect(started).toMatchObject({ __typename: 'Payment', status: 'PENDING' })
  })

  test('is declined, and paid with another instrument', async () => {
    const { buyer, bookingId, id } = await anOpenPayment(payment)
    expect(await confirmAs(payment, buyer, id, 'tok_declined')).toMatchObject({
      __typename: 'Payment',
      status: 'FAILED',
      failureCode: 'card_declined',
    })
    expect(await confirmAs(payment, buyer, id)).toMatchObject({ __typename: 'PaymentNotOpen', status: 'FAILED' })
    const second = await startAs(payment, buyer, bookingId)
    expect(second.id).not.toBe(id)
    expect(await confirmAs(payment, buyer, second.id)).toMatchObject({ status: 'SUCCEEDED' })
  })

  test('gives the first answer again under the same key, and refuses another wish under it', async () => {
    const { buyer, bookingId } = await aBooking(payment)
    const key = newId()
    const { id } = await startAs(payment, buyer, bookingId, key)
    expect(await startAs(payment, buyer, bookingId, key)).toMatchObject({ __typename: 'Payment', id })
    const other = await aBooking(payment, { userId: buyer.userId ?? '' })
    expect(await startAs(payment, buyer, other.bookingId, key)).toMatchObject({
      __typename: 'IdempotencyKeyReused',
      idempotencyKey: key,
    })
  })

  test('ends when the booking no longer wants money', async () => {
    const { buyer, bookingId, id } = await anOpenPayment(payment)
    await payment.deliver(BookingPaymentCancelRequested, cancelRequested(bookingId))
    expect(await confirmAs(payment, buyer, id)).toMatchObject({ __typename: 'PaymentNotOpen', status: 'CANCELLED' })
    await waitFor(
      'the attempt to be cancelled',
      async () => (await paymentRow(payment.database, id)).status === 'CANCELLED',
    )
  })

  test('is given back when booking asks for it', async () => {
    const { buyer, bookingId, id } = await anOpenPayment(payment)
    await confirmAs(payment, buyer, id)
    const refund = refundRequested(bookingId, { amount: 4_000, reason: 'cancelled by the buyer' })
    await payment.deliver(BookingRefundRequested, refund)
    await payment.deliver(BookingRefundRequested, refund)
    await waitFor('the refund', async () => (await paymentRow(payment.database, id)).refunded > 0)
    const { data } = await payment.graph(
      buyer,
      `query ($id: ID!) { payment(id: $id) { status refunded { amount currency } refunds { id status reason amount { amount currency } failureCode createdAt } } }`,
      { id },
    )
    expect(data.payment).toEqual({
      status: 'PARTIALLY_REFUNDED',
      refunded: { amount: 4_000, currency: 'EUR' },
      refunds: [
        {
          id: refund.refundId,
          status: 'SUCCEEDED',
          reason: 'cancelled by the buyer',
          amount: { amount: 4_000, currency: 'EUR' },
          failureCode: null,
          createdAt: expect.any(String),
        },
      ],
    })
  })
})

describe('text that does not belong', () => {
  /** Everything that the service keeps, as text. */
  async function everything(): Promise<string> {
    const { rows } = await payment.database.pool.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`,
    )
    const texts = await Promise.all(
      rows.map(async ({ name }) => {
        const { rows: kept } = await payment.database.pool.query<{ row: string }>(
          `select t::text as row from ${name} as t`,
        )
        return kept.map(({ row }) => row).join('\n')
      }),
    )
    return texts.join('\n')
  }

  test('is refused when it is too short, too long or not printable', async () => {
    const buyer = aUser()
    for (const [facts, field] of [
      [{ idempotencyKey: 'short' }, 'input.idempotencyKey'],
      [{ idempotencyKey: 'x'.repeat(101) }, 'input.idempotencyKey'],
      [{ idempotencyKey: 'nul\u0000nul\u0000' }, 'input.idempotencyKey'],
      [{ bookingId: 'x'.repeat(101) }, 'input.bookingId'],
      [{ bookingId: '' }, 'input.bookingId'],
      [{ bookingId: 'nul\u0000' }, 'input.bookingId'],
    ] as const) {
      const { errors } = await payment.graph(buyer, START, startInput(facts))
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field })
    }
  })

  test('is kept word for word when it is SQL in a key, and does nothing', async () => {
    const { buyer, bookingId } = await aBooking(payment)
    const key = `');drop/**/table/**/payments;--`
    expect(await startAs(payment, buyer, bookingId, key)).toMatchObject({ __typename: 'Payment' })
    expect(await startAs(payment, buyer, bookingId, key)).toMatchObject({ __typename: 'Payment' })
    expect(await everything()).toContain(key)
  })

  test('is refused and kept nowhere when it is a card number', async () => {
    const cards = ['4242424242424242', '4242-4242-4242-4242', '378282246310005']
    const { buyer, bookingId, id } = await anOpenPayment(payment)
    for (const card of cards) {
      for (const [query, input, field] of [
        [START, { ...startInput({ bookingId: card }).input }, 'input.bookingId'],
        [START, { ...startInput({ bookingId, idempotencyKey: card }).input }, 'input.idempotencyKey'],
        [START, { ...startInput({ bookingId, idempotencyKey: `pay_${card}` }).input }, 'input.idempotencyKey'],
        [CONFIRM, { paymentId: card, instrument: 'tok_success' }, 'input.paymentId'],
        [CONFIRM, { paymentId: id, instrument: card }, 'input.instrument'],
      ] as const) {
        const { errors } = await payment.graph(buyer, query, { input })
        expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field })
        expect(JSON.stringify(errors)).not.toContain(card)
      }
    }
    const kept = await everything()
    for (const card of cards) expect(kept).not.toContain(card)
  })

  test('never has a secret of a payment in log, events or jobs', async () => {
    const { clientSecret, id, buyer } = await anOpenPayment(payment)
    const places = async (table: string) =>
      (await payment.database.pool.query<{ row: string }>(`select t::text as row from ${table} as t`)).rows
        .map(({ row }) => row)
        .join('\n')
    await confirmAs(payment, buyer, id)
    for (const table of ['payment_log', 'outbox', 'inbox', 'pgboss.job', 'payments', 'idempotency_keys']) {
      expect(await places(table)).not.toContain(clientSecret)
    }
  })
})
