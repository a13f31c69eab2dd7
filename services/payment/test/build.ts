import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { createLog } from '@tikitu/runtime/log'
import { accept, accepted, type Outcome } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import type {
  BookingPaymentCancelRequested,
  BookingPaymentRequested,
  BookingRefundRequested,
} from '@tikitu/schema/events/booking'
import type { EventData } from '@tikitu/schema/events/define'
import type { PaymentMethod } from '../src/payments/payment.rules.ts'
import { confirmPayment, startPayment } from '../src/payments/payments.ts'
import { pursuePayment } from '../src/payments/pursuit.ts'
import type { Outside } from '../src/providers/outside.ts'
import type { SandboxProvider } from '../src/providers/provider.ts'
import { recordRequest, type RequestedPayment } from '../src/requests/requests.ts'
import { aSandbox } from './sandbox.ts'

/** Everything a verb and what follows it needs, over a database; the sandbox is the real one unless another is given. */
export function anOutside(database: Database, sandbox: SandboxProvider = aSandbox()): Outside {
  return { database, providers: { sandbox }, log: createLog('payment', 'silent') }
}

/** The instant so many seconds from now. */
export function inSeconds(seconds: number): Date {
  return new Date(Date.now() + seconds * 1_000)
}

/** A booking asked for money, as the event says it. */
export function paymentRequested(
  facts: Partial<EventData<typeof BookingPaymentRequested>> = {},
): EventData<typeof BookingPaymentRequested> {
  return {
    bookingId: newId(),
    userId: newId(),
    eventId: newId(),
    partnerId: newId(),
    reference: 'TK-7Q2M9',
    amount: 10_000,
    currency: 'EUR',
    commission: 500,
    deadline: inSeconds(900).toISOString(),
    ...facts,
  }
}

/** A booking no longer wants money, as the event says it. */
export function cancelRequested(
  bookingId: string,
  reason = 'expired',
): EventData<typeof BookingPaymentCancelRequested> {
  return { bookingId, reason, at: new Date().toISOString() }
}

/** A booking wants money to go back, as the event says it. */
export function refundRequested(
  bookingId: string,
  facts: Partial<EventData<typeof BookingRefundRequested>> = {},
): EventData<typeof BookingRefundRequested> {
  return {
    refundId: newId(),
    bookingId,
    paymentId: null,
    amount: 10_000,
    currency: 'EUR',
    reason: 'cancelled by the buyer',
    at: new Date().toISOString(),
    ...facts,
  }
}

/** A booking that has asked for money: EUR 100.00, 5.00 of it the platform's, to be paid within a quarter of an hour. */
export async function aRequest(database: Database, facts: Partial<RequestedPayment> = {}): Promise<RequestedPayment> {
  const request = {
    bookingId: newId(),
    payerId: newId(),
    partnerId: newId(),
    eventId: newId(),
    amount: 10_000,
    currency: 'EUR',
    commission: 500,
    deadline: inSeconds(900),
    at: new Date(),
    ...facts,
  }
  await commit(database, (tx) => recordRequest(tx, request))
  return request
}

/** Who pays what. */
interface Payer {
  readonly bookingId: string
  readonly payerId: string
}

/** Begins to pay and asks the provider, as the mutation does. */
export async function start(outside: Outside, payer: Payer, facts: { key?: string; method?: PaymentMethod } = {}) {
  const outcome = await transact(outside.database, (tx, at) =>
    startPayment(tx, {
      bookingId: payer.bookingId,
      payerId: payer.payerId,
      method: facts.method ?? 'CARD',
      provider: 'sandbox',
      idempotencyKey: facts.key ?? newId(),
      at,
    }),
  )
  if (outcome.ok) await pursuePayment(outside, outcome.value.id)
  return outcome
}

/** Confirms and asks the provider, as the mutation does. */
export async function confirm(outside: Outside, payerId: string, paymentId: string, instrument = 'tok_success') {
  const { instruments } = outside.providers.sandbox
  const outcome = await transact(outside.database, (tx, at) =>
    confirmPayment(tx, { paymentId, payerId, instrument, instruments, at }),
  )
  if (outcome.ok) await pursuePayment(outside, outcome.value.id)
  return outcome
}

/** An attempt that waits for its buyer. */
export async function anOpenPayment(outside: Outside, facts: Partial<RequestedPayment> = {}) {
  const request = await aRequest(outside.database, facts)
  const { id } = accepted(await start(outside, request))
  return { ...request, id }
}

/** An attempt that took its money. */
export async function aGoodPayment(outside: Outside, facts: Partial<RequestedPayment> = {}) {
  const payment = await anOpenPayment(outside, facts)
  accepted(await confirm(outside, payment.payerId, payment.id))
  return payment
}

/** Runs a verb that cannot refuse in a transaction of its own. */
export async function commit(
  database: Database,
  work: (tx: Parameters<Parameters<typeof transact>[1]>[0], at: Date) => Promise<unknown>,
): Promise<void> {
  const outcome: Outcome<undefined> = await transact(database, async (tx, at) => {
    await work(tx, at)
    return accept()
  })
  accepted(outcome)
}
