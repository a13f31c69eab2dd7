import { setTimeout as pause } from 'node:timers/promises'
import { databaseOf, type Stage } from './stage.ts'

/** How long the last tickets may take, in milliseconds. */
const PATIENCE_MILLISECONDS = 60_000

/** What became of purchases. */
export interface Outcome {
  /** Bookings whose money has come. */
  readonly paid: number
  /** Bookings that have their tickets. */
  readonly ticketed: number
  /** From the commit of the money to the commit of the tickets, of each booking, in milliseconds. */
  readonly waits: readonly number[]
  /** From the first checkout to the last tickets, in seconds. */
  readonly seconds: number
}

interface Committed {
  readonly booking_id: string
  readonly at: number
}

/** Both databases are on one server, so that both times are of one clock. Ledger and tickets of a purchase are written once. */
const PAID = `
  select p.booking_id, (extract(epoch from pg_xact_commit_timestamp(l.xmin)) * 1000)::float8 as at
    from ledger_entries l join payments p on p.id = l.payment_id
   where l.cause = 'CAPTURE' and l.account = 'BUYER' and p.booking_id = any($1)`
const TICKETED = `
  select booking_id, (extract(epoch from max(pg_xact_commit_timestamp(xmin))) * 1000)::float8 as at
    from tickets where booking_id = any($1) group by booking_id`
const CHECKED_OUT = `
  select (extract(epoch from min(checked_out_at)) * 1000)::float8 as at from bookings where id = any($1)`

/** Waits until all that was paid has its tickets, but not for ever, and measures those that have. */
export async function outcomeOf({ asAdmin }: Stage, bookingIds: readonly string[]): Promise<Outcome> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS
  while (true) {
    const paid = await asAdmin<Committed>(databaseOf('payment'), PAID, [bookingIds])
    const ticketed = await asAdmin<Committed>(databaseOf('booking'), TICKETED, [bookingIds])
    if (ticketed.length >= paid.length || performance.now() > deadline) {
      const [begun] = await asAdmin<{ at: number }>(databaseOf('booking'), CHECKED_OUT, [bookingIds])
      const paidAt = new Map(paid.map(({ booking_id, at }) => [booking_id, at]))
      return {
        paid: paid.length,
        ticketed: ticketed.length,
        waits: ticketed.map(({ booking_id, at }) => at - (paidAt.get(booking_id) ?? NaN)),
        seconds: (Math.max(...ticketed.map(({ at }) => at)) - (begun?.at ?? NaN)) / 1_000,
      }
    }
    await pause(100)
  }
}
