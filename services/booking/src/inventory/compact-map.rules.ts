import type { PlanLayout } from '../venues/plan.rules.ts'
import { countState, packStates, SEAT_STATES, type States } from './seat-states.rules.ts'

/** The compact seat map of an event, as clients see it. */
export interface CompactMap {
  /** Counts up with every change. */
  readonly version: number
  /** The plan whose seats these are. */
  readonly layoutId: string
  /** When the seats were read, by the database's clock. */
  readonly readAt: Date
  readonly sections: readonly CompactSection[]
}

/** A section of a compact map. */
export interface CompactSection {
  readonly name: string
  readonly seats: number
  /** How many could be held. */
  readonly available: number
  /** Two bits a seat, in base64. */
  readonly states: string
}

/** Puts the states of all seats of an event, in the order of their numbers, into sections. */
export function compactSections({ rowsBySection }: PlanLayout, states: States): CompactSection[] {
  return [...rowsBySection].map(([name, rows]) => {
    const ofSection = Uint8Array.from(
      rows.flatMap(({ baseSeat, width }) => [...states.subarray(baseSeat, baseSeat + width)]),
    )
    return {
      name,
      seats: ofSection.length,
      available: countState(ofSection, 0),
      states: packStates(ofSection).toString('base64'),
    }
  })
}

/** Seats whose states are others than before: the state of the seat number at the same place of the list. */
export interface SeatStateChanges {
  readonly seatNos: readonly number[]
  readonly states: States
}

/** What leads from one version of a map to a later one, as clients see it. */
export interface SectionChanges {
  readonly name: string
  readonly available: number[]
  readonly held: number[]
  readonly sold: number[]
  readonly blocked: number[]
}

const LIST_OF_STATE = { AVAILABLE: 'available', HELD: 'held', SOLD: 'sold', BLOCKED: 'blocked' } as const

/** Makes one change of several that followed each other, oldest first, and puts it into sections. */
export function sectionChanges(layout: PlanLayout, changes: readonly SeatStateChanges[]): SectionChanges[] {
  const latest = new Map<number, number>()
  for (const { seatNos, states } of changes) {
    seatNos.forEach((seatNo, index) => latest.set(seatNo, states[index] ?? 0))
  }
  const sections: SectionChanges[] = []
  for (const [name, rows] of layout.rowsBySection) {
    const section: SectionChanges = { name, available: [], held: [], sold: [], blocked: [] }
    let place = 0
    let changed = false
    for (const { baseSeat, width } of rows) {
      for (let seatNo = baseSeat; seatNo < baseSeat + width; seatNo++, place++) {
        const state = SEAT_STATES[latest.get(seatNo) ?? -1]
        if (state === undefined) continue
        section[LIST_OF_STATE[state]].push(place)
        changed = true
      }
    }
    if (changed) sections.push(section)
  }
  return sections
}

/** Where the seats of a plan are, as clients see it: never with states or prices, so that it never changes. */
export interface CompactLayout {
  readonly id: string
  readonly categories: readonly string[]
  readonly sections: readonly { readonly name: string; readonly rows: readonly CompactRow[] }[]
}

/** A row of a layout. */
export interface CompactRow {
  readonly name: string
  readonly seatIds: readonly string[]
  readonly numbers: readonly string[]
  /** Places in the layout's list of categories. */
  readonly categories: readonly number[]
  /** Places in the row. */
  readonly accessible: readonly number[]
}

const layouts = new WeakMap<PlanLayout, CompactLayout>()

/** A plan as clients keep it; made once for as long as the plan is in memory. */
export function compactLayout(id: string, plan: PlanLayout): CompactLayout {
  const layout = layouts.get(plan) ?? makeLayout(id, plan)
  layouts.set(plan, layout)
  return layout
}

function makeLayout(id: string, { seats, rowsBySection }: PlanLayout): CompactLayout {
  const categories = new Map<string, number>()
  for (const { category } of seats) if (!categories.has(category)) categories.set(category, categories.size)
  const sections = [...rowsBySection].map(([name, rows]) => ({
    name,
    rows: rows.map(({ row, baseSeat, width }) => {
      const ofRow = seats.slice(baseSeat, baseSeat + width)
      return {
        name: row,
        seatIds: ofRow.map(({ seatId }) => seatId),
        numbers: ofRow.map(({ number }) => number),
        categories: ofRow.map(({ category }) => categories.get(category) ?? 0),
        accessible: ofRow.flatMap(({ accessible }, place) => (accessible ? [place] : [])),
      }
    }),
  }))
  return { id, categories: [...categories.keys()], sections }
}
