import { recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { cancelTickets, lockTickets, ticketsGone } from '../tickets/ticket.sql.ts'
import { deadlineOf, decideCancellation, isCheckedOut } from './booking.rules.ts'
import { lockedBooking, sagaBooking, type SagaBooking } from './booking.sql.ts'
import { goodPaymentOf, refundExists } from './payment.sql.ts'
import { giveBackPlaces, lockBeforeBooking } from './places.ts'
import { refundIdOf } from './refund-id.ts'
import { requestRefund } from './settlement.ts'
import { take } from './transition.ts'
import { cancellerOf, mayViewBooking, personOf } from './viewer.ts'

/** Somebody wants a booking cancelled. */
export interface Cancellation {
  readonly bookingId: string
  readonly reason: string
  readonly idempotencyKey: string
  readonly identity: Identity
  readonly at: Date
}

/**
 * Ends a booking and puts its places back on sale. Its buyer may by the policy it was bought under; the seller's owners
 * and managers and our support may until the event ends, which is written to the audit log. What was paid goes back.
 */
export async function cancelBooking(tx: Transaction, command: Cancellation) {
  const { identity, idempotencyKey, bookingId, reason } = command
  const wish = {
    caller: personOf(identity),
    key: idempotencyKey,
    operation: 'cancelBooking',
    request: { bookingId, reason },
  }
  return onceForKey(tx, wish, () => cancelOnce(tx, command))
}

async function cancelOnce(tx: Transaction, { bookingId, reason, identity, at }: Cancellation) {
  const seen = isId(bookingId) ? await sagaBooking(tx, bookingId) : null
  if (!seen || !mayViewBooking(identity, seen)) return noSuchBooking(bookingId)
  const canceller = cancellerOf(identity, seen)

  await lockBeforeBooking(tx, seen)
  const booking = (await lockedBooking(tx, bookingId)) ?? seen
  const { status } = booking
  if (!isCheckedOut(status)) return noSuchBooking(bookingId)
  const tickets = await lockTickets(tx, bookingId)
  const decision = decideCancellation({ ...booking, total: await leftOf(tx, booking), status, tickets }, canceller, at)
  if (!decision.ok) return decision

  const decidedBy = canceller === 'BUYER' ? {} : { decidedBy: personOf(identity) }
  await endBooking(tx, booking, { reason, at, refund: decision.value.refund, ...decidedBy })
  if (canceller !== 'BUYER') {
    await recordAudit(tx, identity, {
      action: 'cancelBooking',
      resource: { type: 'Booking', id: bookingId },
      before: { status: booking.status },
      after: { status: decision.value.refund > 0 ? 'CANCELLING' : 'CANCELLED' },
      at,
    })
  }
  return accept({ id: bookingId })
}

/** What would go back, and what the buyer is bound by. */
export interface CancellationTerms {
  readonly id: string
  /** In minor units. */
  readonly refund: number
  /** What stays paid, in minor units. */
  readonly kept: number
  /** Null for sellers and support. */
  readonly until: Date | null
}

/** What `cancelBooking` would give back now, by the same rule; changes nothing and keeps nobody waiting. */
export async function quoteCancellation(
  tx: Transaction,
  { bookingId, identity, at }: Pick<Cancellation, 'bookingId' | 'identity' | 'at'>,
) {
  const booking = isId(bookingId) ? await sagaBooking(tx, bookingId) : null
  if (!booking || !mayViewBooking(identity, booking) || !isCheckedOut(booking.status)) return noSuchBooking(bookingId)
  const { status, policy } = booking
  const canceller = cancellerOf(identity, booking)
  const tickets = await ticketsGone(tx, bookingId)
  const left = await leftOf(tx, booking)
  const decision = decideCancellation({ ...booking, total: left, status, tickets }, canceller, at)
  if (!decision.ok) return decision
  const until = canceller === 'BUYER' && policy !== null ? deadlineOf(policy, booking.event.startsAt) : null
  const { refund } = decision.value
  return accept<CancellationTerms>({ id: bookingId, refund, kept: left - refund, until })
}

/**
 * Ends a booking, or gives a hold back, because its event was called off: whatever was paid goes back, all of it. False
 * when it had ended before. Whoever buys or cancels at the same moment is waited for.
 */
export async function endWithEvent(
  tx: Transaction,
  { bookingId, reason, at }: { bookingId: string; reason: string; at: Date },
): Promise<boolean> {
  const seen = await sagaBooking(tx, bookingId)
  if (!seen) return false
  await lockBeforeBooking(tx, seen)
  const booking = await lockedBooking(tx, bookingId)
  if (booking?.status === 'HELD') {
    await take(tx, { booking, on: 'release', at, changes: { endedAt: at, endReason: reason } })
    await giveBackPlaces(tx, booking)
    return true
  }
  if (booking?.status !== 'PENDING' && booking?.status !== 'CONFIRMED') return false
  await lockTickets(tx, bookingId)
  await endBooking(tx, booking, { reason, at, refund: await leftOf(tx, booking) })
  return true
}

/**
 * Ends a booking whose money went back without that being known here: it was cancelled, in a database that has since been
 * restored to an earlier moment. False for any other, and for one that was not paid by this payment.
 */
export async function endGivenBack(
  tx: Transaction,
  { refundId, bookingId, paymentId, amount, at }: RefundOfAll & { readonly at: Date },
): Promise<boolean> {
  // Any other refund leaves the booking as it is, or takes single tickets, which nobody can tell any more.
  if (refundId !== refundIdOf(bookingId, paymentId) || (await refundExists(tx, refundId))) return false
  const seen = await sagaBooking(tx, bookingId)
  const good = seen && (await goodPaymentOf(tx, bookingId))
  if (!seen || good?.paymentId !== paymentId) return false
  await lockBeforeBooking(tx, seen)
  const booking = await lockedBooking(tx, bookingId)
  if (booking?.status !== 'CONFIRMED') return false
  await lockTickets(tx, bookingId)
  await endBooking(tx, booking, { reason: 'it was cancelled before', at, refund: amount })
  return true
}

/** Money that went back for a whole booking, by the policy all of it or less. */
interface RefundOfAll {
  readonly refundId: string
  readonly bookingId: string
  readonly paymentId: string
  readonly amount: number
}

/**
 * Ends what is held, or waits for money, because what it is for is not there any more; false for anything else. Nothing
 * was paid, and what is paid yet goes back.
 */
export async function endUnpaid(
  tx: Transaction,
  { bookingId, reason, at }: { bookingId: string; reason: string; at: Date },
): Promise<boolean> {
  const booking = await lockedBooking(tx, bookingId)
  if (booking?.status !== 'HELD' && booking?.status !== 'PENDING') return false
  return endWithEvent(tx, { bookingId, reason, at })
}

const noSuchBooking = (bookingId: string) => refuse('BookingNotFound', 'There is no such booking.', { bookingId })

/** What was paid for a booking and not promised back, in minor units. */
async function leftOf(tx: Transaction, { id }: SagaBooking): Promise<number> {
  const good = await goodPaymentOf(tx, id)
  return good ? good.amount - good.promised : 0
}

/** How a booking ends. */
interface Ending {
  readonly reason: string
  readonly at: Date
  /** What goes back of what was paid, in minor units; no more than is left of it. */
  readonly refund: number
  /** The member of staff whose decision it was; absent when it follows from the rules. */
  readonly decidedBy?: string
}

/**
 * Ends a booking that is pending or confirmed: its tickets are worth nothing, its places are on sale, and what is to be
 * given back is asked for. The caller has locked what comes before the booking, the booking, and its tickets.
 */
export async function endBooking(
  tx: Transaction,
  booking: SagaBooking,
  { reason, at, refund: amount, decidedBy }: Ending,
): Promise<void> {
  const good = amount > 0 ? await goodPaymentOf(tx, booking.id) : null
  const refund = good && (await requestRefund(tx, { ...good, amount, reason, decidedBy, at }))
  const isConfirmed = booking.status === 'CONFIRMED'
  await cancelTickets(tx, booking.id)
  await take(tx, {
    booking,
    on: 'cancel',
    ...(isConfirmed ? { when: refund ? ('paid' as const) : ('free' as const) } : {}),
    at,
    changes: { endedAt: at, endReason: reason },
    news: { reason, ...(refund ? { refund } : {}) },
  })
  await giveBackPlaces(tx, booking)
}
