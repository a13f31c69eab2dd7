import { desc, getTableColumns, inArray, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { seatingPlans } from '../tables.ts'

const { layout: _seats, ...figures } = getTableColumns(seatingPlans)

/** A version of a seating plan without its seats, which are some megabytes. */
export type SeatingPlanRow = Omit<typeof seatingPlans.$inferSelect, 'layout'>

/** Adds the next version of a venue's plan. The venue must be locked, or two of one number would collide. */
export async function insertSeatingPlan(
  tx: Transaction,
  plan: Omit<typeof seatingPlans.$inferInsert, 'version'>,
): Promise<SeatingPlanRow> {
  const next = sql`(select coalesce(max(version), 0) + 1 from seating_plans where venue_id = ${plan.venueId})`
  const [row] = await tx
    .insert(seatingPlans)
    .values({ ...plan, version: next })
    .returning(figures)
  if (!row) throw new Error('an inserted seating plan did not come back')
  return row
}

/** Several versions by their ids, in no order. */
export async function seatingPlansByIds(db: Queryable, ids: readonly string[]): Promise<SeatingPlanRow[]> {
  return db
    .select(figures)
    .from(seatingPlans)
    .where(inArray(seatingPlans.id, [...ids]))
}

/** The versions of several venues' plans, newest first. */
export async function seatingPlansOfVenues(db: Queryable, venueIds: readonly string[]): Promise<SeatingPlanRow[]> {
  return db
    .select(figures)
    .from(seatingPlans)
    .where(inArray(seatingPlans.venueId, [...venueIds]))
    .orderBy(desc(seatingPlans.version))
}
