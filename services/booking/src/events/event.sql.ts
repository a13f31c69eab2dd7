import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { asc, desc, eq, getTableColumns, inArray, sql } from 'drizzle-orm'
import { admissionStock, events, ticketTypes } from '../tables.ts'

const EVENT_COLUMNS = getTableColumns(events)

/** An event as its table has it. */
export type EventRow = typeof events.$inferSelect

/** A ticket type as its table has it, with the currency of its event. */
export type TicketTypeRow = typeof ticketTypes.$inferSelect & { readonly currency: string }

/** Events by their ids, drafts included. */
export function eventsByIds(db: Queryable, ids: readonly string[]): Promise<EventRow[]> {
  return db
    .select(EVENT_COLUMNS)
    .from(events)
    .where(inArray(events.id, [...ids]))
}

/** Locks an event until the transaction ends; undefined when there is none. */
export async function eventForUpdate(tx: Transaction, id: string): Promise<EventRow | undefined> {
  const [event] = await tx.select(EVENT_COLUMNS).from(events).where(eq(events.id, id)).for('update')
  return event
}

/** The event, which there is. */
export async function theEvent(tx: Transaction, id: string): Promise<EventRow> {
  const [event] = await eventsByIds(tx, [id])
  if (!event) throw new Error(`event ${id} is gone`)
  return event
}

/** Changes columns of an event that is locked. */
export async function updateEventRow(
  tx: Transaction,
  id: string,
  columns: Partial<typeof events.$inferInsert>,
): Promise<EventRow> {
  if (Object.keys(columns).length === 0) return theEvent(tx, id)
  const [updated] = await tx.update(events).set(columns).where(eq(events.id, id)).returning(EVENT_COLUMNS)
  if (!updated) throw new Error('an event that was locked is gone')
  return updated
}

/** The database's clock now, to the millisecond, and not as it was when the transaction began. */
export async function clock(tx: Transaction): Promise<Date> {
  const { rows } = await tx.execute<{ at: string }>(sql`select date_trunc('milliseconds', clock_timestamp()) as at`)
  if (!rows[0]) throw new Error('the database did not tell the time')
  return new Date(rows[0].at)
}

const TICKET_TYPE_COLUMNS = { ...getTableColumns(ticketTypes), currency: events.currency }

/** Ticket types of events, dearest first. */
export function ticketTypesOfEvents(db: Queryable, eventIds: readonly string[]): Promise<TicketTypeRow[]> {
  return db
    .select(TICKET_TYPE_COLUMNS)
    .from(ticketTypes)
    .innerJoin(events, eq(events.id, ticketTypes.eventId))
    .where(inArray(ticketTypes.eventId, [...eventIds]))
    .orderBy(desc(ticketTypes.price), asc(ticketTypes.no))
}

/** Ticket types by their ids, of drafts too. */
export function ticketTypesByIds(db: Queryable, ids: readonly string[]): Promise<TicketTypeRow[]> {
  return db
    .select(TICKET_TYPE_COLUMNS)
    .from(ticketTypes)
    .innerJoin(events, eq(events.id, ticketTypes.eventId))
    .where(inArray(ticketTypes.id, [...ids]))
}

/** Writes a draft. */
export async function insertEvent(tx: Transaction, event: typeof events.$inferInsert): Promise<EventRow> {
  const [inserted] = await tx.insert(events).values(event).returning(EVENT_COLUMNS)
  if (!inserted) throw new Error('an event was not inserted')
  return inserted
}

/** Writes the ticket types of an event. */
export async function insertTicketTypes(tx: Transaction, types: (typeof ticketTypes.$inferInsert)[]): Promise<void> {
  await tx.insert(ticketTypes).values(types)
}

/** Writes the ticket types of a draft anew. */
export async function replaceTicketTypes(
  tx: Transaction,
  eventId: string,
  types: (typeof ticketTypes.$inferInsert)[],
): Promise<void> {
  await tx.delete(ticketTypes).where(eq(ticketTypes.eventId, eventId))
  await insertTicketTypes(tx, types)
}

/** Puts a draft on sale, at once unless it said when. */
export async function markPublished(tx: Transaction, id: string, at: Date): Promise<EventRow> {
  const [published] = await tx
    .update(events)
    .set({ status: 'PUBLISHED', publishedAt: at, salesOpenAt: sql`coalesce(${events.salesOpenAt}, ${at})` })
    .where(eq(events.id, id))
    .returning(EVENT_COLUMNS)
  if (!published) throw new Error('an event that was locked is gone')
  return published
}

/** Copies the seats of the event's plan, each with the ticket type that sells its category: one statement. */
export async function copySeats(tx: Transaction, eventId: string): Promise<void> {
  await tx.execute(sql`
    insert into event_seats (event_id, seat_no, ticket_type_no)
    select e.id, s.seat_no, t.no
    from events e
    join plan_seats s on s.plan_id = e.seating_plan_id
    left join ticket_types t on t.event_id = e.id and t.seated and t.category = s.category
    where e.id = ${eventId}
    order by s.seat_no`)
}

/**
 * Describes the event's rows to best-available, by ticket type, those closest to what people look at first, and in the
 * plan's order when it does not say. A row wider than 60 seats is cut
 * into pieces of about the same width, and seats for wheelchairs are left out. With a number, only of that ticket type.
 *
 * One pass over the seats and no join of them with the rows: without statistics of a new plan the planner read all seats again
 * for each row, and a stadium ran into the time-out.
 */
export async function copyRowHints(
  tx: Transaction,
  eventId: string,
  ticketTypeNo: number | null = null,
): Promise<void> {
  await tx.execute(sql`
    with seat as materialized (
      select s.plan_id, s.row_no, s.seat_no, s.category, s.accessible,
             min(s.seat_no) over in_row as row_base,
             count(*) over in_row as row_width
      from events e
      join plan_seats s on s.plan_id = e.seating_plan_id
      where e.id = ${eventId}
      window in_row as (partition by s.row_no)
    ), cut as (
      select *, ceil(row_width / ceil(row_width / 60.0))::integer as piece_width from seat
    ), placed as (
      select *, row_base + (seat_no - row_base) / piece_width * piece_width as base_seat from cut
    )
    insert into seat_row_hints (event_id, ticket_type_no, base_seat, width, focus, rank, mask, free, runs)
    select ${eventId}, no, m.base_seat, m.width,
           case when focus_seat is not null then least(greatest(focus_seat - m.base_seat, 0), m.width - 1) end,
           row_number() over (
             partition by no
             order by r.focus_distance,
                      -- Of a row in pieces, the one in front of it.
                      greatest(m.base_seat - focus_seat, focus_seat - m.base_seat - m.width + 1, 0),
                      m.base_seat
           ) - 1,
           mask, mask, run_lengths(mask)
    from (
      select t.no, p.base_seat, min(p.plan_id::text)::uuid as plan_id, min(p.row_no) as row_no,
             least(min(p.piece_width), min(p.row_base + p.row_width) - p.base_seat) as width,
             bit_or(1::bigint << (p.seat_no - p.base_seat)) as mask
      from placed p
      join ticket_types t on t.event_id = ${eventId} and t.seated and t.category = p.category
      where not p.accessible and t.no = coalesce(${ticketTypeNo}::smallint, t.no)
      group by t.no, p.base_seat
    ) as m
    join plan_rows r on r.plan_id = m.plan_id and r.row_no = m.row_no
    cross join lateral (select r.base_seat + r.focus_place as focus_seat) as focus`)
}

/** Puts the whole capacity of the event's general-admission types on sale; what is on sale stays as it is. */
export async function stockAdmission(tx: Transaction, eventId: string): Promise<void> {
  await tx
    .insert(admissionStock)
    .select(
      tx
        .select({
          ticketTypeId: ticketTypes.id,
          eventId: ticketTypes.eventId,
          capacity: ticketTypes.capacity,
          available: sql<number>`${ticketTypes.capacity}`.as('available'),
          nextDue: sql<Date>`'infinity'::timestamptz`.as('next_due'),
        })
        .from(ticketTypes)
        .where(sql`${ticketTypes.eventId} = ${eventId} and not ${ticketTypes.seated}`),
    )
    .onConflictDoNothing()
}
