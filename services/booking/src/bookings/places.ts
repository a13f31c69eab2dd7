import type { Transaction } from '@tikitu/runtime/database'
import type { SagaBooking } from './booking.sql.ts'
import { giveBackSeats, giveBackUnits, lockStock, sellSeats, takeUnits } from './places.sql.ts'

/** What of a booking says where its places are. */
type Places = Pick<SagaBooking, 'id' | 'eventId' | 'seatNos' | 'ticketTypeId' | 'quantity'>

/** Locks what must be locked before the booking itself by whoever may give its places back. Seats come after it. */
export async function lockBeforeBooking(tx: Transaction, { ticketTypeId }: Places): Promise<void> {
  if (ticketTypeId !== null) await lockStock(tx, ticketTypeId)
}

/**
 * Makes the places of a booking sold: all of them, or none. Units of general admission are counted as taken since the
 * hold, unless they were given back since.
 */
export async function sellPlaces(
  tx: Transaction,
  { id, eventId, seatNos, ticketTypeId, quantity }: Places,
  { unitsWereGivenBack }: { unitsWereGivenBack: boolean },
): Promise<boolean> {
  if (seatNos !== null) return sellSeats(tx, { eventId, bookingId: id, seatNos })
  if (ticketTypeId === null || !unitsWereGivenBack) return true
  return takeUnits(tx, ticketTypeId, quantity)
}

/** Puts the places of a booking back on sale. The caller has just ended the booking, so this happens once. */
export async function giveBackPlaces(
  tx: Transaction,
  { id, eventId, seatNos, ticketTypeId, quantity }: Places,
): Promise<void> {
  if (seatNos !== null) await giveBackSeats(tx, { eventId, bookingId: id, seatNos })
  if (ticketTypeId !== null) await giveBackUnits(tx, ticketTypeId, quantity)
}
