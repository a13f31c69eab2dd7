import { bookingById } from '../bookings/booking.loaders.ts'
import { eventLoaders } from '../events/event.loaders.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { Keyring } from './keyring.ts'
import { codeOfTicket, seatOfTicket, ticketById } from './ticket.loaders.ts'

/** Tickets in the graph. Whoever is given one may see it: its buyer, its seller, an admin, or the door that scanned it. */
export function ticketResolvers(keyring: Keyring): Resolvers {
  return {
    Ticket: {
      __resolveReference: ({ id }, _args, context) => ticketById(context, id),
      code: (ticket, _args, context) => codeOfTicket(context, ticket, keyring),
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
    },
  }
}
