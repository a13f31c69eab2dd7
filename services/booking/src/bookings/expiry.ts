import { setTimeout as pause } from 'node:timers/promises'
import type { Database, Transaction } from '@tikitu/runtime/database'
import { wakeRelay } from '@tikitu/runtime/events'
import type { Logger } from '@tikitu/runtime/log'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { expireBookings, takeExpiryTurn } from './expiry.sql.ts'

/** How long after its deadline a booking ends at most, in milliseconds, unless thousands end at once. */
const PAUSE_MILLISECONDS = 1_000

/** How many are ended by one transaction at most, of each kind of place: whoever buys then waits a few milliseconds. */
const BATCH = 500

/**
 * Ends holds (silently) and pending bookings (with booking.expired, and the end of their payment) whose time is up, and
 * returns how many. Units of general admission go back on sale once; seats have been free since the deadline.
 */
export async function expireDue(tx: Transaction): Promise<number> {
  return (await takeExpiryTurn(tx)) ? expireBookings(tx, BATCH) : 0
}

/** The parts of a running service that expiry needs. */
interface Parts {
  readonly database: Database
  readonly log: Logger
}

/**
 * Expires every second until it is stopped; of several instances one at a time. A timer for each booking would be work
 * for every hold of a sell-out, and pg-boss' smallest interval is a minute.
 */
export function keepExpiring(parts: Parts): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loop = expireUntil(stopping.signal, parts)
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}

async function expireUntil(stop: AbortSignal, parts: Parts): Promise<void> {
  while (!stop.aborted) {
    const ended = await expireSome(parts)
    if (ended < BATCH) await pause(PAUSE_MILLISECONDS, undefined, { signal: stop }).catch(ignoreAbort)
  }
}

async function expireSome({ database, log }: Parts): Promise<number> {
  try {
    const ended = accepted(await transact(database, async (tx) => accept(await expireDue(tx))))
    if (ended > 0) wakeRelay(database)
    return ended
  } catch (error) {
    log.warn({ err: error }, 'bookings could not be expired; the next attempt follows')
    return 0
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
