import type { RequestContext } from '@tikitu/runtime/context'
import { isId } from '@tikitu/runtime/ids'
import { loadMany, loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import { bookingById } from '../bookings/booking.loaders.ts'
import { eventKeysByIds, type EventKeyRow } from './event-key.sql.ts'
import type { Keyring } from './keyring.ts'
import { seatsOfTickets, ticketsByIds, ticketsOfBookings, type TicketRow } from './ticket.sql.ts'

type Asking = Pick<RequestContext, 'identity' | 'database'>

const loaders = perRequest(({ database: { orm } }: Asking) => ({
  ticket: loadOne(
    (ids) => ticketsByIds(orm, ids),
    (ticket: TicketRow) => ticket.id,
  ),
  ofBooking: loadMany(
    (bookingIds) => ticketsOfBookings(orm, bookingIds),
    (ticket: TicketRow) => ticket.bookingId,
  ),
  seat: loadOne(
    (ticketIds) => seatsOfTickets(orm, ticketIds),
    (seat) => seat.ticketId,
  ),
  eventKey: loadOne(
    (eventIds) => eventKeysByIds(orm, eventIds),
    (key: EventKeyRow) => key.eventId,
  ),
}))

/** A ticket; null when there is none of a booking that the caller may see. */
export async function ticketById(asking: Asking, id: string): Promise<TicketRow | null> {
  const ticket = isId(id) ? await loaders(asking).ticket.load(id) : null
  return ticket && (await bookingById(asking, ticket.bookingId)) ? ticket : null
}

/** A ticket of an event at whose door the caller stands. */
export function ticketOfDoor(asking: Asking, id: string): Promise<TicketRow | null> {
  return loaders(asking).ticket.load(id)
}

/** The tickets of a booking that the caller may see, in their order. */
export function ticketsOfBooking(asking: Asking, bookingId: string): Promise<TicketRow[]> {
  return loaders(asking).ofBooking.load(bookingId)
}

/** The place that a ticket gives; null for general admission. */
export function seatOfTicket(asking: Asking, { id, seatNo }: TicketRow) {
  return seatNo === null ? null : loaders(asking).seat.load(id)
}

/** What the door scans: for the buyer alone, and as long as the ticket is worth anything. */
export async function codeOfTicket(asking: Asking, ticket: TicketRow, keyring: Keyring): Promise<string | null> {
  const isWorthSomething = ticket.status === 'ACTIVE' || ticket.status === 'USED'
  if (asking.identity.userId !== ticket.userId || !isWorthSomething) return null
  const key = await loaders(asking).eventKey.load(ticket.eventId)
  if (!key) throw new Error(`event ${ticket.eventId} has tickets and no key`)
  return keyring.codeOf(ticket, key)
}
