import type { Transaction } from '@tikitu/runtime/database'
import { cancelTickets, lockTickets } from '../tickets/ticket.sql.ts'
import { lockedBooking, sagaBooking } from './booking.sql.ts'
import { goodPaymentOf } from './payment.sql.ts'
import { giveBackPlaces, lockBeforeBooking } from './places.ts'
import { take } from './transition.ts'

/** A buyer's bank took a payment back. */
export interface Disputed {
  readonly paymentId: string
  readonly bookingId: string
}

/**
 * Who has their money back from their bank has no tickets: they are worth nothing from now on, and their places are on
 * sale. A booking that is over stays as it is, and so does one that another payment bought.
 */
export async function chargeBack(tx: Transaction, { paymentId, bookingId }: Disputed, at: Date): Promise<void> {
  const seen = await sagaBooking(tx, bookingId)
  if (!seen) return
  await lockBeforeBooking(tx, seen)
  const booking = await lockedBooking(tx, bookingId)
  const good = await goodPaymentOf(tx, bookingId)
  if (booking?.status !== 'CONFIRMED' || good?.paymentId !== paymentId) return
  await lockTickets(tx, bookingId)
  await cancelTickets(tx, bookingId)
  const reason = 'the buyer’s bank took the payment back'
  await take(tx, { booking, on: 'payment.disputed', at, changes: { endedAt: at, endReason: reason }, news: { reason } })
  await giveBackPlaces(tx, booking)
}
