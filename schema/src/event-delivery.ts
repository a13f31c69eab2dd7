import { z } from 'zod'
import { serviceHealth } from './health.ts'

/*
 * How the admin service asks the others about their events, and has them redriven and skipped: always signed as the
 * admin who wants it, so that each service decides by itself and writes down who it was.
 */

/** `GET`: how far behind the service is; see `serviceEvents`. */
export const EVENTS_PATH = '/internal/events'
/** `GET ?after=…&limit=…`: what it has given up; see `deadEvents`. */
export const DEAD_EVENTS_PATH = '/internal/events/dead'
/** `POST` a `redriveOrder`: tries them again at once, all or none. Answers a `redriveAnswer`. */
export const REDRIVE_PATH = '/internal/events/redrive'
/** `POST` a `skipOrder`: gives one up for good. Answers a `skipAnswer`. */
export const SKIP_PATH = '/internal/events/skip'

/** How many events are redriven at once at most. */
export const REDRIVE_EVENTS_MAX = 500

const { unpublished, inBroker, unhandled, dead } = serviceHealth.shape.events.shape

/** How far behind the events of a service are. */
export const serviceEvents = z.object({
  unpublished,
  inBroker,
  unhandled,
  dead,
  /** Ways out that are blocked at the moment. */
  failing: z.array(z.object({ pipe: z.string(), since: z.iso.datetime(), error: z.string() })),
})

/** How far behind the events of a service are. */
export type ServiceEvents = z.infer<typeof serviceEvents>

/** Events that a service has given up, the oldest first. */
export const deadEvents = z.array(
  z.object({
    sequence: z.int(),
    id: z.uuid(),
    source: z.string(),
    type: z.string(),
    version: z.int(),
    key: z.string(),
    correlationId: z.string(),
    occurredAt: z.iso.datetime(),
    receivedAt: z.iso.datetime(),
    attempts: z.int(),
    lastError: z.string().nullable(),
    blocked: z.int(),
  }),
)

/** Which dead events to try again: these, or the oldest `REDRIVE_EVENTS_MAX` of all. */
export const redriveOrder = z.object({ eventIds: z.array(z.uuid()).min(1).max(REDRIVE_EVENTS_MAX).optional() })

/** Which were redriven, or the first that is not there, in which case none was. */
export const redriveAnswer = z.union([z.object({ redriven: z.array(z.uuid()) }), z.object({ notFound: z.uuid() })])

/** Which dead event to give up for good, and why. */
export const skipOrder = z.object({ eventId: z.uuid(), reason: z.string().min(1).max(500) })

/** Whether it was there to be skipped. */
export const skipAnswer = z.object({ skipped: z.boolean() })
