import { and, asc, eq, gte, inArray, isNotNull, lte, or, sql } from 'drizzle-orm'
import type { Transaction } from '@tikitu/runtime/database'
import { admissionStock, bookings, eventSeats, tickets } from '../tables.ts'

/*
 * Seats and units of a booking after its hold. Locks are taken in this order everywhere: the stock of a ticket type,
 * bookings, hints of rows, seats.
 */

/** Seats of an event in the name of a booking. */
interface SeatsOf {
  readonly eventId: string
  readonly bookingId: string
  readonly seatNos: readonly number[]
}

/** Keeps seats that are held until another instant, and returns how many of them were still the booking's. */
export async function keepSeats(
  tx: Transaction,
  { eventId, bookingId, seatNos }: SeatsOf,
  until: Date,
): Promise<number> {
  const kept = await tx
    .update(eventSeats)
    .set({ expiresAt: until })
    .where(
      and(
        eq(eventSeats.eventId, eventId),
        inArray(eventSeats.seatNo, [...seatNos]),
        eq(eventSeats.bookingId, bookingId),
        sql`${eventSeats.expiresAt} > now()`,
      ),
    )
    .returning({ seatNo: eventSeats.seatNo })
  return kept.length
}

/**
 * Sells seats to a booking for good: those that are still its own and those that nobody has.
 * A seat that was taken out of the sale is neither. All of them, or none when
 * somebody else has one. Waits, in the seats' order, for whoever is taking one of them at this moment.
 */
export async function sellSeats(tx: Transaction, { eventId, bookingId, seatNos }: SeatsOf): Promise<boolean> {
  const these = and(eq(eventSeats.eventId, eventId), inArray(eventSeats.seatNo, [...seatNos]))
  const free = await tx
    .select({ seatNo: eventSeats.seatNo })
    .from(eventSeats)
    .where(
      and(
        these,
        isNotNull(eventSeats.ticketTypeNo),
        or(eq(eventSeats.bookingId, bookingId), lte(eventSeats.expiresAt, sql`now()`)),
      ),
    )
    .orderBy(asc(eventSeats.seatNo))
    .for('update')
  if (free.length < seatNos.length) return false
  await tx
    .update(eventSeats)
    .set({ bookingId, expiresAt: sql`'infinity'` })
    .where(these)
  return true
}

/** Puts the seats that are still the booking's back on sale, where best-available finds them too. */
export async function giveBackSeats(tx: Transaction, { eventId, bookingId, seatNos }: SeatsOf): Promise<void> {
  await tx.execute(sql`select give_back_seats(${eventId}, ${bookingId}, ${sql.param([...seatNos])}::integer[])`)
}

/** Makes everybody who takes or gives units of this ticket type wait until the transaction ends. */
export async function lockStock(tx: Transaction, ticketTypeId: string): Promise<void> {
  await tx
    .select({ id: admissionStock.ticketTypeId })
    .from(admissionStock)
    .where(eq(admissionStock.ticketTypeId, ticketTypeId))
    .for('update')
}

/** Says that a unit comes back at this instant, when that is sooner than anybody knew. */
export async function expectUnits(tx: Transaction, ticketTypeId: string, at: Date): Promise<void> {
  await tx
    .update(admissionStock)
    .set({ nextDue: sql`least(${admissionStock.nextDue}, ${at.toISOString()}::timestamptz)` })
    .where(eq(admissionStock.ticketTypeId, ticketTypeId))
}

/** Takes units, or none when there are not enough. */
export async function takeUnits(tx: Transaction, ticketTypeId: string, quantity: number): Promise<boolean> {
  const taken = await tx
    .update(admissionStock)
    .set({ available: sql`${admissionStock.available} - ${quantity}` })
    .where(and(eq(admissionStock.ticketTypeId, ticketTypeId), gte(admissionStock.available, quantity)))
    .returning({ id: admissionStock.ticketTypeId })
  return taken.length > 0
}

/** Puts units back on sale. */
export async function giveBackUnits(tx: Transaction, ticketTypeId: string, quantity: number): Promise<void> {
  await tx
    .update(admissionStock)
    .set({ available: sql`${admissionStock.available} + ${quantity}` })
    .where(eq(admissionStock.ticketTypeId, ticketTypeId))
}

/** A booking that keeps some of its places. */
interface Shrinking {
  readonly id: string
  readonly eventId: string
  readonly ticketTypeId: string | null
}

/**
 * Makes some tickets of a booking worth nothing and puts their places back on sale; the booking has so many fewer, and
 * at least one. The caller has locked the stock, the booking and its tickets.
 */
export async function giveUpTickets(
  tx: Transaction,
  { id, eventId, ticketTypeId }: Shrinking,
  ticketIds: readonly string[],
): Promise<void> {
  const given = await tx
    .update(tickets)
    .set({ status: 'CANCELLED' })
    .where(and(eq(tickets.bookingId, id), inArray(tickets.id, [...ticketIds])))
    .returning({ seatNo: tickets.seatNo })
  const seatNos = given.flatMap(({ seatNo }) => (seatNo === null ? [] : [seatNo]))
  await tx
    .update(bookings)
    .set({
      quantity: sql`${bookings.quantity} - ${given.length}`,
      seatNos: sql`(select array_agg(no order by place) from unnest(${bookings.seatNos}) with ordinality as seat (no, place)
        where no <> all (${sql.param(seatNos)}::integer[]))`,
    })
    .where(eq(bookings.id, id))
  if (ticketTypeId === null) await giveBackSeats(tx, { eventId, bookingId: id, seatNos })
  else await giveBackUnits(tx, ticketTypeId, given.length)
}
