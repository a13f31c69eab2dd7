import type { Identity } from '@tikitu/runtime/identity'
import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import {
  DEAD_EVENTS_PATH,
  deadEvents,
  EVENTS_PATH,
  REDRIVE_PATH,
  redriveAnswer,
  serviceEvents,
  SKIP_PATH,
  skipAnswer,
  type ServiceEvents,
} from '@tikitu/schema/event-delivery'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import type { DeadEventSource, EventDeliverySource } from '../mappers.ts'
import type { Peers } from './peers.ts'

/** The service has not given up an event of this id. */
export type DeadEventNotFound = Refusal<'DeadEventNotFound', { eventId: string }>

/** How far behind the events of every service are; a service that does not answer is there without figures. */
export function eventDeliveries(peers: Peers, by: Identity): Promise<EventDeliverySource[]> {
  return Promise.all(
    SERVICE_NAMES.map(async (service) => {
      const events = await peers
        .ask(service, { by, path: EVENTS_PATH, shape: serviceEvents })
        .catch((): ServiceEvents | null => null)
      return { service, events }
    }),
  )
}

/** What a service has given up, the oldest first. */
export async function deadEventsOf(
  peers: Peers,
  { service, after, limit, by }: { service: ServiceName; after: number; limit: number; by: Identity },
): Promise<DeadEventSource[]> {
  const path = `${DEAD_EVENTS_PATH}?after=${after}&limit=${limit}`
  return (await peers.ask(service, { by, path, shape: deadEvents })).map((event) => ({ ...event, service }))
}

/** What to do about dead events of one service. */
interface Order {
  readonly service: ServiceName
  readonly by: Identity
}

/** Tries dead events again at once and in order, all of them or none; without ids the oldest that there are. */
export async function redriveEvents(
  peers: Peers,
  { service, eventIds, by }: Order & { eventIds: readonly string[] | undefined },
): Promise<Outcome<{ service: ServiceName; eventIds: string[] }, DeadEventNotFound>> {
  const answer = await peers.ask(service, { by, path: REDRIVE_PATH, shape: redriveAnswer, body: { eventIds } })
  return 'notFound' in answer ? notFound(answer.notFound) : accept({ service, eventIds: answer.redriven })
}

/** Gives a dead event up for good, so that the later ones of its key go on. */
export async function skipEvent(
  peers: Peers,
  { service, eventId, reason, by }: Order & { eventId: string; reason: string },
): Promise<Outcome<{ service: ServiceName; eventId: string }, DeadEventNotFound>> {
  const answer = await peers.ask(service, { by, path: SKIP_PATH, shape: skipAnswer, body: { eventId, reason } })
  return answer.skipped ? accept({ service, eventId }) : notFound(eventId)
}

/** The refusal for an id that is none, too. */
export function notFound(eventId: string): DeadEventNotFound {
  return refuse('DeadEventNotFound', 'This service has not given up such an event.', { eventId })
}
