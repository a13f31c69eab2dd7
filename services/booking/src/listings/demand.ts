import { setTimeout as pause } from 'node:timers/promises'
import type { Database, Transaction } from '@tikitu/runtime/database'
import type { Logger } from '@tikitu/runtime/log'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { countHeld, countSold, takeDemandTurn } from './demand.sql.ts'

/** How old what lists say about sold and held places may be, in milliseconds. */
const PAUSE_MILLISECONDS = 2_000

/**
 * So many times as long as it counted it rests at least, up to so many milliseconds: the more is held, the longer it takes
 * to count, and the less may a rush be held up by it.
 */
const REST_TIMES = 40
const REST_MILLISECONDS_MAX = 10_000

/** Facts in one transaction at most. */
const FACTS_MAX = 5_000

/** Counts what is sold and held since the last time, and returns whether there is more. */
export async function countDemand(tx: Transaction): Promise<boolean> {
  if (!(await takeDemandTurn(tx))) return false
  const hasMore = (await countSold(tx, FACTS_MAX)) === FACTS_MAX
  // Once, when the last facts are counted: that looks at all that is held, which at a rush is much.
  if (!hasMore) await countHeld(tx)
  return hasMore
}

/** The parts of a running service that counting needs. */
interface Parts {
  readonly database: Database
  readonly log: Logger
}

/**
 * Counts every two seconds, or less often when it takes long, until it is stopped; of several instances one at a time.
 * Behind the sales, which write nothing for it: what they leave is found in the outbox, and among what is held.
 */
export function keepCountingDemand(parts: Parts): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loop = countUntil(stopping.signal, parts)
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}

async function countUntil(stop: AbortSignal, parts: Parts): Promise<void> {
  while (!stop.aborted) {
    const begunAt = performance.now()
    const more = await countOnce(parts)
    const rest = Math.min(REST_TIMES * (performance.now() - begunAt), REST_MILLISECONDS_MAX)
    if (!more) await pause(Math.max(rest, PAUSE_MILLISECONDS), undefined, { signal: stop }).catch(ignoreAbort)
  }
}

async function countOnce({ database, log }: Parts): Promise<boolean> {
  try {
    return accepted(await transact(database, async (tx) => accept(await countDemand(tx))))
  } catch (error) {
    log.warn({ err: error }, 'what is sold and held could not be counted for lists; the next attempt follows')
    return false
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
