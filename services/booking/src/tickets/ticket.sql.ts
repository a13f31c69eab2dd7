import { and, asc, desc, eq, getTableColumns, gt, inArray, isNull, lt, ne, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import {
  bookings,
  eventSeats,
  events,
  planRows,
  planSeats,
  ticketTransfers,
  ticketTypes,
  tickets,
  venues,
} from '../tables.ts'

/** A ticket as it is stored. */
export type TicketRow = typeof tickets.$inferSelect

/** Issues the tickets of a booking, one for each seat or unit, numbered from 1; twice is refused by `tickets_no_once`. */
export async function issueTickets(tx: Transaction, bookingId: string): Promise<void> {
  await tx.execute(sql`
    insert into tickets (id, booking_id, event_id, user_id, ticket_type_id, seat_no, no, price, status)
    select uuidv7(), b.id, b.event_id, b.user_id, t.id, place.seat_no, place.no,
           (select (line ->> 'unitPrice')::bigint
              from jsonb_array_elements(b.lines) as line
             where line ->> 'ticketTypeId' = t.id::text),
           'ACTIVE'
      from bookings b
     cross join lateral (
       select seat_no, no from unnest(b.seat_nos) with ordinality as seat (seat_no, no)
       union all
       select null, no from generate_series(1, b.quantity) as no where b.seat_nos is null
     ) as place
      left join event_seats s on s.event_id = b.event_id and s.seat_no = place.seat_no
      join ticket_types t
        on t.event_id = b.event_id
       and (t.id = b.ticket_type_id or (b.ticket_type_id is null and t.no = s.ticket_type_no))
     where b.id = ${bookingId}`)
}

/** The tickets of a booking that are worth something, in their order, with what names them to people. */
export function namedTickets(tx: Transaction, bookingId: string) {
  return tx
    .select({
      ticketId: tickets.id,
      ticketType: ticketTypes.name,
      section: planRows.section,
      row: planRows.row,
      number: planSeats.number,
    })
    .from(tickets)
    .innerJoin(ticketTypes, eq(ticketTypes.id, tickets.ticketTypeId))
    .innerJoin(events, eq(events.id, tickets.eventId))
    .leftJoin(planSeats, and(eq(planSeats.planId, events.seatingPlanId), eq(planSeats.seatNo, tickets.seatNo)))
    .leftJoin(planRows, and(eq(planRows.planId, planSeats.planId), eq(planRows.rowNo, planSeats.rowNo)))
    .where(and(eq(tickets.bookingId, bookingId), ne(tickets.status, 'CANCELLED')))
    .orderBy(asc(tickets.no))
}

/** What has become of the tickets of a booking. */
export interface TicketsGone {
  /** How many have let somebody in. */
  readonly used: number
  /** How many are somebody else's than the buyer's. */
  readonly transferred: number
}

/** Locks the tickets of a booking, so that none is used or claimed meanwhile, and counts those that are not the buyer's to give back. */
export async function lockTickets(tx: Transaction, bookingId: string): Promise<TicketsGone> {
  return countGone(await ticketsWithBuyer(tx, bookingId).for('update', { of: tickets }))
}

/** Counts them without keeping anybody waiting: the numbers may change at once. */
export async function ticketsGone(db: Queryable, bookingId: string): Promise<TicketsGone> {
  return countGone(await ticketsWithBuyer(db, bookingId))
}

function ticketsWithBuyer(db: Queryable, bookingId: string) {
  return (
    db
      .select({ usedAt: tickets.usedAt, userId: tickets.userId, buyerId: bookings.userId })
      .from(tickets)
      .innerJoin(bookings, eq(bookings.id, tickets.bookingId))
      .where(eq(tickets.bookingId, bookingId))
      // In the order in which devices that tell of their scans lock them.
      .orderBy(asc(tickets.id))
      .$dynamic()
  )
}

function countGone(rows: readonly { usedAt: Date | null; userId: string; buyerId: string }[]): TicketsGone {
  return {
    used: rows.filter(({ usedAt }) => usedAt !== null).length,
    transferred: rows.filter(({ userId, buyerId }) => userId !== buyerId).length,
  }
}

/** Makes all tickets of a booking worth nothing; when they were used is kept. Returns those that were worth something. */
export async function cancelTickets(tx: Transaction, bookingId: string): Promise<string[]> {
  const cancelled = await tx
    .update(tickets)
    .set({ status: 'CANCELLED' })
    .where(and(eq(tickets.bookingId, bookingId), ne(tickets.status, 'CANCELLED')))
    .returning({ id: tickets.id })
  return cancelled.map(({ id }) => id)
}

/**
 * Makes cancelled tickets good again for whoever held them, under another code, and withdraws what was offered of them.
 * One that has let somebody in stays used. The caller has taken their places again.
 */
export async function giveTicketsBack(tx: Transaction, ticketIds: readonly string[], at: Date): Promise<void> {
  await tx
    .update(tickets)
    .set({
      status: sql`case when ${tickets.usedAt} is null then 'ACTIVE' else 'USED' end`,
      codeVersion: sql`${tickets.codeVersion} + 1`,
    })
    .where(and(inArray(tickets.id, [...ticketIds]), eq(tickets.status, 'CANCELLED')))
  await tx
    .update(ticketTransfers)
    .set({ status: 'WITHDRAWN', endedAt: at })
    .where(and(inArray(ticketTransfers.ticketId, [...ticketIds]), eq(ticketTransfers.status, 'OFFERED')))
}

/** Ends the tickets of these bookings with which nobody came. */
export async function expireTickets(tx: Transaction, bookingIds: readonly string[]): Promise<void> {
  await tx
    .update(tickets)
    .set({ status: 'EXPIRED' })
    .where(and(inArray(tickets.bookingId, [...bookingIds]), eq(tickets.status, 'ACTIVE')))
}

/** Good tickets of an event whose seats are not for sale any more, in the order of their ids. */
export function ticketsWithoutSeat(
  db: Queryable,
  { eventId, after, limit }: { readonly eventId: string; readonly after: string | null; readonly limit: number },
): Promise<TicketRow[]> {
  return db
    .select(getTableColumns(tickets))
    .from(tickets)
    .innerJoin(eventSeats, and(eq(eventSeats.eventId, tickets.eventId), eq(eventSeats.seatNo, tickets.seatNo)))
    .where(
      and(
        eq(tickets.eventId, eventId),
        inArray(tickets.status, ['ACTIVE', 'USED']),
        isNull(eventSeats.ticketTypeNo),
        after === null ? undefined : gt(tickets.id, after),
      ),
    )
    .orderBy(asc(tickets.id))
    .limit(limit)
}

/** Tickets by id. */
export function ticketsByIds(db: Queryable, ids: readonly string[]): Promise<TicketRow[]> {
  return db
    .select()
    .from(tickets)
    .where(inArray(tickets.id, [...ids]))
}

/** The tickets of bookings, in their order. */
export function ticketsOfBookings(db: Queryable, bookingIds: readonly string[]): Promise<TicketRow[]> {
  return db
    .select()
    .from(tickets)
    .where(inArray(tickets.bookingId, [...bookingIds]))
    .orderBy(asc(tickets.bookingId), asc(tickets.no))
}

/** A page of the tickets that somebody holds, newest first. */
export function ticketsOfHolder(
  db: Queryable,
  { userId, before, limit }: { userId: string; before: string | null; limit: number },
): Promise<TicketRow[]> {
  return db
    .select()
    .from(tickets)
    .where(and(eq(tickets.userId, userId), before === null ? undefined : lt(tickets.id, before)))
    .orderBy(desc(tickets.id))
    .limit(limit)
}

/** What is printed on tickets, their seats and codes aside. */
export function printedTickets(db: Queryable, ticketIds: readonly string[]) {
  const { title, startsAt, doorsAt, timezone, currency } = events
  const isBuyers = sql<string | null>`case when ${bookings.userId} = ${tickets.userId} then ${bookings.reference} end`
  return db
    .select({
      id: tickets.id,
      title,
      startsAt,
      doorsAt,
      timezone,
      currency,
      price: tickets.price,
      holderName: tickets.holderName,
      venueName: venues.name,
      city: venues.city,
      ticketType: ticketTypes.name,
      reference: isBuyers,
    })
    .from(tickets)
    .innerJoin(bookings, eq(bookings.id, tickets.bookingId))
    .innerJoin(events, eq(events.id, tickets.eventId))
    .innerJoin(venues, eq(venues.venueId, events.venueId))
    .innerJoin(ticketTypes, eq(ticketTypes.id, tickets.ticketTypeId))
    .where(inArray(tickets.id, [...ticketIds]))
}

/** The place that each of these tickets gives; none for general admission. */
export function seatsOfTickets(db: Queryable, ticketIds: readonly string[]) {
  return db
    .select({
      ticketId: tickets.id,
      id: planSeats.seatId,
      section: planRows.section,
      row: planRows.row,
      number: planSeats.number,
    })
    .from(tickets)
    .innerJoin(events, eq(events.id, tickets.eventId))
    .innerJoin(planSeats, and(eq(planSeats.planId, events.seatingPlanId), eq(planSeats.seatNo, tickets.seatNo)))
    .innerJoin(planRows, and(eq(planRows.planId, planSeats.planId), eq(planRows.rowNo, planSeats.rowNo)))
    .where(inArray(tickets.id, [...ticketIds]))
}
