import type { Database } from '@tikitu/runtime/database'
import { isId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { compactSections, sectionChanges, type CompactMap, type SectionChanges } from './compact-map.rules.ts'
import { changesBetween, mapHead, storedMap } from './compact-map.sql.ts'
import { eventLayout, type EventLayout } from './event-layouts.ts'
import { freshest } from './freshest.ts'
import { CHANGES_KEPT, MAP_AGE_MAX, rereadMap, type ReadMap } from './reread.ts'
import { unpackStates } from './seat-states.rules.ts'

/** How many maps are kept in memory; that of a stadium has 60 kB. */
const MAPS_KEPT_MAX = 500

/** The way from one version of a map to a later one. */
export interface SeatChanges {
  readonly __typename: 'SeatChanges'
  readonly fromVersion: number
  readonly version: number
  readonly sections: readonly SectionChanges[]
}

/** Nobody knows that way any more, or there is none. */
export interface SeatMapOutdated {
  readonly __typename: 'SeatMapOutdated'
  readonly version: number
}

/** The compact seat maps of one database. */
export interface SeatMaps {
  /** The map of a published event with seats, at most half a second old; from memory if that is so. Null for others. */
  current(eventId: string): Promise<CompactMap | null>
  /** Reads the map again if that is due, so that those who follow it are told what has changed. */
  refresh(eventId: string): Promise<void>
  /** What leads from a version to the newest that was read; its `version` is the same when there is nothing. */
  changesSince(eventId: string, version: number): Promise<SeatChanges | SeatMapOutdated>
}

const ofDatabases = new WeakMap<Database, SeatMaps>()

/** The seat maps of a database: the same for everybody who asks, so that they read it once. */
export function seatMapsOf(database: Database): SeatMaps {
  const known = ofDatabases.get(database)
  if (known) return known
  const maps = openSeatMaps(database)
  ofDatabases.set(database, maps)
  return maps
}

/** What is known of the map of one event. */
interface Kept {
  readonly map: CompactMap
  /** When it was last made sure of, by this process' clock, in milliseconds. */
  readonly surelyAt: number
}

/** The ways to one version, by where they begin: whoever asks for the same one is given the same. Null: there is none. */
interface Ways {
  readonly version: number
  readonly from: Map<number, Promise<SeatChanges | null>>
}

function openSeatMaps(database: Database): SeatMaps {
  const { orm } = database
  /** The longest unused first. */
  const kept = new Map<string, Kept>()
  const refreshing = new Map<string, Promise<CompactMap | null>>()
  const heads = freshest((eventId: string) => mapHead(orm, eventId, MAP_AGE_MAX))
  const ways = new Map<string, Ways>()

  async function current(eventId: string): Promise<CompactMap | null> {
    const known = kept.get(eventId)
    if (known && performance.now() - known.surelyAt < MAP_AGE_MAX) return known.map
    return refreshed(eventId)
  }

  function refreshed(eventId: string): Promise<CompactMap | null> {
    const underWay = refreshing.get(eventId)
    if (underWay) return underWay
    const work = refreshOnce(eventId).finally(() => refreshing.delete(eventId))
    refreshing.set(eventId, work)
    return work
  }

  async function refreshOnce(eventId: string): Promise<CompactMap | null> {
    const layout = await layoutWithSeats(database, eventId)
    if (!layout) return null
    const head = await mapHead(orm, eventId, MAP_AGE_MAX)
    const read = !head || head.isDue ? await reread(eventId, layout, !head) : undefined
    const known = kept.get(eventId)?.map
    if (read)
      return keep(eventId, isMapOf(known, read, layout) ? { ...known, readAt: read.readAt } : mapOf(layout, read))
    // Another instance has just read it, or is about to.
    if (head && isMapOf(known, head, layout)) return keep(eventId, { ...known, readAt: head.readAt })
    return keep(eventId, mapOf(layout, await storedStates(eventId, layout)))
  }

  /** As everybody sees it: what is sold by the partner or at the door is not for sale. */
  async function reread(
    eventId: string,
    { planId, typeNosByChannel }: SeatedLayout,
    isFirst: boolean,
  ): Promise<ReadMap | undefined> {
    const map = { eventId, planId, typeNos: typeNosByChannel.get('PUBLIC') ?? [], isFirst }
    return accepted(await transact(database, async (tx) => accept(await rereadMap(tx, map))))
  }

  async function storedStates(eventId: string, { plan }: SeatedLayout): Promise<ReadMap> {
    const stored = await storedMap(orm, eventId)
    if (!stored) throw new Error(`the seat map of event ${eventId} is gone`)
    return { ...stored, states: unpackStates(stored.states, plan.seats.length) }
  }

  function keep(eventId: string, map: CompactMap): CompactMap {
    kept.delete(eventId)
    kept.set(eventId, { map, surelyAt: performance.now() })
    for (const [longestUnused] of kept) {
      if (kept.size <= MAPS_KEPT_MAX) break
      kept.delete(longestUnused)
      ways.delete(longestUnused)
    }
    return map
  }

  async function changesSince(eventId: string, version: number): Promise<SeatChanges | SeatMapOutdated> {
    const head = await heads(eventId)
    if (!head) throw new Error(`nobody has read the seat map of event ${eventId}`)
    const layout = await layoutWithSeats(database, eventId)
    const outdated = { __typename: 'SeatMapOutdated', version: head.version } as const
    if (version > head.version || version < head.version - CHANGES_KEPT || layout?.planId !== head.planId)
      return outdated
    let known = ways.get(eventId)
    if (known?.version !== head.version) {
      known = { version: head.version, from: new Map() }
      ways.set(eventId, known)
    }
    const { from } = known
    const way = from.get(version) ?? findWay(eventId, layout, { from: version, version: head.version })
    from.set(version, way)
    way.catch(() => from.delete(version))
    return (await way) ?? outdated
  }

  async function findWay(
    eventId: string,
    { plan }: SeatedLayout,
    { from, version }: { readonly from: number; readonly version: number },
  ): Promise<SeatChanges | null> {
    const changes = await changesBetween(orm, eventId, { after: from, upTo: version })
    if (changes.length < version - from) return null
    const read = changes.map(({ seatNos, states }) => ({ seatNos, states: unpackStates(states, seatNos.length) }))
    return { __typename: 'SeatChanges', fromVersion: from, version, sections: sectionChanges(plan, read) }
  }

  return { current, refresh: async (eventId) => void (await refreshed(eventId)), changesSince }
}

function isMapOf(
  map: CompactMap | undefined,
  { version }: { readonly version: number },
  { planId }: SeatedLayout,
): map is CompactMap {
  return map?.version === version && map.layoutId === planId
}

function mapOf({ plan, planId }: SeatedLayout, { version, readAt, states }: ReadMap): CompactMap {
  return { version, layoutId: planId, readAt, sections: compactSections(plan, states) }
}

/** The layout of an event that has seats. */
type SeatedLayout = EventLayout & { readonly planId: string }

/** The layout of a published event with seats; null for others. */
export async function layoutWithSeats(database: Database, eventId: string): Promise<SeatedLayout | null> {
  const layout = isId(eventId) ? await eventLayout(database.orm, eventId) : null
  if (!layout || layout.planId === null || layout.plan.seats.length === 0) return null
  return { ...layout, planId: layout.planId }
}
