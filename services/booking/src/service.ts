import { cron } from '@tikitu/runtime/jobs'
import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { auditResolvers } from './audit/audit.resolvers.ts'
import { bookingChanges, bookingSubscriptions } from './bookings/booking.events.ts'
import { bookingResolvers } from './bookings/booking.resolvers.ts'
import { completeEvents } from './bookings/completion.ts'
import { keepExpiring } from './bookings/expiry.ts'
import { checkInResolvers } from './check-ins/check-in.resolvers.ts'
import { doorResolvers } from './check-ins/door.resolvers.ts'
import type { BookingConfig } from './config.ts'
import { deviceResolvers } from './devices/device.resolvers.ts'
import { eventResolvers } from './events/event.resolvers.ts'
import { keepFollowingUp } from './follow-ups/keep-following-up.ts'
import type { Resolvers } from './generated/graphql.ts'
import { holdResolvers } from './holds/hold.resolvers.ts'
import { holdHousekeeping } from './holds/housekeeping.ts'
import { imageResolvers } from './images/image.resolvers.ts'
import { imageRoutes } from './images/image.routes.ts'
import { uploadTokens } from './images/upload-token.ts'
import { seatMapResolvers } from './inventory/seat-map.resolvers.ts'
import { seatMapRoutes } from './inventory/seat-map.routes.ts'
import { settingsWithFees } from './prices/fee-terms.ts'
import { bearerSecrets } from './tickets/bearer.ts'
import { keepCountingDemand } from './listings/demand.ts'
import { openFaces } from './tickets/faces.ts'
import { openKeyring } from './tickets/keyring.ts'
import { ticketResolvers } from './tickets/ticket.resolvers.ts'
import { ticketRoutes } from './tickets/ticket.routes.ts'
import { venueSubscriptions } from './venues/venue.events.ts'

/** Booking's table of contents: events, their seats, and who holds, books and uses them. */
export function defineBooking({
  ticketKeySecret,
  publicOrigin = 'http://localhost:3000',
  ticketFonts = [],
}: Pick<BookingConfig, 'ticketKeySecret'> &
  Partial<Pick<BookingConfig, 'publicOrigin' | 'ticketFonts'>>): ServiceDefinition {
  const keyring = openKeyring(ticketKeySecret)
  const press = { keyring, faces: openFaces(ticketFonts) }
  const secrets = bearerSecrets(ticketKeySecret)
  const devices = deviceResolvers(secrets)
  const tickets = ticketResolvers(press, secrets, publicOrigin)
  const events = eventResolvers(keyring)
  const imagePlace = { tokens: uploadTokens(ticketKeySecret), publicOrigin }
  const resolvers: Resolvers = {
    ...events,
    ...holdResolvers,
    ...bookingResolvers,
    ...tickets,
    ...doorResolvers,
    ...devices,
    Event: { ...events.Event, ...seatMapResolvers.Event },
    SeatMap: seatMapResolvers.SeatMap,
    Query: {
      ...events.Query,
      ...seatMapResolvers.Query,
      ...holdResolvers.Query,
      ...bookingResolvers.Query,
      ...tickets.Query,
      ...checkInResolvers.Query,
      ...doorResolvers.Query,
      ...devices.Query,
      ...auditResolvers.Query,
    },
    Mutation: {
      ...events.Mutation,
      ...imageResolvers(imagePlace).Mutation,
      ...holdResolvers.Mutation,
      ...bookingResolvers.Mutation,
      ...tickets.Mutation,
      ...checkInResolvers.Mutation,
      ...doorResolvers.Mutation,
      ...devices.Mutation,
    },
    Subscription: {
      ...bookingResolvers.Subscription,
      ...seatMapResolvers.Subscription,
      ...doorResolvers.Subscription,
    },
  }
  return {
    name: 'booking',
    resolvers,
    subscriptions: [...venueSubscriptions, ...bookingSubscriptions, settingsWithFees],
    watched: bookingChanges,
    jobs: (parts) => [cron('bookings.complete', '7 * * * *', () => completeEvents(parts)), ...holdHousekeeping(parts)],
    routes: (app, parts) => {
      imageRoutes(app, parts, imagePlace)
      ticketRoutes(app, parts, press)
      seatMapRoutes(app, parts)
      // Ends with the app, and so before the database is closed.
      const expiry = keepExpiring(parts)
      app.addHook('onClose', () => expiry.stop())
      const demand = keepCountingDemand(parts)
      app.addHook('onClose', () => demand.stop())
      const followUps = keepFollowingUp(parts)
      app.addHook('onClose', () => followUps.stop())
    },
  }
}
