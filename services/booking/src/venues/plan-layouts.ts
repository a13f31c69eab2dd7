import type { Queryable } from '@tikitu/runtime/database'
import { planLayout, type PlanLayout } from './plan.rules.ts'
import { planRowsOf, planSeatsOf } from './plan.sql.ts'

/** How many seats are kept in memory, over all plans: some ten stadiums, about a hundred megabytes. */
const SEATS_KEPT_MAX = 400_000

interface Kept {
  readonly layout: Promise<PlanLayout>
  /** 0 until it has been read. */
  seats: number
}

/** By plan, the longest unused first. A plan never changes, so nothing here grows old. */
const kept = new Map<string, Kept>()
let seatsKept = 0

/** What a plan looks like; read from the database once, and then kept in memory for as long as it is used. */
export function layoutOf(db: Queryable, planId: string): Promise<PlanLayout> {
  const entry = kept.get(planId) ?? { layout: readLayout(db, planId), seats: 0 }
  kept.delete(planId)
  kept.set(planId, entry)
  return entry.layout
}

async function readLayout(db: Queryable, planId: string): Promise<PlanLayout> {
  try {
    const [rows, seats] = await Promise.all([planRowsOf(db, planId), planSeatsOf(db, planId)])
    countSeats(planId, seats.length)
    return planLayout(rows, seats)
  } catch (error) {
    kept.delete(planId)
    throw error
  }
}

function countSeats(planId: string, seats: number): void {
  const entry = kept.get(planId)
  if (!entry) return
  entry.seats = seats
  seatsKept += seats
  for (const [longestUnused, { seats: freed }] of kept) {
    if (seatsKept <= SEATS_KEPT_MAX || longestUnused === planId) return
    kept.delete(longestUnused)
    seatsKept -= freed
  }
}
