import type { Database, Transaction } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { anAdmin, aUser } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import type { EventType } from '@tikitu/schema/events/define'
import {
  PaymentCancelled,
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentFailed,
  PaymentSucceeded,
  RefundFailed,
  RefundRejected,
  RefundSucceeded,
} from '@tikitu/schema/events/payment'
import { inventoryFindings } from '../src/audit/audit.sql.ts'
import { bookingSubscriptions } from '../src/bookings/booking.events.ts'
import type { BookingStatus } from '../src/bookings/booking.rules.ts'
import type { SagaEvent } from '../src/bookings/booking.saga.ts'
import { cancelBooking } from '../src/bookings/cancellation.ts'
import { checkout } from '../src/bookings/checkout.ts'
import { completeSome } from '../src/bookings/completion.ts'
import { expireDue } from '../src/bookings/expiry.ts'
import { refundBooking } from '../src/bookings/refunding.ts'
import { aHold, aSale, hours, type HoldFacts, type SaleFacts } from './sales.ts'

/** What settings say unless a test is about them. */
export const TERMS = {
  paymentMinutes: 15,
  cancellationHours: 24,
  refundBasisPoints: 10_000,
  commission: { basisPoints: 500, fixedPerTicket: 0 },
}

/** Checks a hold out as its holder, under a new key unless one is said. */
export function checkOut(database: Database, hold: { id: string; userId: string }, idempotencyKey = newId()) {
  return transact(database, (tx, at) =>
    checkout(tx, { holdId: hold.id, userId: hold.userId, idempotencyKey, terms: TERMS, at }),
  )
}

/** Cancels a booking as somebody, under a new key unless one is said. */
export function cancel(database: Database, bookingId: string, identity: Identity, idempotencyKey = newId()) {
  return transact(database, (tx, at) =>
    cancelBooking(tx, { bookingId, reason: 'We cannot come', idempotencyKey, identity, at }),
  )
}

/** Hands an event to its handler, in the transaction. */
async function handle<Data>(tx: Transaction, event: EventType<string, Data>, data: NoInfer<Data>, at: Date) {
  const subscription = bookingSubscriptions.find(({ type }) => type === event.type)
  if (!subscription) throw new Error(`nobody handles ${event.type}`)
  await subscription.handle(tx, {
    specversion: '1.0',
    id: newId(),
    source: '/tikitu/payment',
    type: event.type,
    time: at.toISOString(),
    datacontenttype: 'application/json',
    dataversion: event.version,
    partitionkey: event.key(data),
    sequence: '1',
    correlationid: newId(),
    data,
    at,
  })
}

/** Handles an event in a transaction of its own. */
export async function deliver<Data>(database: Database, event: EventType<string, Data>, data: NoInfer<Data>) {
  await transact(database, async (tx, at) => accept(await handle(tx, event, data, at)))
}

/** A good payment of a booking, of its price unless another amount is said. */
export function aPayment(
  booking: { id: string; userId: string; total: number },
  facts: { amount?: number; currency?: string } = {},
) {
  return {
    paymentId: newId(),
    bookingId: booking.id,
    userId: booking.userId,
    amount: facts.amount ?? booking.total,
    currency: facts.currency ?? 'GBP',
    providerRef: 'pi_test',
    at: new Date().toISOString(),
  }
}

/** A booking of a test, with the event it is for. */
export type Told = Awaited<ReturnType<typeof aHeld>>

/** A hold of a sale of its own. */
export async function aHeld(database: Database, facts: HoldFacts & SaleFacts = {}) {
  const sale = await aSale(database, facts)
  return { sale, ...(await aHold(database, sale, facts)) }
}

/** A booking that waits for money. */
export async function aPending(database: Database, facts: HoldFacts & SaleFacts = {}) {
  const held = await aHeld(database, facts)
  accepted(await checkOut(database, held))
  return held
}

/** A booking that was paid. */
export async function aConfirmed(database: Database, facts: HoldFacts & SaleFacts = {}) {
  const pending = await aPending(database, facts)
  await deliver(database, PaymentSucceeded, aPayment(pending))
  return pending
}

/** Opens every connection of the pool, so that of callers at once none is first by a head start. */
export async function warm({ pool }: Database): Promise<void> {
  await Promise.all(Array.from({ length: pool.options.max }, () => pool.query('select pg_sleep(0.02)')))
}

/** Lets the end of a hold or the payment deadline pass, without anybody noticing yet. */
export async function passDeadline({ pool }: Database, bookingId: string): Promise<void> {
  await pool.query(`update bookings set expires_at = now() - interval '1 second' where id = $1`, [bookingId])
  await pool.query(
    `update event_seats set expires_at = now() - interval '1 second'
      where booking_id = $1 and expires_at > now() and expires_at < 'infinity'`,
    [bookingId],
  )
  await pool.query(
    `update admission_stock set next_due = least(next_due, now() - interval '1 second')
      where ticket_type_id = (select ticket_type_id from bookings where id = $1)`,
    [bookingId],
  )
}

/** Ends everything that is due. */
export async function expire(database: Database): Promise<void> {
  await transact(database, async (tx) => accept(await expireDue(tx)))
}

/** Makes the event of a booking one that is over. */
export async function endEvent({ pool }: Database, eventId: string): Promise<void> {
  await pool.query(`update events set starts_at = $2, doors_at = $2, ends_at = $3, sales_close_at = $2 where id = $1`, [
    eventId,
    hours(-5),
    hours(-2),
  ])
}

/** Sells what is left of the places of a booking to somebody else. */
export async function resell(database: Database, { sale, id }: Told): Promise<void> {
  const { rows } = await database.pool.query<{ seat_nos: number[] | null; available: number }>(
    `select seat_nos, (select available from admission_stock a where a.ticket_type_id = $2)
       from bookings where id = $1`,
    [id, sale.admissionTypeId],
  )
  const [row] = rows
  if (!row) throw new Error('there is no such booking to resell')
  const rival = await aHold(database, sale, row.seat_nos ? { seatNos: row.seat_nos } : { units: row.available })
  accepted(await checkOut(database, rival))
  await deliver(database, PaymentSucceeded, aPayment(rival))
}

/** Where a booking stands. */
export async function statusOf({ pool }: Database, bookingId: string): Promise<BookingStatus> {
  const { rows } = await pool.query<{ status: BookingStatus }>('select status from bookings where id = $1', [bookingId])
  if (!rows[0]) throw new Error('there is no such booking')
  return rows[0].status
}

/** What was published about a booking since its hold, in order. */
export async function told({ pool }: Database, bookingId: string): Promise<string[]> {
  const { rows } = await pool.query<{ type: string }>(
    `select type from outbox where key = $1 and type <> 'booking.held' order by sequence`,
    [bookingId],
  )
  return rows.map(({ type }) => type)
}

/** The invariants that are broken, by name; none in a sound database. */
export async function brokenInvariants({ orm }: Database): Promise<string[]> {
  const findings = await inventoryFindings(orm)
  return findings
    .filter(({ violations }) => violations > 0)
    .map(({ invariant, violations }) => `${violations} × ${invariant}`)
}

/** Something that happens to a booking; done again it is the very same request, event or timer. */
export type Happening = (tx: Transaction, at: Date) => Promise<unknown>

/** The first refund of the booking that was asked for, or one that nobody asked for. */
async function refundOf({ pool }: Database, booking: Told) {
  const { rows } = await pool.query<{ refund_id: string; payment_id: string; amount: string }>(
    'select refund_id, payment_id, amount from booking_refunds where booking_id = $1 order by requested_at limit 1',
    [booking.id],
  )
  return {
    refundId: rows[0]?.refund_id ?? newId(),
    paymentId: rows[0]?.payment_id ?? newId(),
    bookingId: booking.id,
    userId: booking.userId,
    amount: Number(rows[0]?.amount ?? booking.total),
    currency: 'GBP',
    at: new Date().toISOString(),
  }
}

/** The payment that bought the tickets of a booking, or one that nobody has heard of. */
export async function goodPaymentOf({ pool }: Database, bookingId: string): Promise<string> {
  const { rows } = await pool.query<{ payment_id: string }>(
    `select payment_id from booking_payments where booking_id = $1 and outcome = 'TICKETS'`,
    [bookingId],
  )
  return rows[0]?.payment_id ?? newId()
}

/** The dispute of the payment that bought the tickets of a booking, or one that nobody has heard of. */
async function disputeOf(database: Database, bookingId: string): Promise<{ paymentId: string; disputeId: string }> {
  const { rows } = await database.pool.query<{ dispute_id: string }>(
    'select dispute_id from booking_disputes where booking_id = $1',
    [bookingId],
  )
  return { paymentId: await goodPaymentOf(database, bookingId), disputeId: rows[0]?.dispute_id ?? newId() }
}

/** The tickets of a booking that let somebody in, or have, in their order; one that nobody has when there is none. */
export async function liveTicketsOf({ pool }: Database, bookingId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from tickets where booking_id = $1 and status <> 'CANCELLED' order by no`,
    [bookingId],
  )
  return rows.length === 0 ? [newId()] : rows.map((row) => row.id)
}

const FINANCE = anAdmin('FINANCE')

/** What finance says about a part of a booking that goes back. */
const aRefund = (bookingId: string, idempotencyKey: string) => ({
  bookingId,
  reason: 'a part of the show was cut',
  idempotencyKey,
  identity: FINANCE,
})

/** Prepares what is to happen. What time has to do is done at once, so that only the system's own part can be repeated. */
export async function prepare(database: Database, booking: Told, event: SagaEvent): Promise<Happening> {
  const { id, userId, sale } = booking
  const idempotencyKey = newId()
  const payment = aPayment(booking)
  switch (event) {
    case 'checkout':
      return (tx, at) => checkout(tx, { holdId: id, userId, idempotencyKey, terms: TERMS, at })
    case 'release':
      return (tx) => tx.execute(`select release_hold('${id}', '${userId}')`)
    case 'deadline passed':
      await passDeadline(database, id)
      return (tx) => expireDue(tx)
    case 'cancel':
      return (tx, at) =>
        cancelBooking(tx, { bookingId: id, reason: 'We cannot come', idempotencyKey, identity: aUser({ userId }), at })
    case 'payment.succeeded':
      return (tx, at) => handle(tx, PaymentSucceeded, payment, at)
    case 'payment.failed':
      return (tx, at) => handle(tx, PaymentFailed, { ...payment, code: 'card_declined' }, at)
    case 'payment.cancelled':
      return (tx, at) => handle(tx, PaymentCancelled, { ...payment, reason: 'abandoned' }, at)
    case 'refund.succeeded': {
      const refund = await refundOf(database, booking)
      return (tx, at) => handle(tx, RefundSucceeded, refund, at)
    }
    case 'refund.failed': {
      const refund = await refundOf(database, booking)
      return (tx, at) => handle(tx, RefundFailed, { ...refund, code: 'expired_card' }, at)
    }
    case 'refund.rejected': {
      const refund = await refundOf(database, booking)
      return (tx, at) => handle(tx, RefundRejected, refund, at)
    }
    case 'payment.disputed': {
      const disputed = { ...payment, paymentId: await goodPaymentOf(database, id), disputeId: newId() }
      return (tx, at) => handle(tx, PaymentDisputed, { ...disputed, reason: 'fraudulent', dueBy: null }, at)
    }
    case 'payment.dispute_closed': {
      const closed = { ...payment, ...(await disputeOf(database, id)), outcome: 'WON' as const, lost: 0 }
      return (tx, at) => handle(tx, PaymentDisputeClosed, closed, at)
    }
    case 'refund of tickets': {
      const ticketIds = await liveTicketsOf(database, id)
      return (tx, at) => refundBooking(tx, { ...aRefund(id, idempotencyKey), ticketIds: ticketIds.slice(0, 1), at })
    }
    case 'refund of goodwill':
      return (tx, at) => refundBooking(tx, { ...aRefund(id, idempotencyKey), amount: 100, at })
    case 'event over':
      await endEvent(database, sale.eventId)
      return (tx) => completeSome(tx, sale.eventId)
  }
}

/** Lets it happen and commits, whatever it answers; a refusal has written nothing. */
export async function happen(database: Database, happening: Happening): Promise<void> {
  await transact(database, async (tx, at) => {
    const answer = await happening(tx, at)
    return isRefusal(answer) ? answer : accept()
  })
}

type AnyOutcome = Awaited<ReturnType<typeof checkout>>

function isRefusal(answer: unknown): answer is Extract<AnyOutcome, { ok: false }> {
  return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false
}

class Crash extends Error {}

/** Lets it happen and crashes before the commit. */
export async function crash(database: Database, happening: Happening): Promise<void> {
  try {
    await transact(database, async (tx, at) => {
      await happening(tx, at)
      throw new Crash()
    })
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  }
}
