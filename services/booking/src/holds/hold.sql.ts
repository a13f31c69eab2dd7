import { sqlState, type Database, type Queryable, type Transaction } from '@tikitu/runtime/database'
import { and, eq, inArray, sql } from 'drizzle-orm'
import { bookings } from '../tables.ts'
import type { CommonAnswer, HeldTickets, HoldLine, SalesChannel, SeatsAnswer, TypeAnswer } from './hold.rules.ts'

/*
 * The hot path: each operation is one prepared statement that calls a function of drizzle/booking, on the pool itself.
 * A transaction through Drizzle, with its begin, reads, writes and commit, was measured at a seventh of the rate.
 */

/** A buyer's wish to hold tickets, and the limits in force. */
export interface Wish {
  readonly eventId: string
  readonly userId: string
  readonly idempotencyKey: string
  /** The same for the same request, and different for another. */
  readonly requestHash: string
  readonly seatsPerHold: number
  readonly holdsPerBuyer: number
  readonly holdSeconds: number
  /** Whose allotment it is from; PUBLIC unless said. */
  readonly channel?: SalesChannel | undefined
  /** What this began with, for the event that is published; see `Trace`. */
  readonly correlationId: string | null
  readonly traceparent: string | null
}

/** Reserves seats by their numbers, all or none. */
export function holdChosenSeats(
  database: Database,
  wish: Wish & { readonly seatNos: readonly number[] },
): Promise<CommonAnswer | SeatsAnswer> {
  return hold(database, wish, {
    name: 'hold_seats',
    text: `select * from hold_seats(${WISH}, $10::integer[], $11)`,
    values: [wish.seatNos, wish.channel ?? 'PUBLIC'],
  })
}

/** Reserves seats of a type next to each other, all or none. `patient` waits for others who are at work there. */
export function holdBestSeats(
  database: Database,
  wish: Wish & { readonly ticketTypeId: string; readonly quantity: number },
  patient: boolean,
): Promise<CommonAnswer | TypeAnswer> {
  return hold(database, wish, {
    name: 'hold_best_available',
    text: `select * from hold_best_available(${WISH}, $10, $11, $12, $13)`,
    values: [wish.ticketTypeId, wish.quantity, patient, wish.channel ?? 'PUBLIC'],
  })
}

/** Reserves units of a general-admission type, all or none. */
export function holdUnits(
  database: Database,
  wish: Wish & { readonly ticketTypeId: string; readonly quantity: number },
): Promise<CommonAnswer | TypeAnswer> {
  return hold(database, wish, {
    name: 'hold_general_admission',
    text: `select * from hold_general_admission(${WISH}, $10, $11, $12)`,
    values: [wish.ticketTypeId, wish.quantity, wish.channel ?? 'PUBLIC'],
  })
}

/** Gives a hold back. */
export async function giveHoldBack(
  database: Database,
  { holdId, userId }: { holdId: string; userId: string },
): Promise<{ outcome: 'RELEASED'; hold: HeldTickets } | { outcome: 'HoldNotFound' | 'HoldAlreadyUsed' }> {
  const row = await call<'RELEASED' | 'HoldNotFound' | 'HoldAlreadyUsed'>(database, {
    name: 'release_hold',
    text: 'select * from release_hold($1, $2)',
    values: [holdId, userId],
  })
  return row.outcome === 'RELEASED' ? { outcome: row.outcome, hold: toHold(row) } : { outcome: row.outcome }
}

/** Gives a hold back in a transaction; says what became of it. */
export async function giveHoldBackIn(
  tx: Transaction,
  { holdId, userId }: { holdId: string; userId: string },
): Promise<'RELEASED' | 'HoldNotFound' | 'HoldAlreadyUsed'> {
  const { rows } = await tx.execute<{ outcome: 'RELEASED' | 'HoldNotFound' | 'HoldAlreadyUsed' }>(
    sql`select outcome from release_hold(${holdId}, ${userId})`,
  )
  if (!rows[0]) throw new Error('release_hold did not answer')
  return rows[0].outcome
}

const { id, eventId, expiresAt, lines, seatNos, total, currency } = bookings
const HOLD = { id, eventId, expiresAt, lines, seatNos, total, currency }

/** Live holds of a user by their ids. */
export async function liveHolds(db: Queryable, userId: string, ids: readonly string[]): Promise<HeldTickets[]> {
  const rows = await db
    .select(HOLD)
    .from(bookings)
    .where(
      and(
        inArray(bookings.id, [...ids]),
        eq(bookings.userId, userId),
        eq(bookings.status, 'HELD'),
        sql`${bookings.expiresAt} > now()`,
      ),
    )
  return rows.map((row) => ({ ...row, isFresh: false }))
}

/** A hold of a user, or what became of it. */
export async function holdOfUser(
  db: Queryable,
  hold: { readonly id: string; readonly userId: string },
): Promise<HeldTickets | undefined> {
  const [row] = await db
    .select(HOLD)
    .from(bookings)
    .where(and(eq(bookings.id, hold.id), eq(bookings.userId, hold.userId)))
  return row && { ...row, isFresh: false }
}

const WISH = 'row($1::uuid, $2::uuid, $3, $4, $5::integer, $6::integer, $7::integer, $8, $9)::hold_wish'

interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

async function hold<Answer extends CommonAnswer | SeatsAnswer | TypeAnswer>(
  database: Database,
  wish: Wish,
  { name, text, values }: Statement,
): Promise<Answer> {
  const row = await call<Answer['outcome']>(database, {
    name,
    text,
    values: [
      wish.eventId,
      wish.userId,
      wish.idempotencyKey,
      wish.requestHash,
      wish.seatsPerHold,
      wish.holdsPerBuyer,
      wish.holdSeconds,
      wish.correlationId,
      wish.traceparent,
      ...values,
    ],
  })
  // The functions answer what these types say; that is what their tests are about.
  return answerOf(row) as Answer
}

/** An answer as it comes from the database. */
export interface AnswerRow<Outcome> {
  readonly outcome: Outcome
  readonly facts: object | null
  readonly id: string
  readonly event_id: string
  readonly expires_at: Date
  readonly seat_nos: number[] | null
  readonly lines: HoldLine[]
  /** The driver gives a bigint as text. */
  readonly total: string
  readonly currency: string
}

/** What an answer says. */
export function answerOf<Outcome>(row: AnswerRow<Outcome>) {
  const { outcome, facts } = row
  return outcome === 'HELD' || outcome === 'REPEATED' ? { outcome, hold: toHold(row) } : { outcome, facts }
}

function toHold(row: AnswerRow<unknown>): HeldTickets {
  const { id, event_id: eventId, expires_at: expiresAt, lines, seat_nos: seatNos, total, currency } = row
  return { id, eventId, expiresAt, lines, seatNos, total: Number(total), currency, isFresh: row.outcome === 'HELD' }
}

/** How often a statement is begun anew after a deadlock, which takes nothing and leaves nothing. */
const ATTEMPTS_MAX = 3

async function call<Outcome>(database: Database, { name, text, values }: Statement): Promise<AnswerRow<Outcome>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await database.pool.query<AnswerRow<Outcome>>({ name, text, values: [...values] })
      if (!rows[0]) throw new Error(`${name} did not answer`)
      return rows[0]
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX || sqlState(error) !== '40P01') throw error
    }
  }
}
