import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, sql, type SQL } from 'drizzle-orm'
import { bookings, eventFollowUps, events } from '../tables.ts'

/** What is still to be done about an event's bookings. */
export type FollowUpRow = typeof eventFollowUps.$inferSelect

const OPEN = ['PENDING', 'CONFIRMED'] as const

/** Bookings of an event that are not over; holds have no reference and are none. */
const openBookingsOf = (eventId: string): SQL | undefined =>
  and(eq(bookings.eventId, eventId), isNotNull(bookings.reference), inArray(bookings.status, [...OPEN]))

/** How many bookings of the event wait for money or are confirmed. */
export function countOpenBookings(db: Queryable, eventId: string): Promise<number> {
  return db.$count(bookings, openBookingsOf(eventId))
}

/** Begins a follow-up, which is due at once, and ends those of the same kind: what is told is what is true now. */
export async function insertFollowUp(
  tx: Transaction,
  followUp: Pick<FollowUpRow, 'eventId' | 'kind' | 'bookings'> & { readonly at: Date },
): Promise<void> {
  const { eventId, kind, at } = followUp
  await tx
    .update(eventFollowUps)
    .set({ finishedAt: at })
    .where(and(eq(eventFollowUps.eventId, eventId), eq(eventFollowUps.kind, kind), isNull(eventFollowUps.finishedAt)))
  await tx
    .insert(eventFollowUps)
    .values({ id: newId(), eventId, kind, bookings: followUp.bookings, startedAt: at, nextAt: at })
}

/** Takes a follow-up that is due in hand for so many seconds, after which others may; null when none is. */
export async function claimFollowUp(db: Queryable, seconds: number): Promise<FollowUpRow | null> {
  const due = db
    .select({ id: eventFollowUps.id })
    .from(eventFollowUps)
    .where(and(isNull(eventFollowUps.finishedAt), lte(eventFollowUps.nextAt, sql`now()`)))
    .orderBy(asc(eventFollowUps.nextAt))
    .limit(1)
    .for('update', { skipLocked: true })
  const [claimed] = await db
    .update(eventFollowUps)
    .set({ nextAt: sql`now() + make_interval(secs => ${seconds})` })
    .where(inArray(eventFollowUps.id, due))
    .returning()
  return claimed ?? null
}

/** The follow-up as it is now, locked: null when somebody has finished it, or gone on with it, meanwhile. */
export async function unchangedFollowUp(
  tx: Transaction,
  { id, afterBooking }: FollowUpRow,
): Promise<FollowUpRow | null> {
  const [row] = await tx
    .select()
    .from(eventFollowUps)
    .where(and(eq(eventFollowUps.id, id), isNull(eventFollowUps.finishedAt)))
    .for('update')
  return row?.afterBooking === afterBooking ? row : null
}

/** Where a follow-up goes on, and in how many seconds. */
export interface Rest {
  readonly afterBooking: string | null
  readonly seconds: number
}

/** Writes down how far it is; unless somebody has finished it meanwhile. */
export async function goOnLater(db: Queryable, id: string, { afterBooking, seconds }: Rest): Promise<void> {
  await db
    .update(eventFollowUps)
    .set({ afterBooking, nextAt: sql`now() + make_interval(secs => ${seconds})` })
    .where(and(eq(eventFollowUps.id, id), isNull(eventFollowUps.finishedAt)))
}

/** Writes down that nothing is left to do. */
export async function finishFollowUp(db: Queryable, id: string): Promise<void> {
  await db
    .update(eventFollowUps)
    .set({ finishedAt: sql`now()` })
    .where(and(eq(eventFollowUps.id, id), isNull(eventFollowUps.finishedAt)))
}

/** The next bookings of the event that are not over, in the order of their ids. */
export async function nextOpenBookings(
  db: Queryable,
  { eventId, afterBooking }: Pick<FollowUpRow, 'eventId' | 'afterBooking'>,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .select({ id: bookings.id })
    .from(bookings)
    .where(and(openBookingsOf(eventId), afterBooking === null ? undefined : gt(bookings.id, afterBooking)))
    .orderBy(asc(bookings.id))
    .limit(limit)
  return rows.map(({ id }) => id)
}

/** Holds of the event that nobody has checked out: found by what they hold, because nothing lists an event's holds. */
export async function holdsOf(db: Queryable, eventId: string): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select b.id
      from (
        select booking_id as id from event_seats where event_id = ${eventId} and expires_at between now() and 'infinity'
        union
        select b.id
          from ticket_types t
          join bookings b on b.ticket_type_id = t.id
         where t.event_id = ${eventId} and not t.seated and b.status in ('HELD', 'PENDING')
      ) as holder
      join bookings b on b.id = holder.id
     where b.status = 'HELD'`)
  return rows.map(({ id }) => id)
}

/** A booking whose buyer is to be told. */
type MovedBooking = Pick<typeof bookings.$inferSelect, 'id' | 'userId' | 'partnerId' | 'reference'>

/** The next bookings that are not over and were made before the event was moved. */
export async function nextMovedBookings(
  tx: Transaction,
  { eventId, afterBooking }: Pick<FollowUpRow, 'eventId' | 'afterBooking'>,
  limit: number,
): Promise<MovedBooking[]> {
  return tx
    .select({ id: bookings.id, userId: bookings.userId, partnerId: bookings.partnerId, reference: bookings.reference })
    .from(bookings)
    .innerJoin(events, eq(events.id, bookings.eventId))
    .where(
      and(
        openBookingsOf(eventId),
        sql`${bookings.checkedOutAt} <= ${events.rescheduledAt}`,
        afterBooking === null ? undefined : gt(bookings.id, afterBooking),
      ),
    )
    .orderBy(asc(bookings.id))
    .limit(limit)
}

/** How far the end of an event's bookings is; null unless it was called off. */
export async function cancellationProgress(db: Queryable, eventId: string) {
  const [followUp] = await db
    .select()
    .from(eventFollowUps)
    .where(and(eq(eventFollowUps.eventId, eventId), eq(eventFollowUps.kind, 'CANCEL')))
  if (!followUp) return null
  const { rows } = await db.execute<{
    open: number
    refunds: number
    succeeded: number
    failed: number
    amount: string
  }>(sql`
    select count(distinct b.id) filter (where b.status in ('PENDING', 'CONFIRMED'))::integer as open,
           count(r.refund_id)::integer as refunds,
           count(r.refund_id) filter (where r.status = 'SUCCEEDED')::integer as succeeded,
           count(r.refund_id) filter (where r.status = 'FAILED')::integer as failed,
           coalesce(sum(r.amount), 0)::text as amount
      from bookings b
      left join booking_refunds r on r.booking_id = b.id and r.requested_at >= ${followUp.startedAt.toISOString()}
     where b.event_id = ${eventId} and b.reference is not null`)
  const [counted] = rows
  if (!counted) throw new Error('nothing was counted')
  const { open, refunds, succeeded, failed, amount } = counted
  return {
    bookings: followUp.bookings,
    bookingsEnded: Math.max(0, followUp.bookings - open),
    refunds,
    refundsSucceeded: succeeded,
    refundsFailed: failed,
    refundAmount: Number(amount),
    startedAt: followUp.startedAt,
    finishedAt: followUp.finishedAt,
  }
}
