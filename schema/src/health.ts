import { z } from 'zod'

/** Where a service tells the gateway, signed as a service, how it is: `GET /internal/health`, with the shape below. */
export const HEALTH_PATH = '/internal/health'

const waiting = z.object({
  /** How many wait. */
  count: z.int().min(0),
  /** How long the oldest has, in seconds. */
  oldestSeconds: z.number().min(0),
})

/** How a service is: numbers only. */
export const serviceHealth = z.object({
  version: z.string(),
  /** How long its database takes to answer, in milliseconds. */
  databaseMilliseconds: z.number().min(0),
  events: z.object({
    /** Committed, and not yet with every consumer. */
    unpublished: waiting,
    /** Messages that lie in the broker for it; null without a broker, and when that does not answer. */
    inBroker: z.int().min(0).nullable(),
    /** Arrived, and neither handled nor given up. */
    unhandled: waiting,
    /** Given up: somebody must look. */
    dead: z.int().min(0),
    /** Consumers that cannot be reached at the moment. */
    failing: z.int().min(0),
  }),
})

/** How a service is. */
export type ServiceHealth = z.infer<typeof serviceHealth>
