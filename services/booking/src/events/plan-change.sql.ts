import type { Transaction } from '@tikitu/runtime/database'
import { sql } from 'drizzle-orm'

/*
 * An event whose plan changes while it is sold goes on with a plan of its own, made of the two: seats keep their numbers,
 * since bookings and tickets name them by those; a seat that the new plan does not have stays with the category '', which
 * no ticket type can sell; a seat that it adds has a number after all others, in rows of its own.
 */

/** The category of a seat that was taken out. */
const TAKEN_OUT = ''

/** What leads from an event's plan to another. */
export interface PlanChange {
  readonly eventId: string
  /** Null when it had none. */
  readonly oldPlanId: string | null
  readonly newPlanId: string
  /** The plan that is made of both. */
  readonly mergedId: string
}

/** Writes the plan that is made of both, and puts the event on it. */
export async function mergePlans(
  tx: Transaction,
  { eventId, oldPlanId, newPlanId, mergedId }: PlanChange,
): Promise<void> {
  await tx.execute(sql`
    insert into seating_plans (plan_id, venue_id, partner_id, name, version, seat_count)
    select ${mergedId}, venue_id, partner_id, name, version, seat_count from seating_plans where plan_id = ${newPlanId}`)
  await tx.execute(sql`
    insert into plan_areas (plan_id, name, category, capacity)
    select ${mergedId}, name, category, capacity from plan_areas where plan_id = ${newPlanId}`)
  await tx.execute(sql`
    insert into plan_rows (plan_id, row_no, section, row, base_seat, width, focus_place, focus_distance)
    select ${mergedId}, row_no, section, row, base_seat, width, focus_place, focus_distance
      from plan_rows where plan_id = ${oldPlanId}`)
  await tx.execute(sql`
    insert into plan_seats (plan_id, seat_no, seat_id, row_no, number, category, accessible)
    select ${mergedId}, o.seat_no, o.seat_id, o.row_no, coalesce(n.number, o.number),
           case when n.seat_id is null then ${TAKEN_OUT} when o.category = ${TAKEN_OUT} then n.category else o.category end,
           coalesce(n.accessible, o.accessible)
      from plan_seats o
      left join plan_seats n on n.plan_id = ${newPlanId} and n.seat_id = o.seat_id
     where o.plan_id = ${oldPlanId}`)
  await tx.execute(sql`
    with last as (
      select coalesce(max(seat_no), -1) + 1 as seats, coalesce(max(row_no), -1) + 1 as rows
        from plan_seats where plan_id = ${mergedId}
    ), added as (
      select n.*, last.seats + row_number() over (order by n.seat_no) - 1 as new_no,
             last.rows + dense_rank() over (order by n.row_no) - 1 as new_row
        from plan_seats n cross join last
       where n.plan_id = ${newPlanId}
         and not exists (select from plan_seats o where o.plan_id = ${mergedId} and o.seat_id = n.seat_id)
    ), rows_added as (
      insert into plan_rows (plan_id, row_no, section, row, base_seat, width, focus_distance)
      select ${mergedId}, a.new_row, min(r.section), min(r.row), min(a.new_no), count(*), min(r.focus_distance)
        from added a join plan_rows r on r.plan_id = ${newPlanId} and r.row_no = a.row_no
       group by a.new_row
    )
    insert into plan_seats (plan_id, seat_no, seat_id, row_no, number, category, accessible)
    select ${mergedId}, new_no, seat_id, new_row, number, category, accessible from added`)
  await tx.execute(sql`update events set seating_plan_id = ${mergedId} where id = ${eventId}`)
}

/** Live holds, and bookings that wait for money, of seats that the event's plan does not have any more. */
export async function unpaidOfTakenOut(tx: Transaction, eventId: string): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select distinct s.booking_id as id
      from events e
      join plan_seats p on p.plan_id = e.seating_plan_id and p.category = ${TAKEN_OUT}
      join event_seats s on s.event_id = e.id and s.seat_no = p.seat_no
     where e.id = ${eventId} and s.expires_at > now() and s.expires_at < 'infinity'
     order by s.booking_id`)
  return rows.map(({ id }) => id)
}

/** How many seats a new plan put on sale, took out of it, and gave another category. */
export interface AdoptedSeats {
  readonly added: number
  readonly takenOut: number
  readonly moved: number
}

/**
 * Takes seats out of the sale that the event's plan does not have any more, puts those on sale that it has anew, and gives
 * those that nobody has the category of the new plan.
 */
export async function adoptSeats(
  tx: Transaction,
  { eventId, newPlanId }: Pick<PlanChange, 'eventId' | 'newPlanId'>,
): Promise<AdoptedSeats> {
  // Whoever locks hints locks them before seats.
  await tx.execute(sql`delete from seat_row_hints where event_id = ${eventId}`)
  const moved = await moveFreeSeats(tx, { eventId, newPlanId })
  const { rows } = await tx.execute<{ added: number; takenOut: number }>(sql`
    with planned as (
      select p.seat_no, t.no as type_no, p.category
        from events e
        join plan_seats p on p.plan_id = e.seating_plan_id
        left join ticket_types t on t.event_id = e.id and t.seated and t.category = p.category
       where e.id = ${eventId}
    ), out as (
      update event_seats s set ticket_type_no = null
        from planned p
       where s.event_id = ${eventId} and s.seat_no = p.seat_no and p.category = ${TAKEN_OUT} and s.ticket_type_no is not null
      returning s.seat_no
    ), back as (
      update event_seats s set ticket_type_no = p.type_no
        from planned p
       where s.event_id = ${eventId} and s.seat_no = p.seat_no and s.ticket_type_no is null and p.type_no is not null
      returning s.seat_no
    ), added as (
      insert into event_seats (event_id, seat_no, ticket_type_no)
      select ${eventId}, p.seat_no, p.type_no from planned p
       where not exists (select from event_seats s where s.event_id = ${eventId} and s.seat_no = p.seat_no)
       order by p.seat_no
      returning seat_no
    )
    select (select count(*) from added)::integer + (select count(*) from back)::integer as added,
           (select count(*) from out)::integer as "takenOut"`)
  if (!rows[0]) throw new Error('an aggregate without a row')
  return { ...rows[0], moved }
}

/** What somebody holds or has bought stays with its type: the booking names the type and the price of each seat. */
async function moveFreeSeats(
  tx: Transaction,
  { eventId, newPlanId }: Pick<PlanChange, 'eventId' | 'newPlanId'>,
): Promise<number> {
  const { rows } = await tx.execute<{ moved: number }>(sql`
    with free as (
      select s.seat_no, n.category
        from events e
        join plan_seats o on o.plan_id = e.seating_plan_id and o.category <> ${TAKEN_OUT}
        join plan_seats n on n.plan_id = ${newPlanId} and n.seat_id = o.seat_id and n.category <> o.category
        join event_seats s on s.event_id = e.id and s.seat_no = o.seat_no
       where e.id = ${eventId} and s.expires_at <= now()
       order by s.seat_no
         for update of s
    ), planned as (
      update plan_seats p set category = free.category
        from free, events e
       where e.id = ${eventId} and p.plan_id = e.seating_plan_id and p.seat_no = free.seat_no
    ), sold as (
      update event_seats s set ticket_type_no = t.no
        from free
        left join ticket_types t on t.event_id = ${eventId} and t.seated and t.category = free.category
       where s.event_id = ${eventId} and s.seat_no = free.seat_no
    )
    select count(*)::integer as moved from free`)
  return rows[0]?.moved ?? 0
}

/** Counts anew how many seats there are of each seated type, and what of each row is free. */
export async function recountSeats(tx: Transaction, eventId: string): Promise<void> {
  await tx.execute(sql`
    update ticket_types t
       set capacity = (select count(*) from event_seats s where s.event_id = t.event_id and s.ticket_type_no = t.no)
     where t.event_id = ${eventId} and t.seated`)
  await tx.execute(sql`select reread_seat_row(h) from seat_row_hints h where h.event_id = ${eventId}`)
}
