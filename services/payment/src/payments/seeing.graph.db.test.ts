import { BookingRefundRequested } from '@tikitu/schema/events/booking'
import { newId } from '@tikitu/runtime/ids'
import type { Identity } from '@tikitu/runtime/identity'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aStranger,
  aUser,
  nobody,
  testService,
  type TestService,
} from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { refundRequested } from '../../test/build.ts'
import { aBooking, anOpenPayment, confirmAs, startAs } from '../../test/graph.ts'
import { aSandbox } from '../../test/sandbox.ts'
import { definePayment } from '../service.ts'

let payment: TestService

beforeAll(async () => {
  payment = await testService(definePayment({ provider: 'sandbox' }, () => ({ sandbox: aSandbox() })))
})

describe('who sees a payment', () => {
  const ONE = `query ($id: ID!) { payment(id: $id) { id clientSecret booking { id } user { id } } }`

  test('is the payer, finance and support, and the partner’s owners, managers and machines', async () => {
    const { id, bookingId, buyer, partnerId, clientSecret } = await anOpenPayment(payment)
    const seen = { id, booking: { id: bookingId }, user: { id: buyer.userId } }
    expect((await payment.graph(buyer, ONE, { id })).data.payment).toEqual({ ...seen, clientSecret })
    for (const identity of [
      anAdmin('FINANCE'),
      anAdmin('SUPPORT'),
      anAdmin('SUPER_ADMIN'),
      aPartnerUser(partnerId, 'OWNER'),
      aPartnerUser(partnerId, 'MANAGER'),
      aMachine(partnerId, ['tikitu/sales.read']),
    ]) {
      expect((await payment.graph(identity, ONE, { id })).data.payment).toEqual({ ...seen, clientSecret: null })
    }
  })

  test('is nobody else: for them there is none', async () => {
    const { id, partnerId } = await anOpenPayment(payment)
    for (const identity of [
      nobody(),
      aStranger(),
      aUser(),
      aPartnerUser(partnerId, 'SCANNER'),
      aPartnerUser(newId(), 'OWNER'),
      aMachine(partnerId, ['tikitu/checkin.write']),
    ]) {
      expect(await payment.graph(identity, ONE, { id })).toMatchObject({ data: { payment: null }, errors: [] })
    }
    for (const unknown of [newId(), 'not an id', "' or 1=1 --", 'nul\u0000']) {
      expect((await payment.graph(anAdmin(), ONE, { id: unknown })).data.payment).toBeNull()
    }
  })

  test('is the same through every other way into the graph', async () => {
    const { id, bookingId, buyer, partnerId } = await anOpenPayment(payment)
    await confirmAs(payment, buyer, id)
    const refund = refundRequested(bookingId, { amount: 1 })
    await payment.deliver(BookingRefundRequested, refund)
    const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Payment { id } ... on Refund { id } ... on Booking { payment { id } payments { id } } ... on User { theirs: payments(first: 5) { edges { node { id } } } }
    } }`
    const ask = async (identity: Identity) => {
      const representations = [
        { __typename: 'Payment', id },
        { __typename: 'Refund', id: refund.refundId },
        { __typename: 'Booking', id: bookingId },
        { __typename: 'User', id: buyer.userId },
      ]
      const { data, errors } = await payment.graph(identity, ENTITIES, { representations })
      expect(errors).toEqual([])
      return data._entities
    }
    const all = [
      { id },
      { id: refund.refundId },
      { payment: { id }, payments: [{ id }] },
      { theirs: { edges: [{ node: { id } }] } },
    ]
    const none = [null, null, { payment: null, payments: [] }, { theirs: { edges: [] } }]
    expect(await ask(buyer)).toEqual(all)
    expect(await ask(anAdmin('SUPPORT'))).toEqual(all)
    expect(await ask(aPartnerUser(partnerId))).toEqual([...all.slice(0, 3), none[3]])
    for (const identity of [nobody(), aUser(), aPartnerUser(newId())]) expect(await ask(identity)).toEqual(none)
  })
})

describe('a booking’s payment', () => {
  const BOOKING = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Booking { payment { id status } payments { id } } } }`
  const ask = async (identity: Identity, bookingId: string) => {
    const { data } = await payment.graph(identity, BOOKING, {
      representations: [{ __typename: 'Booking', id: bookingId }],
    })
    return data._entities[0]
  }

  test('is the newest attempt until one is good, and then that', async () => {
    const { buyer, bookingId, id: first } = await anOpenPayment(payment)
    await confirmAs(payment, buyer, first, 'tok_declined')
    expect(await ask(buyer, bookingId)).toEqual({ payment: { id: first, status: 'FAILED' }, payments: [{ id: first }] })
    const { id: second } = await startAs(payment, buyer, bookingId)
    expect(await ask(buyer, bookingId)).toMatchObject({ payment: { id: second, status: 'PENDING' } })
    await confirmAs(payment, buyer, second)
    expect(await ask(buyer, bookingId)).toEqual({
      payment: { id: second, status: 'SUCCEEDED' },
      payments: [{ id: second }, { id: first }],
    })
  })

  test('is null before there is any', async () => {
    const { buyer, bookingId } = await aBooking(payment)
    expect(await ask(buyer, bookingId)).toEqual({ payment: null, payments: [] })
    expect(await ask(buyer, 'not an id')).toEqual({ payment: null, payments: [] })
  })
})

describe('the list of payments', () => {
  const LIST = `query ($filter: PaymentFilter, $first: Int! = 20, $after: String) {
    payments(filter: $filter, first: $first, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } }
  }`
  const list = async (identity: Identity, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await payment.graph(identity, LIST, variables)
    return { ...data?.payments, code: errors[0]?.extensions['code'], field: errors[0]?.extensions['field'] }
  }

  test('is refused to callers to whom no payment can belong', async () => {
    expect(await list(nobody())).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await list(aStranger())).toMatchObject({ code: 'FORBIDDEN' })
    expect(await list(aMachine(newId(), []))).toMatchObject({ code: 'FORBIDDEN' })
  })

  test('has every payment of the caller once, newest first, page by page', async () => {
    const buyer = aUser()
    const partnerId = newId()
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      const booking = { userId: buyer.userId ?? '', partnerId }
      ids.unshift((await anOpenPayment(payment, booking)).id)
    }
    await anOpenPayment(payment)
    for (const identity of [buyer, aPartnerUser(partnerId), aMachine(partnerId, ['tikitu/sales.read'])]) {
      const seen: string[] = []
      let after: string | null = null
      do {
        const { edges, pageInfo } = await list(identity, { first: 2, after })
        seen.push(...edges.map((edge: { node: { id: string } }) => edge.node.id))
        expect(pageInfo.hasNextPage).toBe(seen.length < 5)
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null
      } while (after !== null)
      expect(seen).toEqual(ids)
    }
  })

  test('can be narrowed to a booking and a state, and widens nobody’s view', async () => {
    const { buyer, bookingId, id } = await anOpenPayment(payment)
    const found = async (identity: Identity, filter: Record<string, unknown>) =>
      (await list(identity, { filter })).edges.map((edge: { node: { id: string } }) => edge.node.id)
    expect(await found(buyer, { bookingId, status: 'PENDING' })).toEqual([id])
    expect(await found(buyer, { bookingId, status: 'SUCCEEDED' })).toEqual([])
    expect(await found(anAdmin('FINANCE'), { bookingId })).toEqual([id])
    expect(await found(aUser(), { bookingId })).toEqual([])
    expect(await found(buyer, { bookingId: "' or 1=1 --" })).toEqual([])
  })

  test.each([
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['after', { after: 'not a cursor' }],
    ['after', { after: Buffer.from('["x","y"]').toString('base64url') }],
    ['after', { after: Buffer.from(`["2027-05-01T18:30:00.000Z","' or 1=1 --"]`).toString('base64url') }],
  ])('refuses a bad %s', async (field, variables) => {
    expect(await list(aUser(), variables)).toMatchObject({ code: 'BAD_USER_INPUT', field })
  })
})
