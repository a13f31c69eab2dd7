import { setTimeout as delay } from 'node:timers/promises'
import type { RequestContext } from '@tikitu/runtime/context'
import type { Database } from '@tikitu/runtime/database'
import { Fault } from '@tikitu/runtime/fault'
import type { Logger } from '@tikitu/runtime/log'
import { MAP_AGE_MAX, SEATS_TOPIC } from './reread.ts'
import { seatMapsOf, type SeatChanges, type SeatMapOutdated, type SeatMaps } from './seat-maps.ts'

/** What of the time may go into reading a map again: a large hall on a busy server is read less often. */
const READING_SHARE_MAX = 0.2

/**
 * What has changed on the seat map since a version of it, and then whatever changes. Ends after a `SeatMapOutdated`. A
 * subscriber who is slow is told several changes as one. NOT_FOUND when the event has no seat map.
 */
export async function followSeats(
  { database, watch, log }: RequestContext,
  { eventId, version }: { readonly eventId: string; readonly version: number },
): Promise<AsyncIterable<SeatChanges | SeatMapOutdated>> {
  const maps = seatMapsOf(database)
  if (!(await maps.current(eventId))) throw new Fault('NOT_FOUND', 'There is no such event with seats.')
  return changes({ maps, eventId, version, watch, attend: () => attend(database, eventId, log) })
}

interface Following {
  readonly maps: SeatMaps
  readonly eventId: string
  readonly version: number
  readonly watch: RequestContext['watch']
  readonly attend: () => () => void
}

async function* changes({ maps, eventId, version, watch, attend }: Following) {
  const leave = attend()
  let known = version
  try {
    for await (const _ of watch({ topic: SEATS_TOPIC, id: eventId })) {
      const update = await maps.changesSince(eventId, known)
      if (update.__typename === 'SeatChanges' && update.version === known) continue
      yield update
      if (update.__typename === 'SeatMapOutdated') return
      known = update.version
    }
  } finally {
    leave()
  }
}

/** A map that is read again and again because somebody follows it. */
interface Attended {
  followers: number
  readonly ended: AbortController
}

const attendedBy = new WeakMap<Database, Map<string, Attended>>()

/** Has the map of an event read again as often as `MAP_AGE_MAX` says, until everybody who asked for it has left. */
function attend(database: Database, eventId: string, log: Logger): () => void {
  const maps = attendedBy.get(database) ?? new Map<string, Attended>()
  attendedBy.set(database, maps)
  const attended = maps.get(eventId) ?? { followers: 0, ended: new AbortController() }
  maps.set(eventId, attended)
  attended.followers++
  if (attended.followers === 1) void keepReading(seatMapsOf(database), eventId, attended.ended.signal, log)
  return () => {
    attended.followers--
    if (attended.followers > 0) return
    maps.delete(eventId)
    attended.ended.abort()
  }
}

/** How many maps are read again and again, because somebody follows them. */
export function attendedMaps(database: Database): number {
  return attendedBy.get(database)?.size ?? 0
}

async function keepReading(maps: SeatMaps, eventId: string, ended: AbortSignal, log: Logger): Promise<void> {
  while (!ended.aborted) {
    const began = performance.now()
    try {
      await maps.refresh(eventId)
    } catch (error) {
      log.warn({ err: error, eventId }, 'a seat map could not be read; the next attempt follows')
    }
    const pause = Math.max(MAP_AGE_MAX, (performance.now() - began) / READING_SHARE_MAX)
    await delay(pause, undefined, { signal: ended }).catch(ignoreAbort)
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
