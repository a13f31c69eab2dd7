import type { Transaction } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import type { RefundOrder } from './announce.ts'
import { decideOnPayment, keptOf } from './booking.rules.ts'
import type { Condition } from './booking.saga.ts'
import {
  buyerHasRoom,
  isSoldAsBooked,
  lockBuyerAndEvent,
  lockedBooking,
  sagaBooking,
  type SagaBooking,
} from './booking.sql.ts'
import { disputesOf } from './dispute.sql.ts'
import {
  goodPaymentOf,
  insertPayment,
  insertRefund,
  paymentsOf,
  refundsOutstanding,
  rejectGoodwill,
  settleRefund,
  type BookingRefundRow,
} from './payment.sql.ts'
import { sendBackForgotten } from './forgotten.ts'
import { giveBackPlaces, lockBeforeBooking, sellPlaces } from './places.ts'
import { refundIdOf } from './refund-id.ts'
import { take } from './transition.ts'

/** Money has arrived for a booking. */
export interface ArrivedPayment {
  readonly paymentId: string
  readonly bookingId: string
  readonly amount: number
  readonly currency: string
}

/**
 * Makes money and seats agree. In time, the booking is confirmed; too late, it is confirmed when its seats are still to
 * be had, the event is on sale and the buyer has not taken as many tickets as it allows since; whatever else arrived
 * goes back, and so does money for what was cancelled, or is not known to have been sold. The same payment again changes
 * nothing. Answers with a dispute of a payment that bought tickets, when that was heard of first: it is to be followed now.
 */
export async function settlePayment(tx: Transaction, payment: ArrivedPayment, at: Date): Promise<string | null> {
  const seen = await sagaBooking(tx, payment.bookingId)
  if (!seen) {
    await sendBackForgotten(tx, payment, at)
    return null
  }
  await lockBuyerAndEvent(tx, seen.userId, seen.id)
  const earlier = await paymentsOf(tx, payment.bookingId)
  if (earlier.some(({ paymentId }) => paymentId === payment.paymentId)) return null

  // Not for a booking that waits: its units stay taken, and the stock is the row that everybody else waits for.
  if (seen.status !== 'PENDING') await lockBeforeBooking(tx, seen)
  const booking = (await lockedBooking(tx, payment.bookingId)) ?? seen
  const wasPaid = earlier.some(({ outcome }) => outcome === 'TICKETS')
  const decision = decideOnPayment({ ...booking, wasPaid }, payment, at)
  const settling = { booking, payment, at }

  if (decision === 'surplus') return sendBack(tx, settling, 'surplus', 'this payment was not needed')
  if (decision === 'cancelled')
    return sendBack(tx, settling, 'too late', 'the booking was cancelled before it was paid')
  const isInTime = decision === 'confirm'
  const mayHaveAgain = async () => (await buyerHasRoom(tx, booking.id)) && (await isSoldAsBooked(tx, booking.id))
  const isAdmitted = isInTime || (decision === 'take again' && (await mayHaveAgain()))
  if (isAdmitted && (await sellPlaces(tx, booking, wentBack(booking))))
    return confirm(tx, settling, isInTime ? 'in time' : 'late, seats free')
  if (booking.status === 'PENDING') await giveBackPlaces(tx, booking)
  return sendBack(tx, settling, 'too late', 'paid too late: the tickets are not for sale any more')
}

interface Settling {
  readonly booking: SagaBooking
  readonly payment: ArrivedPayment
  readonly at: Date
}

const wentBack = ({ status }: SagaBooking) => ({ unitsWereGivenBack: status !== 'PENDING' })

async function confirm(tx: Transaction, { booking, payment, at }: Settling, when: Condition): Promise<string | null> {
  const disputeId = await insertPayment(tx, { ...payment, outcome: 'TICKETS', at })
  await take(tx, { booking, on: 'payment.succeeded', when, at, changes: { late: when !== 'in time' } })
  return disputeId
}

async function sendBack(
  tx: Transaction,
  { booking, payment, at }: Settling,
  when: Condition,
  reason: string,
): Promise<null> {
  await insertPayment(tx, { ...payment, outcome: 'REFUND', at })
  const refund = await requestRefund(tx, { ...payment, reason, at })
  const changes = when === 'surplus' ? {} : { endedAt: at, endReason: reason }
  await take(tx, { booking, on: 'payment.succeeded', when, at, changes, news: { reason, refund } })
  return null
}

/** Money that goes back, of which payment, and why. */
export interface RefundWish extends ArrivedPayment {
  readonly reason: string
  /** What for; everything that is left unless said. */
  readonly kind?: BookingRefundRow['kind']
  /** The member of staff whose decision it is; absent when it follows from the rules. */
  readonly decidedBy?: string | undefined
  readonly at: Date
}

/** Writes down that a payment goes back. Its announcement is the caller's. */
export async function requestRefund(tx: Transaction, wish: RefundWish): Promise<RefundOrder> {
  const { bookingId, paymentId, amount, currency, reason, kind = 'WHOLE', decidedBy, at } = wish
  const refundId = kind === 'WHOLE' ? refundIdOf(bookingId, paymentId) : newId()
  await insertRefund(tx, { refundId, bookingId, paymentId, amount, reason, kind, status: 'REQUESTED', requestedAt: at })
  const decided = decidedBy === undefined ? {} : { decidedBy, goodwill: kind === 'GOODWILL' }
  return { refundId, paymentId, amount, currency, ...decided }
}

/** How a refund ended. */
export interface EndedRefund {
  readonly refundId: string
  readonly bookingId: string
}

/** Money was given back; when that was all there was to give back, a booking that waited for it is done. */
export async function completeRefund(tx: Transaction, { refundId, bookingId }: EndedRefund, at: Date): Promise<void> {
  const booking = await lockedBooking(tx, bookingId)
  if (!booking || !(await settleRefund(tx, refundId, 'SUCCEEDED'))) return
  const waits = booking.status === 'CANCELLING' || booking.status === 'REFUND_DUE'
  if (!waits || (await refundsOutstanding(tx, bookingId))) return
  await take(tx, { booking, on: 'refund.succeeded', when: 'all given back', at })
}

/** Money could not be given back: the booking goes on waiting for it, and what failed can be found. */
export async function recordFailedRefund(tx: Transaction, { refundId }: EndedRefund): Promise<void> {
  await settleRefund(tx, refundId, 'FAILED')
}

/**
 * Goodwill was turned down. A booking that was cancelled since had so much less given back, and is owed it as it was owed
 * the rest; any other stays as it is.
 */
export async function recordRejectedRefund(
  tx: Transaction,
  { refundId, bookingId }: EndedRefund,
  at: Date,
): Promise<void> {
  const booking = await lockedBooking(tx, bookingId)
  const rejected = booking && (await rejectGoodwill(tx, refundId))
  if (!booking || !rejected) return
  const { paymentId, amount, reason } = rejected
  const when = await afterRejection(tx, booking, rejected)
  if (when === 'it stays') return take(tx, { booking, on: 'refund.rejected', when, at })
  const owed = { paymentId, bookingId, amount, currency: booking.currency, reason, kind: 'REST' as const, at }
  const refund = await requestRefund(tx, owed)
  await take(tx, { booking, on: 'refund.rejected', when, at, news: { reason, refund } })
}

/** What the tickets were given up for, or taken by a bank that has decided since, is owed; what was not, is not. */
async function afterRejection(
  tx: Transaction,
  { id: bookingId, status }: SagaBooking,
  { paymentId, amount }: BookingRefundRow,
): Promise<Condition> {
  if (status === 'CANCELLING' || status === 'CANCELLED') return 'it was cancelled'
  if (status !== 'CHARGEBACK' && status !== 'REFUND_DUE' && status !== 'REFUNDED') return 'it stays'
  const good = await goodPaymentOf(tx, bookingId)
  const disputes = await disputesOf(tx, { bookingId, paymentId })
  const isOpen = disputes.some((dispute) => dispute.status === 'OPEN')
  return good && !isOpen && keptOf({ ...good, disputes }) >= amount ? 'owed again' : 'it stays'
}
