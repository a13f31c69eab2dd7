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

/** How long one reading of the pressure holds, in milliseconds. */
const READING_MILLISECONDS = 1_000

/** How often it is told in the log that load is shed, in milliseconds. */
const TELL_MILLISECONDS = 10_000

/** Throws `Overloaded` when an operation cannot be taken now. What has priority is taken for longer. */
export type RefuseUnderPressure = (isPriority: boolean) => void

/**
 * What a reading of the event loop's delay says about pressure, in milliseconds. A reading is infinite when the loop took
 * no two turns within its second; after one long moment or two that is chance, and only over two readings is it pressure.
 */
export function lastingDelay(): (reading: number, now: number) => number {
  let firstAt = -Infinity
  let lastAt = -Infinity
  return (reading, now) => {
    if (reading !== Infinity) return reading
    if (now - lastAt > READING_MILLISECONDS) firstAt = now
    lastAt = now
    return now - firstAt > READING_MILLISECONDS ? reading : 0
  }
}

/**
 * Turns requests away with 503 and `Retry-After` before the process has so much to do that it answers nobody. The pressure
 * is measured once a second, so one long moment sheds nothing.
 */
export async function addLoadShedding(app: FastifyInstance, limits: PressureLimits): Promise<RefuseUnderPressure> {
  const heapBytesMax = getHeapStatistics().heap_size_limit
  const heapBytes = ({ heapPercent }: PressureThreshold) => (heapBytesMax * heapPercent) / 100
  const delayOf = lastingDelay()
  let toldAt = -Infinity

  const refuse = () => {
    if (performance.now() - toldAt > TELL_MILLISECONDS) {
      toldAt = performance.now()
      app.log.warn({ pressure: app.memoryUsage() }, 'there is too much to do: load is shed')
    }
    throw new Overloaded()
  }
  const isBeyond = (threshold: PressureThreshold) => {
    const { eventLoopDelay, heapUsed } = app.memoryUsage()
    const delayMilliseconds = delayOf(eventLoopDelay, performance.now())
    return delayMilliseconds > threshold.eventLoopDelayMilliseconds || heapUsed > heapBytes(threshold)
  }

  await app.register(underPressure, {
    maxEventLoopDelay: limits.usual.eventLoopDelayMilliseconds,
    maxHeapUsedBytes: heapBytes(limits.usual),
    // A promise, because only of one it is looked whether it fails.
    pressureHandler: async ({ routeOptions }) => {
      const { shed = 'usual' } = routeOptions.config
      if (shed !== 'never' && isBeyond(shed === 'usual' ? limits.usual : limits.priority)) refuse()
    },
  })
  return (isPriority) => {
    if (app.isUnderPressure() && isBeyond(isPriority ? limits.priority : limits.usual)) refuse()
  }
}
