/** A compact seat map as the graph tells it. */
export interface SeatMapAnswer {
  readonly version: number
  readonly sections: readonly { readonly name: string; readonly seats: number; readonly states: string }[]
}

/** A change as `seatsChanged` tells it. */
export interface SeatChangesAnswer {
  readonly fromVersion: number
  readonly version: number
  readonly sections: readonly ({ readonly name: string } & Readonly<Record<Kind, readonly number[]>>)[]
}

type Kind = 'available' | 'held' | 'sold' | 'blocked'
const KINDS: readonly Kind[] = ['available', 'held', 'sold', 'blocked']

/** What a client makes of a map: the state of each place of each section, 0 to 3. */
export interface ClientMap {
  version: number
  readonly sections: Map<string, number[]>
}

/** Reads a map as the schema's description of `SeatMapSection.states` says. */
export function readSeatMap({ version, sections }: SeatMapAnswer): ClientMap {
  const states = sections.map(({ name, seats, states: base64 }) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const state = (place: number) => ((bytes[place >> 2] ?? 0) >> (2 * (place & 3))) & 3
    return [name, Array.from({ length: seats }, (_, place) => state(place))] as const
  })
  return { version, sections: new Map(states) }
}

/** Applies a change; false when something before it was missed, and the client has to subscribe again. */
export function applyChanges(map: ClientMap, { fromVersion, version, sections }: SeatChangesAnswer): boolean {
  if (fromVersion > map.version) return false
  // As after the gateway has asked a service again that was away.
  if (version <= map.version) return true
  for (const section of sections) {
    const states = map.sections.get(section.name) ?? []
    KINDS.forEach((kind, state) => section[kind].forEach((place) => (states[place] = state)))
  }
  map.version = version
  return true
}
