import type { Queryable } from '@tikitu/runtime/database'
import type { SalesChannel } from '../holds/hold.rules.ts'
import { layoutOf } from '../venues/plan-layouts.ts'
import type { PlanLayout, PlanRow } from '../venues/plan.rules.ts'
import { seatStates } from './availability.sql.ts'
import { eventLayout, eventLayoutNow, type EventLayout } from './event-layouts.ts'

/** What a seat can be at a moment. */
export type SeatStatus = 'AVAILABLE' | 'HELD' | 'SOLD' | 'BLOCKED'

/** A seat of an event as clients see it. */
export interface EventSeat {
  readonly eventId: string
  readonly seatNo: number
  /** Stable within the event's plan. */
  readonly id: string
  readonly section: string
  readonly row: string
  readonly number: string
  /** Null: nobody has looked yet. */
  readonly status: SeatStatus | null
  /** Null when it is not for sale. */
  readonly ticketTypeId: string | null
  readonly accessible: boolean
}

/** An event, as far as its seats depend on it. */
export interface EventOfSeats {
  readonly id: string
  readonly status: string
  readonly seatingPlanId: string | null
}

const STATUS_OF_LETTER: Readonly<Record<string, SeatStatus>> = { A: 'AVAILABLE', H: 'HELD', S: 'SOLD', B: 'BLOCKED' }

/** What a letter of `seatStates` stands for. */
export function statusOfLetter(letter: string | undefined): SeatStatus {
  return STATUS_OF_LETTER[letter ?? ''] ?? 'BLOCKED'
}

/** The sections of an event in the plan's order, with their seats and how many could be held now. */
export async function sectionsOf(
  db: Queryable,
  event: EventOfSeats,
): Promise<{ name: string; rows: number; seats: number; available: number }[]> {
  const layout = await layoutFor(db, event)
  const { plan } = layout
  const states = await statesOf(db, event, layout, { rows: plan.rows, channel: 'PUBLIC' })
  return [...plan.rowsBySection].map(([name, rows]) => ({
    name,
    rows: rows.length,
    seats: rows.reduce((seats, row) => seats + row.width, 0),
    available: rows.reduce((available, row) => available + countOf('A', states.ofRow(row)), 0),
  }))
}

/**
 * The seats of an event, of one section or of all, in the plan's order, as they are now for who sells through a channel:
 * those of other channels are blocked.
 */
export async function seatsOf(
  db: Queryable,
  event: EventOfSeats,
  { section, channel }: { readonly section: string | null; readonly channel: SalesChannel },
): Promise<EventSeat[]> {
  const layout = await layoutFor(db, event)
  const rows = section === null ? layout.plan.rows : (layout.plan.rowsBySection.get(section) ?? [])
  const states = await statesOf(db, event, layout, { rows, channel })
  return rows.flatMap((row) => {
    const letters = states.ofRow(row)
    return Array.from({ length: row.width }, (_, place) =>
      seatAt(layout, event.id, row.baseSeat + place, statusOfLetter(letters[place])),
    )
  })
}

/** Some seats of a published event, in the order of their numbers. `status` is what the caller knows about them. */
export async function seatsByNumbers(
  db: Queryable,
  eventId: string,
  seatNos: readonly number[],
  status: SeatStatus | null,
): Promise<EventSeat[]> {
  const known = await eventLayout(db, eventId)
  const isBehind = seatNos.some((seatNo) => seatNo >= (known?.plan.seats.length ?? 0))
  const layout = isBehind ? await eventLayoutNow(db, eventId) : known
  if (!layout) throw new Error('only a published event has seats that somebody can have')
  return seatNos.map((seatNo) => seatAt(layout, eventId, seatNo, status))
}

function seatAt(
  { plan, typeIdByCategory }: EventLayout,
  eventId: string,
  seatNo: number,
  status: SeatStatus | null,
): EventSeat {
  const seat = plan.seats[seatNo]
  const row = seat && plan.rows[seat.rowNo]
  if (!row) throw new Error(`the plan of event ${eventId} has no seat ${seatNo}`)
  return {
    eventId,
    seatNo,
    id: seat.seatId,
    section: row.section,
    row: row.row,
    number: seat.number,
    status,
    ticketTypeId: typeIdByCategory.get(seat.category) ?? null,
    accessible: seat.accessible,
  }
}

/** A draft has the seats of its plan, and none of them is for sale. */
async function layoutFor(db: Queryable, { id, seatingPlanId }: EventOfSeats): Promise<EventLayout> {
  const published = await eventLayout(db, id)
  if (published) return published
  const plan: PlanLayout | null = seatingPlanId === null ? null : await layoutOf(db, seatingPlanId)
  return { planId: seatingPlanId, plan: plan ?? NO_PLAN, typeIdByCategory: new Map(), typeNosByChannel: new Map() }
}

const NO_PLAN: PlanLayout = { rows: [], seats: [], seatNoById: new Map(), rowsBySection: new Map() }

/** The letters of some rows; `ofRow` gives those of one of them. A draft has none. */
async function statesOf(
  db: Queryable,
  event: EventOfSeats,
  { typeNosByChannel }: EventLayout,
  { rows, channel }: { readonly rows: readonly PlanRow[]; readonly channel: SalesChannel },
): Promise<{ ofRow(row: PlanRow): string }> {
  const firstSeat = Math.min(...rows.map((row) => row.baseSeat))
  const lastSeat = Math.max(...rows.map((row) => row.baseSeat + row.width - 1))
  const letters =
    rows.length === 0 || event.status === 'DRAFT'
      ? ''
      : await seatStates(db, event.id, { firstSeat, lastSeat, typeNos: typeNosByChannel.get(channel) ?? [] })
  return { ofRow: ({ baseSeat, width }) => letters.slice(baseSeat - firstSeat, baseSeat - firstSeat + width) }
}

const countOf = (letter: string, letters: string) => letters.split(letter).length - 1
