import { connectionOf, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { requireAdmin, type Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { accept, accepted, toUnion } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { text, validInput } from '@tikitu/runtime/validate'
import { REDRIVE_EVENTS_MAX } from '@tikitu/schema/event-delivery'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import { z } from 'zod'
import { actingSuperAdmin } from '../admins/acting.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { deadEventsOf, eventDeliveries, notFound, redriveEvents, skipEvent } from './deliveries.ts'
import type { Peers } from './peers.ts'

/** Ids of a list are checked one by one below, because one that is none is an event that is not there. */
const redriveInput = z.object({
  eventIds: z
    .array(z.string())
    .min(1)
    .max(REDRIVE_EVENTS_MAX)
    .nullish()
    .transform((ids) => ids ?? undefined),
})
const skipInput = z.object({ eventId: z.string(), reason: text(1, 500) })

/** The events of every service: seen by admins; redriven and skipped by SUPER_ADMINs. */
export function eventResolvers(peers: Peers): Resolvers {
  return {
    Query: {
      eventDelivery: (_parent, _args, { identity }) => {
        requireAdmin(identity)
        return eventDeliveries(peers, identity)
      },
      deadEvents: async (_parent, { service, ...args }, { identity: by }) => {
        requireAdmin(by)
        const page = pageOf(args, 1)
        const after = placeOf(page.after)
        const events = await deadEventsOf(peers, { service: nameOf(service), after, limit: page.limit, by })
        return connectionOf(events, page, ({ sequence }) => [String(sequence)])
      },
    },
    Mutation: {
      redriveEvents: async (_parent, { input }, context) => {
        const { eventIds } = validInput(redriveInput, input)
        const by = await superAdmin(context)
        const stranger = eventIds?.find((id) => !isId(id))
        if (stranger !== undefined) return toUnion(notFound(stranger), 'RedrivenEvents')
        const order = { service: nameOf(input.service), eventIds, by }
        return toUnion(await redriveEvents(peers, order), 'RedrivenEvents')
      },
      skipEvent: async (_parent, { input }, context) => {
        const { eventId, reason } = validInput(skipInput, input)
        const by = await superAdmin(context)
        if (!isId(eventId)) return toUnion(notFound(eventId), 'SkippedEvent')
        const order = { service: nameOf(input.service), eventId, reason, by }
        return toUnion(await skipEvent(peers, order), 'SkippedEvent')
      },
    },
    EventDelivery: {
      service: ({ service }) => graphNameOf(service),
      isAvailable: ({ events }) => events !== null,
      unpublished: ({ events }) => events?.unpublished ?? null,
      inBroker: ({ events }) => events?.inBroker ?? null,
      unhandled: ({ events }) => events?.unhandled ?? null,
      dead: ({ events }) => events?.dead ?? null,
      failing: ({ events }) => events?.failing.map((pipe) => ({ ...pipe, since: new Date(pipe.since) })) ?? null,
    },
    DeadEvent: {
      service: ({ service }) => graphNameOf(service),
      occurredAt: ({ occurredAt }) => new Date(occurredAt),
      receivedAt: ({ receivedAt }) => new Date(receivedAt),
    },
    RedrivenEvents: { service: ({ service }) => graphNameOf(service) },
    SkippedEvent: { service: ({ service }) => graphNameOf(service) },
  }
}

/** By our own table, as for every deed of a SUPER_ADMIN; the other service has only the gateway's word. */
async function superAdmin({ identity, database }: RequestContext): Promise<Identity> {
  requireAdmin(identity, 'SUPER_ADMIN')
  accepted(
    await transact(database, async (tx) => {
      await actingSuperAdmin(tx, identity)
      return accept()
    }),
  )
  return identity
}

type GraphName = Uppercase<ServiceName>

const nameOf = (graphName: GraphName): ServiceName =>
  SERVICE_NAMES.find((name) => name.toUpperCase() === graphName) ?? 'admin'

const graphNameOf = (service: ServiceName) => service.toUpperCase() as GraphName

function placeOf(after: readonly string[] | null): number {
  if (!after) return 0
  const [sequence = ''] = after
  if (!/^[1-9]\d{0,14}$/.test(sequence)) throw badInput('after', 'is not a cursor of this list')
  return Number(sequence)
}
