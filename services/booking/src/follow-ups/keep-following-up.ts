import { setTimeout as pause } from 'node:timers/promises'
import type { ServiceParts } from '@tikitu/runtime/serve'
import { takeTurn } from './follow-ups.ts'

/** How often an instance looks for something to do, in milliseconds. */
const PAUSE_MILLISECONDS = 500

/**
 * Goes on with whatever events left to do about their bookings, at the rate of the settings, until it is stopped. Any
 * number of instances may; each turn is one instance's.
 */
export function keepFollowingUp(parts: ServiceParts): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loop = followUpUntil(stopping.signal, parts)
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}

async function followUpUntil(stop: AbortSignal, { database, settings, log }: ServiceParts): Promise<void> {
  while (!stop.aborted) {
    try {
      await takeTurn({ database, log, bookings: settings.get('booking.bookingsPerSecond') })
    } catch (error) {
      log.warn({ err: error }, 'what follows for the bookings of an event could not be done; the next attempt follows')
    }
    await pause(PAUSE_MILLISECONDS, undefined, { signal: stop }).catch(ignoreAbort)
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
