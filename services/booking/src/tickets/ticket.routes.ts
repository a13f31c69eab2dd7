import type { RequestContext } from '@tikitu/runtime/context'
import { Fault } from '@tikitu/runtime/fault'
import { requireUserId } from '@tikitu/runtime/identity'
import type { ServiceDefinition, ServiceParts } from '@tikitu/runtime/serve'
import { bookingById } from '../bookings/booking.loaders.ts'
import { pdfOfTickets, type Press } from './printing.ts'
import { qrPng, qrSvg } from './qr.ts'
import { codeOfTicket, heldTicket, ticketsOfBooking } from './ticket.loaders.ts'

/** The service's web server. */
type App = Parameters<NonNullable<ServiceDefinition['routes']>>[0]

type Asking = Pick<RequestContext, 'identity' | 'database'>

/**
 * Tickets as files, for their holders: the gateway passes them on under `/api/v1/booking`. What the caller does not hold
 * does not exist, and what is worth nothing has no code: both are NOT_FOUND.
 */
export function ticketRoutes(app: App, { database }: ServiceParts, press: Press): void {
  const { keyring } = press
  const codeOf = async (asking: Asking, id: string): Promise<string> => {
    const code = await codeOfTicket(asking, await heldTicket(asking, id), keyring)
    if (code === null) throw worthNothing()
    return code
  }

  app.get<{ Params: { id: string } }>('/tickets/:id/ticket.pdf', async ({ params: { id }, identity }, reply) => {
    const asking = { identity, database }
    const pdf = await pdfOfTickets(asking, [await heldTicket(asking, id)], press)
    if (pdf === null) throw worthNothing()
    return reply
      .headers(fileHeaders(`ticket-${id}.pdf`))
      .type('application/pdf')
      .send(pdf)
  })
  app.get<{ Params: { id: string } }>('/tickets/:id/qr.svg', async ({ params: { id }, identity }, reply) => {
    const code = await codeOf({ identity, database }, id)
    return reply
      .headers(fileHeaders(`ticket-${id}.svg`))
      .type('image/svg+xml')
      .send(await qrSvg(code))
  })
  app.get<{ Params: { id: string } }>('/tickets/:id/qr.png', async ({ params: { id }, identity }, reply) => {
    const code = await codeOf({ identity, database }, id)
    return reply
      .headers(fileHeaders(`ticket-${id}.png`))
      .type('image/png')
      .send(await qrPng(code))
  })
  app.get<{ Params: { id: string } }>('/bookings/:id/tickets.pdf', async ({ params: { id }, identity }, reply) => {
    const asking = { identity, database }
    requireUserId(identity)
    const booking = await bookingById(asking, id)
    const pdf = booking && (await pdfOfTickets(asking, await ticketsOfBooking(asking, booking.id), press))
    if (!pdf) throw new Fault('NOT_FOUND', 'You hold no good ticket of such a booking.')
    return reply
      .headers(fileHeaders(`tickets-${booking.reference}.pdf`))
      .type('application/pdf')
      .send(pdf)
  })
}

const worthNothing = () => new Fault('NOT_FOUND', 'This ticket is worth nothing any more, and has no code.')

/** A code lets in whoever shows it: nobody keeps it on the way. */
const fileHeaders = (name: string) => ({
  'cache-control': 'private, no-store',
  'content-disposition': `inline; filename="${name}"`,
})
