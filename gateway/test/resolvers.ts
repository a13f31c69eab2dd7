import { Fault } from '@tikitu/runtime/fault'
import { requireAdmin, requireUserId, type Identity } from '@tikitu/runtime/identity'
import type { ServiceName } from '@tikitu/schema/services'
import { bookings, eur, events, follow, ids, notifications, partners, payments, seats, users, venues } from './world.ts'

interface Context {
  identity: Identity
}
interface LiveContext extends Context {
  /** Aborted when whoever subscribed is gone. */
  gone: AbortSignal
}
interface Reference {
  id: string
}

const byId = <Row extends { id: string }>(rows: readonly Row[], wanted: string) =>
  rows.find(({ id }) => id === wanted) ?? null

/** A page with everything in it; one of events says too that it was found by the words as they were written. */
const page = <Node extends { id: string }>(nodes: readonly Node[]) => ({
  corrected: false,
  edges: nodes.map((node) => ({ cursor: node.id, node })),
  pageInfo: { hasNextPage: false, endCursor: nodes.at(-1)?.id ?? null },
})

const ownBookings = (identity: Identity) => bookings.filter(({ userId }) => userId === identity.userId)

const hold = {
  __typename: 'Hold',
  id: ids.ticket(9),
  expiresAt: new Date('2027-01-01T00:10:00.000Z'),
  lines: [{ ticketTypeId: `${ids.event(1)}-stand`, quantity: 1, unitPrice: eur(4300), fees: eur(200), taxes: eur(50) }],
  seats: [seats[0]],
  subtotal: eur(4300),
  fees: eur(200),
  taxes: eur(50),
  total: eur(4550),
}

/** What the fixture subgraphs answer: small, but with the shapes, references and refusals of the real ones. */
export const resolvers: Record<ServiceName, object> = {
  booking: {
    Query: {
      events: (_: unknown, { first }: { first: number }) => page(events.slice(0, first)),
      event: (_: unknown, { id }: Reference) => byId(events, id),
      booking: (_: unknown, { id }: Reference, { identity }: Context) => byId(ownBookings(identity), id),
      bookings: (_: unknown, _args: unknown, { identity }: Context) => page(ownBookings(identity)),
      validateTicket: () => ({ valid: false, reason: 'WRONG_EVENT', ticket: bookings[0]?.tickets[0] }),
      auditInventory: () => {
        throw new Error('connect ECONNREFUSED to postgres://tikitu_booking:hunter2@db:5432')
      },
    },
    Mutation: {
      holdSeats: (_: unknown, { input }: { input: { eventId: string; seatIds: string[] } }, { identity }: Context) => {
        requireUserId(identity)
        if (!byId(events, input.eventId)) {
          return { __typename: 'EventNotFound', message: 'There is no such event.', eventId: input.eventId }
        }
        const taken = input.seatIds.filter((seatId) => seatId === 'A-1-2')
        if (taken.length > 0)
          return { __typename: 'SeatsTaken', message: 'Someone else has these seats.', seatIds: taken }
        return hold
      },
      checkout: () => ({ __typename: 'Booking', ...bookings[0], status: 'PENDING' }),
      checkIn: () => ({
        __typename: 'CheckInRefused',
        message: 'It was used before.',
        reason: 'ALREADY_USED',
        firstUsedAt: new Date('2027-05-01T18:00:00.000Z'),
      }),
    },
    Subscription: {
      bookingUpdated: {
        subscribe: (_: unknown, { id }: Reference, { identity, gone }: LiveContext) => {
          if (!byId(ownBookings(identity), id)) throw new Fault('NOT_FOUND', 'There is no such booking.')
          return follow(id, gone)
        },
        resolve: (_event: unknown, { id }: Reference) => byId(bookings, id),
      },
      // At the door of the fixture nothing happens.
      doorCountersUpdated: { async *subscribe() {} },
      seatsChanged: {
        async *subscribe(_: unknown, { version }: { version: number }) {
          const sections = [{ name: 'A', available: [], held: [1], sold: [], blocked: [] }]
          yield { __typename: 'SeatChanges', fromVersion: version, version: version + 1, sections }
          yield { __typename: 'SeatMapOutdated', version: version + 500 }
        },
      },
    },
    Event: {
      seats: (_: unknown, { section }: { section?: string }) =>
        seats.filter((seat) => !section || seat.section === section),
      __resolveReference: ({ id }: Reference) => byId(events, id),
    },
    Booking: {
      __resolveReference: ({ id }: Reference, _args: unknown, { identity }: Context) => byId(ownBookings(identity), id),
    },
    Venue: {
      __resolveReference: (reference: Reference) => reference,
      events: ({ id }: Reference) => page(events.filter((event) => event.venue.id === id)),
    },
    Partner: {
      __resolveReference: (reference: Reference) => reference,
      events: ({ id }: Reference) => page(events.filter((event) => event.partner.id === id)),
    },
    User: {
      __resolveReference: (reference: Reference) => reference,
      bookings: ({ id }: Reference, _args: unknown, { identity }: Context) =>
        page(id === identity.userId ? ownBookings(identity) : []),
    },
  },
  partner: {
    Query: {
      venue: (_: unknown, { id }: Reference) => byId(venues, id),
      partner: (_: unknown, { id }: Reference) => byId(partners, id),
      myPartners: (_: unknown, _args: unknown, { identity }: Context) =>
        partners.filter((partner) => identity.partners.some(({ partnerId }) => partnerId === partner.id)),
    },
    Venue: {
      __resolveReference: ({ id }: Reference) => byId(venues, id),
      partner: ({ partnerId }: { partnerId: string }) => byId(partners, partnerId),
    },
    Partner: {
      __resolveReference: ({ id }: Reference) => byId(partners, id),
      owner: () => ({ __typename: 'User', id: ids.user(2) }),
      venues: ({ id }: Reference) => page(venues.filter(({ partnerId }) => partnerId === id)),
      staff: () => [
        { user: { __typename: 'User', id: ids.user(2) }, role: 'OWNER', since: new Date(0) },
        { user: { __typename: 'User', id: ids.user(1) }, role: 'SCANNER', since: new Date(0) },
      ],
    },
  },
  payment: {
    Query: {
      payment: (_: unknown, { id }: Reference) => byId(payments, id),
    },
    Mutation: {
      startPayment: () => ({ __typename: 'Payment', ...payments[0], status: 'PENDING', clientSecret: 'secret-1' }),
    },
    Payment: { booking: ({ bookingId }: { bookingId: string }) => ({ __typename: 'Booking', id: bookingId }) },
    Booking: {
      __resolveReference: (reference: Reference) => reference,
      payment: ({ id }: Reference) => payments.find(({ bookingId }) => bookingId === id) ?? null,
      payments: ({ id }: Reference) => payments.filter(({ bookingId }) => bookingId === id),
    },
    User: { __resolveReference: (reference: Reference) => reference, payments: () => page(payments) },
  },
  notification: {
    Query: {
      myNotifications: (_: unknown, _args: unknown, { identity }: Context) =>
        page(notifications.filter(({ userId }) => userId === identity.userId)),
      unreadNotificationCount: (_: unknown, _args: unknown, { identity }: Context) => {
        requireUserId(identity)
        return 3
      },
    },
    Booking: {
      __resolveReference: (reference: Reference) => reference,
      notifications: ({ id }: Reference) => notifications.filter(({ bookingId }) => bookingId === id),
    },
    User: { __resolveReference: (reference: Reference) => reference },
  },
  admin: {
    Query: {
      admins: (_: unknown, _args: unknown, { identity }: Context) => {
        requireAdmin(identity)
        return []
      },
    },
  },
  user: {
    Query: {
      me: (_: unknown, _args: unknown, { identity }: Context) => byId(users, identity.userId ?? ''),
      user: (_: unknown, { id }: Reference) => byId(users, id),
    },
    User: {
      __resolveReference: ({ id }: Reference) => byId(users, id),
      phone: ({ id }: Reference, _args: unknown, { identity }: Context) => {
        if (id !== identity.userId) throw new Fault('FORBIDDEN', 'This telephone number is not yours.')
        return '+442079460958'
      },
    },
  },
}
