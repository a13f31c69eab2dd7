import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { eq, sql } from 'drizzle-orm'
import { admissionStock } from '../tables.ts'

/*
 * Seats and units on their way back. The functions themselves are in drizzle/booking; locks are taken in the order
 * stock of a ticket type, bookings, hints of rows, seats.
 */

/**
 * Ends holds and pending bookings that have run out and puts their general-admission units back on sale; seats have
 * been free since they ran out. Publishes `booking.expired` and `booking.payment_cancel_requested` for those that had
 * been checked out. At most `atMost` of each ticket type and of those with seats; returns how many it were.
 */
export async function expireBookings(db: Queryable, atMost: number): Promise<number> {
  const { rows } = await db.execute<{ expired: number }>(sql`select expire_bookings(${atMost}::integer) as expired`)
  return rows[0]?.expired ?? 0
}

/**
 * Puts the seats of a booking back on sale that are still its own, and returns how many those were. The caller has
 * changed the booking's status before, by compare-and-set.
 */
export async function giveBackSeats(
  tx: Transaction,
  { eventId, bookingId, seatNos }: { eventId: string; bookingId: string; seatNos: readonly number[] },
): Promise<number> {
  const { rows } = await tx.execute<{ given_back: number }>(
    sql`select give_back_seats(${eventId}, ${bookingId}, ${sql.param(seatNos)}::integer[]) as given_back`,
  )
  return rows[0]?.given_back ?? 0
}

/** Locks the stock of a general-admission ticket type: before the booking whose units are to move, never after. */
export async function lockStock(tx: Transaction, ticketTypeId: string): Promise<void> {
  await tx
    .select({ locked: sql`1` })
    .from(admissionStock)
    .where(eq(admissionStock.ticketTypeId, ticketTypeId))
    .for('update')
}

/** Puts units of general admission back on sale. The caller has locked the stock, then changed the booking's status. */
export async function giveBackUnits(tx: Transaction, ticketTypeId: string, units: number): Promise<void> {
  await tx
    .update(admissionStock)
    .set({ available: sql`${admissionStock.available} + ${units}` })
    .where(eq(admissionStock.ticketTypeId, ticketTypeId))
}
