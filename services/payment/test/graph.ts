import { BookingPaymentRequested } from '@tikitu/schema/events/booking'
import { newId } from '@tikitu/runtime/ids'
import type { Identity } from '@tikitu/runtime/identity'
import { aUser, type TestService } from '@tikitu/runtime/testing'
import { paymentRequested } from './build.ts'

/** Begins to pay; every field of every answer. */
export const START = `mutation ($input: StartPaymentInput!) {
  startPayment(input: $input) {
    __typename
    ... on Payment { id status amount { amount currency } provider method clientSecret failureCode }
    ... on BookingNotPayable { bookingId }
    ... on PaymentDeadlinePassed { deadline }
    ... on BookingAlreadyPaid { paymentId }
    ... on IdempotencyKeyReused { idempotencyKey }
    ... on Refusal { message }
  }
}`

/** Confirms; every field of every answer. */
export const CONFIRM = `mutation ($input: ConfirmPaymentInput!) {
  confirmPayment(input: $input) {
    __typename
    ... on Payment { id status failureCode clientSecret }
    ... on PaymentNotFound { paymentId }
    ... on PaymentNotOpen { status }
    ... on InstrumentUnknown { instruments }
    ... on ProviderNotSandbox { provider }
    ... on Refusal { message }
  }
}`

/** A booking that waits for money, and its buyer. */
export async function aBooking(payment: TestService, facts: Parameters<typeof paymentRequested>[0] = {}) {
  const buyer = aUser(facts.userId ? { userId: facts.userId } : {})
  const requested = paymentRequested({ userId: buyer.userId ?? '', ...facts })
  await payment.deliver(BookingPaymentRequested, requested)
  return { buyer, ...requested }
}

/** Begins to pay as the buyer and answers with what the graph does. */
export async function startAs(payment: TestService, buyer: Identity, bookingId: string, key: string = newId()) {
  const { data } = await payment.graph(buyer, START, { input: { bookingId, method: 'CARD', idempotencyKey: key } })
  return data.startPayment
}

/** Confirms as the buyer and answers with what the graph does. */
export async function confirmAs(payment: TestService, buyer: Identity, paymentId: string, instrument = 'tok_success') {
  const { data } = await payment.graph(buyer, CONFIRM, { input: { paymentId, instrument } })
  return data.confirmPayment
}

/** A booking with an attempt that waits for its buyer. */
export async function anOpenPayment(payment: TestService, facts: Parameters<typeof aBooking>[1] = {}) {
  const booking = await aBooking(payment, facts)
  const { id, clientSecret } = await startAs(payment, booking.buyer, booking.bookingId)
  return { ...booking, id: String(id), clientSecret: String(clientSecret) }
}
