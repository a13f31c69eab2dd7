import { mutate } from '@tikitu/runtime/context'
import { requireUserId } from '@tikitu/runtime/identity'
import { validInput } from '@tikitu/runtime/validate'
import { bookingById } from '../bookings/booking.loaders.ts'
import { eventLoaders } from '../events/event.loaders.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { BearerSecrets } from './bearer.ts'
import { renameTicket } from './naming.ts'
import { pdfOfTickets, qrOfTicket, type Press } from './printing.ts'
import { claimInput, renameInput, transferInput, withdrawInput } from './ticket.input.ts'
import {
  codeOfTicket,
  freshTicket,
  freshTransfer,
  hasCode,
  isHeldBy,
  listTickets,
  offerOfTicket,
  seatOfTicket,
  ticketById,
} from './ticket.loaders.ts'
import { claimTicket, transferTicket, withdrawTransfer } from './transfers.ts'

/**
 * Tickets in the graph. Whoever is given one may see it: its holder, its buyer, its seller, an admin, or the door that
 * scanned it. `publicOrigin` is where clients reach the gateway.
 */
export function ticketResolvers(press: Press, secrets: BearerSecrets, publicOrigin: string): Resolvers {
  const { keyring } = press
  return {
    Query: {
      ticket: (_parent, { id }, context) => ticketById(context, id),
      tickets: (_parent, args, context) => listTickets(context, args),
    },

    Mutation: {
      async renameTicket(_parent, { input }, context) {
        const userId = requireUserId(context.identity)
        const wish = validInput(renameInput, input)
        const outcome = await mutate(context, 'Ticket', (tx, at) => renameTicket(tx, { ...wish, userId, at }))
        if (outcome.__typename !== 'Ticket') return outcome
        return { __typename: 'Ticket', ...(await freshTicket(context, outcome.id)) }
      },

      async transferTicket(_parent, { input }, context) {
        const userId = requireUserId(context.identity)
        const wish = validInput(transferInput, input)
        const hours = context.settings.get('booking.transferHours')
        const outcome = await mutate(context, 'OfferedTicket', (tx, at) =>
          transferTicket(tx, { ...wish, userId, hours, secrets, at }),
        )
        if (outcome.__typename !== 'OfferedTicket') return outcome
        const transfer = await freshTransfer(context, outcome.id)
        return { __typename: 'OfferedTicket', transfer, token: secrets('transfer', outcome.id) }
      },

      async withdrawTransfer(_parent, { input }, context) {
        const userId = requireUserId(context.identity)
        const wish = validInput(withdrawInput, input)
        const outcome = await mutate(context, 'TicketTransfer', (tx, at) =>
          withdrawTransfer(tx, { ...wish, userId, at }),
        )
        if (outcome.__typename !== 'TicketTransfer') return outcome
        return { __typename: 'TicketTransfer', ...(await freshTransfer(context, outcome.id)) }
      },

      async claimTicket(_parent, { input }, context) {
        const userId = requireUserId(context.identity)
        const wish = validInput(claimInput, input)
        const outcome = await mutate(context, 'Ticket', (tx, at) => claimTicket(tx, { ...wish, userId, at }))
        if (outcome.__typename !== 'Ticket') return outcome
        return { __typename: 'Ticket', ...(await freshTicket(context, outcome.id)) }
      },
    },

    Ticket: {
      __resolveReference: ({ id }, _args, context) => ticketById(context, id),
      code: (ticket, _args, context) => codeOfTicket(context, ticket, keyring),
      qr: (ticket, _args, context) => qrOfTicket(context, ticket, keyring),
      pdf: async (ticket, _args, context) => (await pdfOfTickets(context, [ticket], press))?.toString('base64') ?? null,
      pdfUrl: (ticket, _args, context) =>
        hasCode(context, ticket) ? `${publicOrigin}/api/v1/booking/tickets/${ticket.id}.pdf` : null,
      qrUrl: (ticket, _args, context) =>
        hasCode(context, ticket) ? `${publicOrigin}/api/v1/booking/tickets/${ticket.id}/qr.svg` : null,
      seat: (ticket, _args, context) => seatOfTicket(context, ticket),
      ticketType: ({ ticketTypeId }, _args, context) => eventLoaders(context).ticketType.load(ticketTypeId),
      price: async ({ price, eventId }, _args, context) => {
        const event = await eventLoaders(context).event.load(eventId)
        if (!event) throw new Error(`event ${eventId} has tickets and is gone`)
        return { amount: price, currency: event.currency }
      },
      event: ({ eventId }, _args, context) => eventLoaders(context).event.load(eventId),
      // Null for a door that scanned it: who bought it is not the door's business.
      booking: ({ bookingId }, _args, context) => bookingById(context, bookingId),
      holder: async (ticket, _args, context) => {
        const maySee = isHeldBy(context, ticket) || (await bookingById(context, ticket.bookingId)) !== null
        return maySee ? { __typename: 'User', id: ticket.userId } : null
      },
      offer: (ticket, _args, context) => offerOfTicket(context, ticket),
    },

    TicketTransfer: {
      ticket: ({ ticketId }, _args, context) => ticketById(context, ticketId),
    },
  }
}
