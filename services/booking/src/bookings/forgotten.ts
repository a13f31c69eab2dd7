import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { BookingRefundRequested } from '@tikitu/schema/events/booking'
import { refundIdOf } from './refund-id.ts'
import type { ArrivedPayment } from './settlement.ts'

/**
 * Asks for the money of a booking to be given back that is not here: it was, in a database that has since been restored
 * to an earlier moment. Its places are on sale, so that there is nothing else to give for it.
 */
export async function sendBackForgotten(
  tx: Transaction,
  { paymentId, bookingId, amount, currency }: ArrivedPayment,
  at: Date,
): Promise<void> {
  const refundId = refundIdOf(bookingId, paymentId)
  const reason = 'the booking was lost in a failure of ours'
  await emit(tx, BookingRefundRequested, {
    refundId,
    bookingId,
    paymentId,
    amount,
    currency,
    reason,
    at: at.toISOString(),
  })
}
