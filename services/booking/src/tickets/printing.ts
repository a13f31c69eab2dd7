import type { RequestContext } from '@tikitu/runtime/context'
import type { Faces } from './faces.ts'
import type { Keyring } from './keyring.ts'
import { qrSvg } from './qr.ts'
import { codeOfTicket, seatOfTicket } from './ticket.loaders.ts'
import { ticketsPdf, type PrintedTicket } from './ticket-pdf.ts'
import { printedTickets, type TicketRow } from './ticket.sql.ts'

type Asking = Pick<RequestContext, 'identity' | 'database'>

/** What printing takes. */
export interface Press {
  readonly keyring: Keyring
  readonly faces: Faces
}

/** The code of a ticket as an SVG picture; null when the caller does not hold it, or it is worth nothing. */
export async function qrOfTicket(asking: Asking, ticket: TicketRow, keyring: Keyring): Promise<string | null> {
  const code = await codeOfTicket(asking, ticket, keyring)
  return code === null ? null : qrSvg(code)
}

/** A PDF of those of the tickets that the caller holds and that are worth something, in their order; null when none is. */
export async function pdfOfTickets(
  asking: Asking,
  tickets: readonly TicketRow[],
  { keyring, faces }: Press,
): Promise<Buffer | null> {
  const coded = await Promise.all(
    tickets.map(async (ticket) => ({ ticket, code: await codeOfTicket(asking, ticket, keyring) })),
  )
  const good = coded.flatMap(({ ticket, code }) => (code === null ? [] : [{ ticket, code }]))
  if (good.length === 0) return null
  const ids = good.map(({ ticket }) => ticket.id)
  const rows = new Map((await printedTickets(asking.database.orm, ids)).map((row) => [row.id, row]))
  const printed = good.map(async ({ ticket, code }): Promise<PrintedTicket> => {
    const row = rows.get(ticket.id)
    if (!row) throw new Error(`ticket ${ticket.id} is gone`)
    const { id: _, currency, price, ...facts } = row
    return { ...facts, price: { amount: price, currency }, seat: await seatOfTicket(asking, ticket), code }
  })
  return ticketsPdf(await Promise.all(printed), faces)
}
