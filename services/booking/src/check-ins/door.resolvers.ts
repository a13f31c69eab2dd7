import { mutate } from '@tikitu/runtime/context'
import { validInput } from '@tikitu/runtime/validate'
import { eventLoaders } from '../events/event.loaders.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { DoorCountersSource } from '../mappers.ts'
import { ticketOfDoor } from '../tickets/ticket.loaders.ts'
import { uploadInput } from './check-in.input.ts'
import { keeperOf } from './check-in.resolvers.ts'
import { doorConflicts, doorCounters, followDoor } from './counters.ts'
import { doorList } from './door-list.ts'
import { uploadScans } from './uploads.ts'

/** What doors without network take along and bring back, and what whoever runs an event sees of its doors. */
export const doorResolvers: Resolvers = {
  Query: {
    doorList: (_parent, { eventId, since, ...args }, { database, identity }) =>
      doorList(database.orm, { eventId, since: since ?? null, identity, device: keeperOf(args) }),
    doorCounters: (_parent, { eventId, ...args }, { database, identity }) =>
      doorCounters(database.orm, { eventId, identity, device: keeperOf(args) }),
    doorConflicts: (_parent, { eventId, first, after, ...args }, { database, identity }) =>
      doorConflicts(database.orm, { eventId, identity, device: keeperOf(args) }, { first, after }),
  },

  Mutation: {
    async uploadScans(_parent, { input }, context) {
      const { scans, ...upload } = validInput(uploadInput, input)
      const { identity } = context
      const told = scans.map(({ refusedFor = null, ...scan }) => ({ ...scan, refusedFor }))
      return mutate(context, 'ScansUploaded', (tx, at) => uploadScans(tx, { ...upload, scans: told, identity, at }))
    },
  },

  Subscription: {
    doorCountersUpdated: {
      subscribe: (_parent, { eventId, ...args }, context) => followDoor(context, { eventId, device: keeperOf(args) }),
      resolve: (counters: DoorCountersSource) => counters,
    },
  },

  DoorList: { event: ({ eventId }, _args, context) => eventOfDoor(context, eventId) },
  DoorCounters: { event: ({ eventId }, _args, context) => eventOfDoor(context, eventId) },
  DoorConflict: {
    ticket: ({ scan }, _args, context) => (scan.ticketId === null ? null : ticketOfDoor(context, scan.ticketId)),
  },
  DoorScan: { scannedAt: ({ at }) => at },
}

async function eventOfDoor(context: Parameters<typeof eventLoaders>[0], eventId: string) {
  const event = await eventLoaders(context).event.load(eventId)
  if (!event) throw new Error(`event ${eventId} has doors and is gone`)
  return event
}
