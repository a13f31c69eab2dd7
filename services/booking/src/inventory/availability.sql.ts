import type { Queryable } from '@tikitu/runtime/database'
import { sql, type SQL } from 'drizzle-orm'
import type { SalesChannel } from '../holds/hold.rules.ts'

/** How many tickets of each of these types could be held now. A type that is not published is not among them. */
export async function availabilityOf(
  db: Queryable,
  ticketTypeIds: readonly string[],
): Promise<{ ticketTypeId: string; available: number }[]> {
  const ids = sql.param(ticketTypeIds)
  const { rows } = await db.execute<{ ticketTypeId: string; available: number }>(sql`
    select t.id as "ticketTypeId", free.seats::integer as available
    from ticket_types t
    join events e on e.id = t.event_id and e.status = 'PUBLISHED'
    cross join lateral (
      select count(*) as seats from event_seats s
      where s.event_id = t.event_id and s.ticket_type_no = t.no and s.expires_at <= now()
    ) as free
    where t.id = any(${ids}::uuid[]) and t.seated
    union all
    select s.ticket_type_id, s.available + coalesce(due.units, 0)::integer
    from admission_stock s
    join events e on e.id = s.event_id and e.status = 'PUBLISHED'
    cross join lateral (
      select sum(b.quantity) as units from bookings b
      where b.ticket_type_id = s.ticket_type_id and b.status in ('HELD', 'PENDING') and b.expires_at <= now()
    ) as due
    where s.ticket_type_id = any(${ids}::uuid[])`)
  return rows
}

/**
 * The states of seats as letters, in the order of their numbers: Available, Held, Sold, Blocked. Seats of other ticket types
 * than these are blocked for whoever asks.
 */
export async function seatStates(
  db: Queryable,
  eventId: string,
  { firstSeat, lastSeat, typeNos }: { firstSeat: number; lastSeat: number; typeNos: readonly number[] },
): Promise<string> {
  const { rows } = await db.execute<{ states: string | null }>(sql`
    select string_agg(${stateLetter(sql`now()`, typeNos)}, '' order by seat_no) as states
    from event_seats
    where event_id = ${eventId} and seat_no between ${firstSeat} and ${lastSeat}`)
  return rows[0]?.states ?? ''
}

/** The states of some seats, as `seatStates` has them. */
export async function statesOfSeats(
  db: Queryable,
  eventId: string,
  seatNos: readonly number[],
): Promise<{ seatNo: number; state: string }[]> {
  const { rows } = await db.execute<{ seatNo: number; state: string }>(sql`
    select seat_no as "seatNo", ${LETTER} as state
    from event_seats
    where event_id = ${eventId} and seat_no = any(${sql.param(seatNos)}::integer[])`)
  return rows
}

/** The seats of a ticket type that could be held now, by their numbers, ascending. */
export async function freeSeatsOfType(db: Queryable, eventId: string, ticketTypeId: string): Promise<number[]> {
  const { rows } = await db.execute<{ seats: number[] | null }>(sql`
    select array_agg(seat_no order by seat_no) as seats
    from event_seats
    where event_id = ${eventId}
      and ticket_type_no = (select no from ticket_types where id = ${ticketTypeId} and event_id = ${eventId})
      and expires_at <= now()`)
  return rows[0]?.seats ?? []
}

/** The letter of a seat at an instant; of other ticket types than these it is blocked. */
export const stateLetter = (at: SQL, typeNos: readonly number[]) =>
  letter(at, sql`ticket_type_no = any(${sql.param(typeNos)}::smallint[])`)

const letter = (at: SQL, isForSale: SQL) => sql`case
  when (${isForSale}) is not true then 'B'
  when expires_at = 'infinity' then 'S'
  when expires_at > ${at} then 'H'
  else 'A'
end`

const LETTER = letter(sql`now()`, sql`ticket_type_no is not null`)

/** The plan of a published event, and the ticket types that sell its seats. */
export interface PublishedPlan extends Record<string, unknown> {
  readonly planId: string | null
  readonly types: { id: string; category: string; no: number; channel: SalesChannel }[]
}

/** What never changes about a published event and its seats; undefined before it is published. */
export async function publishedPlan(db: Queryable, eventId: string): Promise<PublishedPlan | undefined> {
  const { rows } = await db.execute<PublishedPlan>(sql`
    select e.seating_plan_id as "planId",
           coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'category', t.category, 'no', t.no, 'channel', t.channel)) filter (where t.seated), '[]') as types
    from events e
    left join ticket_types t on t.event_id = e.id
    where e.id = ${eventId} and e.status <> 'DRAFT'
    group by e.id`)
  return rows[0]
}
