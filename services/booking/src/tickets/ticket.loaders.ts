import { connectionOf, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { requireUserId } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { loadMany, loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import { bookingById } from '../bookings/booking.loaders.ts'
import { eventKeysByIds, type EventKeyRow } from './event-key.sql.ts'
import type { Keyring } from './keyring.ts'
import { qrSvg } from './qr.ts'
import { ticketPdf } from './ticket-pdf.ts'
import {
  printedTicket,
  seatsOfTickets,
  ticketsByIds,
  ticketsOfBookings,
  ticketsOfHolder,
  type TicketRow,
} from './ticket.sql.ts'
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

/** What the door scans: for its holder alone, and as long as the ticket is worth anything. */
export async function codeOfTicket(asking: Asking, ticket: TicketRow, keyring: Keyring): Promise<string | null> {
  const isWorthSomething = ticket.status === 'ACTIVE' || ticket.status === 'USED'
  if (!isHeldBy(asking, ticket) || !isWorthSomething) return null
  const key = await loaders(asking).eventKey.load(ticket.eventId)
  if (!key) throw new Error(`event ${ticket.eventId} has tickets and no key`)
  return keyring.codeOf(ticket, key)
}

/** The code as a picture, under the same conditions. */
export async function qrOfTicket(asking: Asking, ticket: TicketRow, keyring: Keyring): Promise<string | null> {
  const code = await codeOfTicket(asking, ticket, keyring)
  return code === null ? null : qrSvg(code)
}

/** The ticket as a PDF in Base64, under the same conditions. */
export async function pdfOfTicket(asking: Asking, ticket: TicketRow, keyring: Keyring): Promise<string | null> {
  const code = await codeOfTicket(asking, ticket, keyring)
  if (code === null) return null
  const { currency, price, ...printed } = await printedTicket(asking.database.orm, ticket.id)
  const seat = await seatOfTicket(asking, ticket)
  const pdf = await ticketPdf({ ...printed, price: { amount: price, currency }, seat, code })
  return pdf.toString('base64')
}
