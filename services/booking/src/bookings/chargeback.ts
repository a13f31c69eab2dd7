import type { Transaction } from '@tikitu/runtime/database'
import { cancelTickets, giveTicketsBack, lockTickets } from '../tickets/ticket.sql.ts'
import { decideAfterDispute, keptOf } from './booking.rules.ts'
import { buyerHasRoom, lockBuyerAndEvent, lockedBooking, sagaBooking, type SagaBooking } from './booking.sql.ts'
import {
  disputesOf,
  forgetTakenTickets,
  noteDispute,
  noteTakenTickets,
  type BookingDisputeRow,
  type HeardDispute,
} from './dispute.sql.ts'
import { goodPaymentOf, type BookingPaymentRow } from './payment.sql.ts'
import { giveBackPlaces, lockBeforeBooking, sellPlaces } from './places.ts'
import { requestRefund } from './settlement.ts'
import { take } from './transition.ts'

/**
 * Makes a booking agree with what banks say about its payment, in whatever order that is heard. Who has their money back
 * from their bank has no tickets: they are worth nothing, and their places are on sale. When the bank decides for us, the
 * buyer has them again if the places are still to be had, or else their money. A booking that is over stays as it is, and
 * so does one that another payment bought.
 */
export async function followDispute(tx: Transaction, heard: HeardDispute, at: Date): Promise<void> {
  const { bookingId, paymentId, disputeId } = heard
  const seen = await sagaBooking(tx, bookingId)
  if (!seen) return
  await lockBuyerAndEvent(tx, seen.userId, bookingId)
  await lockBeforeBooking(tx, seen)
  const booking = await lockedBooking(tx, bookingId)
  if (!booking) return
  await noteDispute(tx, heard)
  const good = await goodPaymentOf(tx, bookingId)
  if (good?.paymentId !== paymentId) return
  const disputes = await disputesOf(tx, heard)
  const stands = disputes.find((dispute) => dispute.disputeId === disputeId)?.status
  if (booking.status === 'CONFIRMED' && stands !== 'WON') {
    await chargeBack(tx, { booking, disputeId, at })
    booking.status = 'CHARGEBACK'
  }
  if (stands !== 'OPEN') await endChargeback(tx, { booking, good, disputes, at })
}

interface Charged {
  readonly booking: SagaBooking
  readonly disputeId: string
  readonly at: Date
}

async function chargeBack(tx: Transaction, { booking, disputeId, at }: Charged): Promise<void> {
  await lockTickets(tx, booking.id)
  await noteTakenTickets(tx, disputeId, await cancelTickets(tx, booking.id))
  const reason = 'the buyer’s bank took the payment back'
  await take(tx, { booking, on: 'payment.disputed', at, changes: { endedAt: at, endReason: reason }, news: { reason } })
  await giveBackPlaces(tx, booking)
}

interface Decided {
  readonly booking: SagaBooking
  readonly good: BookingPaymentRow
  readonly disputes: readonly BookingDisputeRow[]
  readonly at: Date
}

async function endChargeback(tx: Transaction, { booking, good, disputes, at }: Decided): Promise<void> {
  const on = 'payment.dispute_closed'
  const { amount, promised } = good
  const paid = { amount, promised, disputes }
  const decision =
    booking.status === 'CHARGEBACK' ? decideAfterDispute({ ...paid, event: booking.event }, at) : 'settled'
  if (decision === 'give back' && (await giveBack(tx, booking, disputes, at))) {
    await forgetTakenTickets(tx, good.paymentId)
    return take(tx, { booking, on, when: 'won, seats free', at })
  }
  const kept = keptOf(paid)
  if (booking.status !== 'CHARGEBACK' || decision === 'wait' || kept === 0)
    return take(tx, { booking, on, when: 'nothing to do', at })
  const reason = 'the tickets could not be given back after the bank had decided'
  const refund = await requestRefund(tx, { ...good, amount: kept, reason, at })
  await take(tx, { booking, on, when: 'money is left', at, changes: { endReason: reason }, news: { reason, refund } })
}

/** Takes the places again, all of them, and gives the tickets back; false, and nothing is done, when one is not to be had. */
async function giveBack(
  tx: Transaction,
  booking: SagaBooking,
  disputes: readonly BookingDisputeRow[],
  at: Date,
): Promise<boolean> {
  const taken = disputes.flatMap(({ ticketIds }) => ticketIds)
  if (taken.length !== booking.quantity || !(await buyerHasRoom(tx, booking.id))) return false
  if (!(await sellPlaces(tx, booking, { unitsWereGivenBack: true }))) return false
  await lockTickets(tx, booking.id)
  await giveTicketsBack(tx, taken, at)
  return true
}
