import type { Transaction } from '@tikitu/runtime/database'
import { tellOfChanges } from '@tikitu/runtime/live'
import { insertChange, insertMap, lockOldMap, readSeats, touchMap, updateMap } from './compact-map.sql.ts'
import { changedPlaces, packStates, statesOfLetters, unpackStates, type States } from './seat-states.rules.ts'

/** How old a seat map grows, in milliseconds: changes within this time are one, in all instances together. */
export const MAP_AGE_MAX = 250

/** What those who follow a seat map watch. */
export const SEATS_TOPIC = 'seats'

/** How many versions back a client may be and still be told what has changed since: a minute of a sale, at the least. */
export const CHANGES_KEPT = 240

/** When more seats than this changed at once, the map is loaded again: it is smaller than the list. */
const CHANGED_SEATS_MAX = 5_000

/** Which seats are to be read. */
export interface MapToRead {
  readonly eventId: string
  readonly planId: string
  /** The ticket types that are for sale to whoever sees the map. */
  readonly typeNos: readonly number[]
  /** Whether there was no map when somebody last looked. */
  readonly isFirst: boolean
}

/** A seat map as it was just read. */
export interface ReadMap {
  readonly version: number
  readonly states: States
  readonly readAt: Date
}

/**
 * Reads the seats of an event again, if nobody has within `MAP_AGE_MAX` or is about to; undefined otherwise. When they have
 * changed the version counts up, what has changed is remembered, and followers in every instance are told.
 *
 * Nothing that takes a seat knows of this. The version therefore also counts holds that nobody ended but time, and costs
 * a hold nothing; see ARCHITECTURE.md for what lost.
 */
export async function rereadMap(
  tx: Transaction,
  { eventId, planId, typeNos, isFirst }: MapToRead,
): Promise<ReadMap | undefined> {
  if (isFirst) await insertMap(tx, eventId, planId)
  const before = await lockOldMap(tx, eventId, MAP_AGE_MAX)
  if (!before) return undefined

  const { letters, at } = await readSeats(tx, eventId, typeNos)
  const states = statesOfLetters(letters)
  const known = before.version > 0 && before.planId === planId
  const seatNos = known ? changedPlaces(unpackStates(before.states, states.length), states) : []
  if (known && seatNos.length === 0) {
    await touchMap(tx, eventId)
    return { version: before.version, states, readAt: at }
  }
  const version = before.version + 1
  await updateMap(tx, { eventId, planId, version, states: packStates(states), readAt: at })
  if (known && seatNos.length <= CHANGED_SEATS_MAX) {
    const changed = packStates(Uint8Array.from(seatNos, (seatNo) => states[seatNo] ?? 0))
    await insertChange(tx, { eventId, version, seatNos, states: changed, at }, version - CHANGES_KEPT)
  }
  await tellOfChanges(tx, { topic: SEATS_TOPIC, id: eventId })
  return { version, states, readAt: at }
}
