import { connectionOf, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput, Fault } from '@tikitu/runtime/fault'
import { requireUserId } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { loadMany, loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import { bookingById } from '../bookings/booking.loaders.ts'
import { eventKeysByIds, type EventKeyRow } from './event-key.sql.ts'
import type { Keyring } from './keyring.ts'
import { seatsOfTickets, ticketsByIds, ticketsOfBookings, ticketsOfHolder, type TicketRow } from './ticket.sql.ts'
import { liveOffers, transferById, type TransferRow } from './transfer.sql.ts'

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
  offer: loadOne(
    (ticketIds) => liveOffers(orm, ticketIds),
    (offer: TransferRow) => offer.ticketId,
  ),
  eventKey: loadOne(
    (eventIds) => eventKeysByIds(orm, eventIds),
    (key: EventKeyRow) => key.eventId,
  ),
}))

/** A ticket; null when there is none that the caller holds, or of a booking that they may see. */
export async function ticketById(asking: Asking, id: string): Promise<TicketRow | null> {
  const ticket = isId(id) ? await loaders(asking).ticket.load(id) : null
  if (!ticket || isHeldBy(asking, ticket)) return ticket
  return (await bookingById(asking, ticket.bookingId)) ? ticket : null
}

/** A ticket that the caller holds. That there is none is NOT_FOUND, and whoever is nobody's user gets the fault that says so. */
export async function heldTicket(asking: Asking, id: string): Promise<TicketRow> {
  requireUserId(asking.identity)
  const ticket = await ticketById(asking, id)
  if (!ticket || !isHeldBy(asking, ticket)) throw new Fault('NOT_FOUND', 'You have no such ticket.')
  return ticket
}

/** Whether the caller is who may come in with it. */
export function isHeldBy({ identity }: Pick<Asking, 'identity'>, { userId }: Pick<TicketRow, 'userId'>): boolean {
  return identity.userId !== null && identity.userId === userId
}

/** A page of the tickets that the caller holds, newest first. */
export async function listTickets(
  { identity, database }: Asking,
  args: { readonly first: number; readonly after?: string | null | undefined },
) {
  const userId = requireUserId(identity)
  const page = pageOf(args, 1)
  const before = page.after?.[0] ?? null
  if (before !== null && !isId(before)) throw badInput('after', 'is not a cursor of this list')
  const rows = await ticketsOfHolder(database.orm, { userId, before, limit: page.limit })
  return connectionOf(rows, page, ({ id }) => [id])
}

/** A ticket as it is after whatever this request did to it. */
export async function freshTicket({ database }: Asking, id: string): Promise<TicketRow> {
  const [ticket] = await ticketsByIds(database.orm, [id])
  if (!ticket) throw new Error(`ticket ${id} is gone`)
  return ticket
}

/** An offer as it is after whatever this request did to it. */
export async function freshTransfer({ database }: Asking, id: string): Promise<TransferRow> {
  const offer = await transferById(database.orm, id)
  if (!offer) throw new Error(`offer ${id} is gone`)
  return offer
}

/** What a ticket is offered by now; for its holder alone. */
export async function offerOfTicket(asking: Asking, ticket: TicketRow): Promise<TransferRow | null> {
  return isHeldBy(asking, ticket) && ticket.status === 'ACTIVE' ? loaders(asking).offer.load(ticket.id) : null
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

/** Whether the caller may have the code of a ticket: its holder alone, and as long as it is worth anything. */
export function hasCode(asking: Pick<Asking, 'identity'>, ticket: TicketRow): boolean {
  return isHeldBy(asking, ticket) && (ticket.status === 'ACTIVE' || ticket.status === 'USED')
}

/** What the door scans; null for whom it is not, and when there is none. */
export async function codeOfTicket(asking: Asking, ticket: TicketRow, keyring: Keyring): Promise<string | null> {
  if (!hasCode(asking, ticket)) return null
  const key = await loaders(asking).eventKey.load(ticket.eventId)
  if (!key) throw new Error(`event ${ticket.eventId} has tickets and no key`)
  return keyring.codeOf(ticket, key)
}
