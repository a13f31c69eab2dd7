import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { and, asc, eq, sql } from 'drizzle-orm'
import { planAreas, planRows, planSeats, seatingPlans } from '../tables.ts'
import type { PlanRow, PlanSeat } from './plan.rules.ts'

/** Writes a plan's head; false when the plan is known already. */
export async function insertPlan(tx: Transaction, plan: typeof seatingPlans.$inferInsert): Promise<boolean> {
  const { planId, venueId, partnerId, name, version, seatCount } = plan
  const inserted = await tx
    .insert(seatingPlans)
    .values({ planId, venueId, partnerId, name, version, seatCount })
    .onConflictDoNothing()
    .returning({ planId: seatingPlans.planId })
  return inserted.length > 0
}

/** Writes a plan's rows, numbered as they come. */
export async function insertPlanRows(tx: Transaction, planId: string, rows: readonly PlanRow[]): Promise<void> {
  const column = <Key extends keyof PlanRow>(key: Key) => sql.param(rows.map((row) => row[key]))
  const focus = (key: 'place' | 'distance') => sql.param(rows.map((row) => row.focus?.[key] ?? null))
  await tx.execute(sql`
    insert into plan_rows (plan_id, row_no, section, row, base_seat, width, focus_place, focus_distance)
    select ${planId}, place - 1, section, row, base_seat, width, focus_place, focus_distance
    from unnest(
      ${column('section')}::text[], ${column('row')}::text[], ${column('baseSeat')}::integer[], ${column('width')}::integer[],
      ${focus('place')}::smallint[], ${focus('distance')}::double precision[]
    ) with ordinality as plan_row (section, row, base_seat, width, focus_place, focus_distance, place)`)
}

/** Writes a plan's seats, numbered as they come: one statement for a whole stadium. */
export async function insertPlanSeats(tx: Transaction, planId: string, seats: readonly PlanSeat[]): Promise<void> {
  const column = <Key extends keyof PlanSeat>(key: Key) => sql.param(seats.map((seat) => seat[key]))
  await tx.execute(sql`
    insert into plan_seats (plan_id, seat_no, seat_id, row_no, number, category, accessible)
    select ${planId}, place - 1, seat_id, row_no, number, category, accessible
    from unnest(
      ${column('seatId')}::text[], ${column('rowNo')}::integer[], ${column('number')}::text[],
      ${column('category')}::text[], ${column('accessible')}::boolean[]
    ) with ordinality as seat (seat_id, row_no, number, category, accessible, place)`)
}

/** Writes a plan's general-admission areas. */
export async function insertPlanAreas(
  tx: Transaction,
  planId: string,
  areas: readonly Omit<typeof planAreas.$inferInsert, 'planId'>[],
): Promise<void> {
  if (areas.length === 0) return
  await tx.insert(planAreas).values(areas.map(({ name, category, capacity }) => ({ planId, name, category, capacity })))
}

/** A plan of this venue; undefined when there is none. */
export async function planOfVenue(
  db: Queryable,
  planId: string,
  venueId: string,
): Promise<typeof seatingPlans.$inferSelect | undefined> {
  const [plan] = await db
    .select()
    .from(seatingPlans)
    .where(and(eq(seatingPlans.planId, planId), eq(seatingPlans.venueId, venueId)))
  return plan
}

/** How many seats, and units of general admission, a plan has of each category. */
export async function planCategories(
  db: Queryable,
  planId: string,
): Promise<{ category: string; seats: number; units: number }[]> {
  const { rows } = await db.execute<{ category: string; seats: number; units: number }>(sql`
    select category, sum(seats)::integer as seats, sum(units)::integer as units
    from (
      select category, count(*) as seats, 0 as units from plan_seats where plan_id = ${planId} group by category
      union all
      select category, 0, capacity from plan_areas where plan_id = ${planId}
    ) as part
    group by category`)
  return rows
}

/** A plan's rows in their order. */
export function planRowsOf(db: Queryable, planId: string): Promise<PlanRow[]> {
  return db
    .select({ section: planRows.section, row: planRows.row, baseSeat: planRows.baseSeat, width: planRows.width })
    .from(planRows)
    .where(eq(planRows.planId, planId))
    .orderBy(asc(planRows.rowNo))
}

/** A plan's seats in their order. */
export function planSeatsOf(db: Queryable, planId: string): Promise<PlanSeat[]> {
  const { seatId, rowNo, number, category, accessible } = planSeats
  return db
    .select({ seatId, rowNo, number, category, accessible })
    .from(planSeats)
    .where(eq(planSeats.planId, planId))
    .orderBy(asc(planSeats.seatNo))
}
