import type { Resolvers } from '../generated/graphql.ts'
import { compactLayout } from './compact-map.rules.ts'
import { followSeats } from './following-seats.ts'
import { layoutWithSeats, seatMapsOf, type SeatChanges, type SeatMapOutdated } from './seat-maps.ts'

/** Compact seat maps in the graph. Everybody may see those of published events. */
export const seatMapResolvers = {
  Query: {
    seatMap: (_, { eventId }, { database }) => seatMapsOf(database).current(eventId),
  },
  Subscription: {
    seatsChanged: {
      subscribe: (_, args, context) => followSeats(context, args),
      resolve: (update: SeatChanges | SeatMapOutdated) => update,
    },
  },
  SeatMap: {
    sections: ({ sections }, { name }) =>
      name == null ? [...sections] : sections.filter((section) => section.name === name),
  },
  Event: {
    seatMap: ({ id }, _, { database }) => seatMapsOf(database).current(id),
    seatLayout: async ({ id }, _, { database }) => {
      const layout = await layoutWithSeats(database, id)
      return layout && compactLayout(layout.planId, layout.plan)
    },
  },
} satisfies Resolvers
