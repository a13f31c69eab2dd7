/*
 * Whether money and tickets agree: what the provider took, what payment wrote down, and what booking gave for it. The
 * audit in the graph sees booking's side alone; this lays the databases beside each other.
 */

/** An attempt to pay: what we wrote down about it, and what the provider says. Amounts in minor units. */
export interface PaymentRow {
  id: string
  bookingId: string
  status: string
  captured: number
  /** What is promised back, and what has gone back. */
  refundReserved: number
  refunded: number
  /** What the buyer's bank took back of what was left, for now or for good. */
  disputed: number
  /** What the provider took, and what went back: by the provider, or by a bank that had a dispute decided for the buyer. */
  taken: number
  returned: number
  /** What the buyer is out of pocket by the ledger. */
  posted: number
}

/** A booking that was checked out, and what it led to. */
export interface BookingRow {
  id: string
  status: string
  total: number
  quantity: number
  /** Tickets that are not cancelled. */
  tickets: number
  /** The payments that reached it. */
  paymentIds: readonly string[]
}

/** What is wrong while nothing is under way any more, one sentence each; empty when money and tickets agree. */
export function disagreements(payments: readonly PaymentRow[], bookings: readonly BookingRow[]): string[] {
  const byId = new Map(bookings.map((booking) => [booking.id, booking]))
  return [
    ...payments.flatMap((payment) => wrongWithPayment(payment, byId.get(payment.bookingId))),
    ...bookings.flatMap((booking) =>
      wrongWithBooking(
        booking,
        payments.filter(({ bookingId }) => bookingId === booking.id),
      ),
    ),
  ]
}

function wrongWithPayment(payment: PaymentRow, booking: BookingRow | undefined): string[] {
  const { id, status, captured, refundReserved, refunded, disputed, taken, returned, posted } = payment
  const left = captured - refunded - disputed
  const is = `payment ${id} (${status})`
  const wrong = [
    captured !== taken && `${is}: the provider took ${taken}, and ${captured} is written down`,
    refunded !== returned && `${is}: the provider gave ${returned} back, and ${refunded} is written down`,
    refunded !== refundReserved && `${is}: of ${refundReserved} promised back, ${refunded} arrived`,
    posted !== left && `${is}: the ledger says ${posted}, not ${left}`,
  ].filter((sentence) => sentence !== false)
  if (captured === 0) return wrong
  // A booking that was lost with its database is nobody's any more.
  if (!booking && refunded === captured) return wrong
  if (!booking?.paymentIds.includes(id)) return [...wrong, `${is}: booking does not know of it`]
  if (left === captured && !isSold(booking)) {
    return [...wrong, `${is}: money for booking ${booking.id}, which is ${booking.status}, and no refund`]
  }
  if (booking.status === 'CHARGEBACK' && status !== 'DISPUTED' && left > 0) {
    return [...wrong, `${is}: the bank has decided, and ${left} is neither with the buyer nor paid for tickets`]
  }
  if (refunded === captured && booking.tickets > 0) {
    return [...wrong, `${is}: given back, and booking ${booking.id} has ${booking.tickets} tickets`]
  }
  return wrong
}

function wrongWithBooking(booking: BookingRow, payments: readonly PaymentRow[]): string[] {
  const { id, status, total, quantity, tickets } = booking
  const is = `booking ${id} (${status})`
  if (['CANCELLING', 'REFUND_DUE'].includes(status)) return [`${is}: its money has not come back`]
  if (!isSold(booking)) return tickets === 0 ? [] : [`${is}: it has ${tickets} tickets`]
  const good = payments.filter(({ captured, refunded }) => captured === total && refunded < captured)
  // Single tickets are given back for a part of the money.
  const isWhole = good.every(({ refunded }) => refunded === 0)
  return [
    (isWhole ? tickets !== quantity : tickets > quantity) && `${is}: it has ${tickets} of ${quantity} tickets`,
    good.length !== (total > 0 ? 1 : 0) && `${is}: ${good.length} payments cover it`,
  ].filter((sentence) => sentence !== false)
}

function isSold({ status }: BookingRow): boolean {
  return status === 'CONFIRMED' || status === 'COMPLETED'
}
