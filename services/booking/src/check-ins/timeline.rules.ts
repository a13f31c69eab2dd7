import type { Direction } from './check-in.rules.ts'

/** Somebody went through a door with a ticket. */
export interface Passage {
  readonly id: string
  readonly direction: Direction
  /** By the clock of whoever let them through. */
  readonly at: Date
}

/** Two came in with one ticket: `passage` is the later one, while whoever came by `first` was inside. */
export interface Double<Through extends Passage> {
  readonly passage: Through
  readonly first: Through
}

/** What became of a ticket at the doors. */
export interface Timeline<Through extends Passage> {
  /** Whether somebody is inside with it. */
  readonly inside: boolean
  /** Null when nobody came in with it. */
  readonly firstEntry: Through | null
  /** Entries while somebody was inside. */
  readonly doubles: readonly Double<Through>[]
}

/**
 * Orders what the doors tell of one ticket by the time of each scan and finds who came in twice: the first entry wins. The
 * order in which the doors tell it does not matter. Who leaves without having come in, came in at a door that has not
 * told yet.
 */
export function timelineOf<Through extends Passage>(passages: readonly Through[]): Timeline<Through> {
  const inOrder = passages.toSorted(
    (left, right) => left.at.getTime() - right.at.getTime() || (left.id < right.id ? -1 : 1),
  )
  const doubles: Double<Through>[] = []
  let within: Through | null = null
  let firstEntry: Through | null = null
  for (const passage of inOrder) {
    if (passage.direction === 'EXIT') within = null
    else if (within !== null) doubles.push({ passage, first: within })
    else within = passage
    firstEntry ??= within
  }
  return { inside: within !== null, firstEntry, doubles }
}
