import type { EventData } from '@tikitu/schema/events/define'
import type { SeatingPlanPublished } from '@tikitu/schema/events/partner'

/** A row of seats: seats `baseSeat` to `baseSeat + width - 1` of the plan. */
export interface PlanRow {
  readonly section: string
  readonly row: string
  readonly baseSeat: number
  readonly width: number
  /** The place of the row, from 0, that is closest to what people look at, and how far that is; if the plan says so. */
  readonly focus?: { readonly place: number; readonly distance: number } | undefined
}

/** A seat of a plan; its place in the list is its number in the plan. */
export interface PlanSeat {
  /** Unique within the plan; what clients use. */
  readonly seatId: string
  readonly rowNo: number
  /** As printed on the seat. */
  readonly number: string
  readonly category: string
  readonly accessible: boolean
}

/** Counts a plan's rows and seats from 0, in the order in which the plan has them. Rows without seats are left out. */
export function layOut(sections: EventData<typeof SeatingPlanPublished>['sections']): {
  readonly rows: readonly PlanRow[]
  readonly seats: readonly PlanSeat[]
} {
  const rows: PlanRow[] = []
  const seats: PlanSeat[] = []
  for (const section of sections) {
    for (const row of section.rows) {
      if (row.seats.length === 0) continue
      const { name, focus } = row
      rows.push({ section: section.name, row: name, baseSeat: seats.length, width: row.seats.length, focus })
      for (const seat of row.seats) {
        seats.push({
          seatId: seat.id,
          rowNo: rows.length - 1,
          number: seat.number,
          category: seat.category ?? row.category,
          accessible: seat.accessible ?? false,
        })
      }
    }
  }
  return { rows, seats }
}

/** What a plan looks like, in the form that answers questions about single seats quickly. It never changes. */
export interface PlanLayout {
  readonly rows: readonly PlanRow[]
  /** By seat number. */
  readonly seats: readonly PlanSeat[]
  /** From a seat's id to its number. */
  readonly seatNoById: ReadonlyMap<string, number>
  /** From a section's name to its rows. */
  readonly rowsBySection: ReadonlyMap<string, readonly PlanRow[]>
}

/** Indexes a plan's rows and seats. */
export function planLayout(rows: readonly PlanRow[], seats: readonly PlanSeat[]): PlanLayout {
  return {
    rows,
    seats,
    seatNoById: new Map(seats.map((seat, seatNo) => [seat.seatId, seatNo])),
    rowsBySection: Map.groupBy(rows, (row) => row.section),
  }
}
