import { getHeapStatistics } from 'node:v8'
import underPressure from '@fastify/under-pressure'
import { Fault } from '@tikitu/runtime/fault'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What happens to requests of this route while the gateway has too much to do. `usual` unless said: they are turned
     * away. `asked`: the route itself asks `RefuseUnderPressure`, because it matters what the request is about. `never`:
     * they are answered.
     */
    shed?: 'usual' | 'asked' | 'never'
  }
}

/** From where on the process has too much to do. */
export interface PressureThreshold {
  /** How long everything waits for its turn, on average over a second, in milliseconds. */
  readonly eventLoopDelayMilliseconds: number
  /** Of the memory that the process may have for its objects. */
  readonly heapPercent: number
}

/** When load is shed. */
export interface PressureLimits {
  /** From here on everything is turned away but health, and what moves seats, money and the door. */
  readonly usual: PressureThreshold
  /** From here on that too. */
  readonly priority: PressureThreshold
}

/** The gateway has too much to do and did nothing of what was asked. */
export class Overloaded extends Fault {
  /** For the header `Retry-After`. */
  readonly retryAfterSeconds: number

  constructor() {
    // Those who are turned away together must not come back together.
    const retryAfterSeconds = 1 + Math.floor(Math.random() * RETRY_SECONDS_MAX)
    super('UNAVAILABLE', `There is too much to do just now. Please try again in ${retryAfterSeconds} s.`, {
      details: { retryAfterSeconds },
    })
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const RETRY_SECONDS_MAX = 5

/** How often it is told in the log that load is shed, in milliseconds. */
const TELL_MILLISECONDS = 10_000

/** Throws `Overloaded` when an operation cannot be taken now. What has priority is taken for longer. */
export type RefuseUnderPressure = (isPriority: boolean) => void

/**
 * Turns requests away with 503 and `Retry-After` before the process has so much to do that it answers nobody. The pressure
 * is measured once a second, so one long moment sheds nothing.
 */
export async function addLoadShedding(app: FastifyInstance, limits: PressureLimits): Promise<RefuseUnderPressure> {
  const heapBytesMax = getHeapStatistics().heap_size_limit
  const heapBytes = ({ heapPercent }: PressureThreshold) => (heapBytesMax * heapPercent) / 100
  const priorityHeapBytes = heapBytes(limits.priority)
  let toldAt = -Infinity

  const refuse = () => {
    if (performance.now() - toldAt > TELL_MILLISECONDS) {
      toldAt = performance.now()
      app.log.warn({ pressure: app.memoryUsage() }, 'there is too much to do: load is shed')
    }
    throw new Overloaded()
  }
  const hasNoMore = () => {
    const { eventLoopDelay, heapUsed } = app.memoryUsage()
    return eventLoopDelay > limits.priority.eventLoopDelayMilliseconds || heapUsed > priorityHeapBytes
  }

  await app.register(underPressure, {
    maxEventLoopDelay: limits.usual.eventLoopDelayMilliseconds,
    maxHeapUsedBytes: heapBytes(limits.usual),
    // A promise, because only of one it is looked whether it fails.
    pressureHandler: async ({ routeOptions }) => {
      const { shed = 'usual' } = routeOptions.config
      if (shed === 'usual' || (shed === 'asked' && hasNoMore())) refuse()
    },
  })
  return (isPriority) => {
    if (app.isUnderPressure() && (!isPriority || hasNoMore())) refuse()
  }
}
