import { and, desc, eq, getTableColumns, inArray, isNotNull, lt, or, sql, type SQL } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { bookings, events, venues } from '../tables.ts'
import type { BookingStatus } from './booking.rules.ts'
import type { Transition } from './booking.saga.ts'

/** A booking as it is stored. */
export type BookingRow = typeof bookings.$inferSelect

const WITH_EVENT = {
  ...getTableColumns(bookings),
  /**
   * Whether the end of the hold, or the payment deadline, is past: by the database's clock, to the microsecond, as it is
   * when this is read. By the beginning of a transaction, a hold that began later would take the opposite for true.
   */
  isOver: sql<boolean>`${bookings.expiresAt} <= clock_timestamp()`,
  event: {
    status: events.status,
    title: events.title,
    startsAt: events.startsAt,
    endsAt: events.endsAt,
    salesOpenAt: events.salesOpenAt,
    salesCloseAt: events.salesCloseAt,
    rescheduledAt: events.rescheduledAt,
    refundableUntil: events.refundableUntil,
    timezone: events.timezone,
    venueName: venues.name,
    city: venues.city,
  },
}

/** A booking with what decisions and events about it need to know of its event. */
export type SagaBooking = NonNullable<Awaited<ReturnType<typeof sagaBooking>>>

/** The booking as it is now; it may change at once. */
export async function sagaBooking(tx: Transaction, id: string) {
  const [row] = await withEvent(tx, eq(bookings.id, id))
  return row ?? null
}

/**
 * The booking, locked. The lock lets others refer to the booking, as a new payment of it does, which would otherwise wait
 * while it holds what we wait for.
 */
export async function lockedBooking(tx: Transaction, id: string): Promise<SagaBooking | null> {
  const [row] = await withEvent(tx, eq(bookings.id, id)).for('no key update', { of: bookings })
  return row ?? null
}

function withEvent(tx: Transaction, condition: SQL) {
  return tx
    .select(WITH_EVENT)
    .from(bookings)
    .innerJoin(events, eq(events.id, bookings.eventId))
    .innerJoin(venues, eq(venues.venueId, events.venueId))
    .where(condition)
    .$dynamic()
}

/**
 * Makes whoever counts or adds to the tickets of this buyer wait until the transaction ends, as holds do. Comes before
 * every other lock.
 */
export async function lockBuyer(tx: Transaction, userId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${userId}::uuid::text, 1))`)
}

/**
 * The same, and then makes whoever calls the booking's event off, or moves it, wait until the transaction ends, and waits
 * for them: what is read of the event after this stays true. In memory only, so that buyers of one event do not write to
 * its row. One statement: the second lock is taken for the row that the first has come to.
 */
export async function lockBuyerAndEvent(tx: Transaction, userId: string, bookingId: string): Promise<void> {
  await tx.execute(sql`
    with buyer as materialized (select pg_advisory_xact_lock(hashtextextended(${userId}::uuid::text, 1)) as lock)
    select pg_advisory_xact_lock_shared(hashtextextended(bookings.event_id::text, 2))
      from buyer left join bookings on bookings.id = ${bookingId}`)
}

/**
 * Waits for everybody who is buying at this event to finish, and makes others wait until the transaction ends. Whoever
 * calls it locks no buyer, no stock and no booking afterwards.
 */
export async function lockEventAgainstBuyers(tx: Transaction, eventId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${eventId}::uuid::text, 2))`)
}

/**
 * Whether the buyer of this booking stays within what the event allows when the booking is one of theirs, by the count
 * that holds go by. True to its word until the transaction ends when the buyer is locked.
 */
export async function buyerHasRoom(tx: Transaction, bookingId: string): Promise<boolean> {
  const { rows } = await tx.execute<{ has_room: boolean }>(sql`
    select now_has.tickets + case when b.status = 'PENDING' and b.expires_at > now() then 0 else b.quantity end
           <= e.max_tickets_per_buyer or b.channel <> 'PUBLIC' as has_room
      from bookings b
      join events e on e.id = b.event_id
      cross join tickets_of_buyer(b.event_id, b.user_id) as now_has
     where b.id = ${bookingId}`)
  return rows[0]?.has_room ?? false
}

/** Whether the seats of this booking are still sold as its lines say: another plan gives those that nobody has other types. */
export async function isSoldAsBooked(tx: Transaction, bookingId: string): Promise<boolean> {
  const { rows } = await tx.execute<{ is_sold: boolean }>(sql`
    select b.seat_nos is null or not exists (
             select
               from (select line ->> 'ticketTypeId' as type, (line ->> 'quantity')::integer as seats
                       from jsonb_array_elements(b.lines) as line
                     union all
                     select t.id::text, -1
                       from event_seats s
                       left join ticket_types t on t.event_id = s.event_id and t.no = s.ticket_type_no
                      where s.event_id = b.event_id and s.seat_no = any (b.seat_nos)) as promised
              group by type having sum(seats) <> 0) as is_sold
      from bookings b where b.id = ${bookingId}`)
  return rows[0]?.is_sold ?? false
}

/** What a transition writes beside the state. */
export type Changes = Partial<
  Pick<
    BookingRow,
    | 'reference'
    | 'lines'
    | 'fees'
    | 'taxes'
    | 'total'
    | 'commission'
    | 'policy'
    | 'expiresAt'
    | 'checkedOutAt'
    | 'confirmedAt'
    | 'endedAt'
    | 'endReason'
    | 'late'
  >
>

/** Carries a row of the saga out: false when the booking is in none of the states that the row begins at. */
export async function moveBooking(
  tx: Transaction,
  id: string,
  { from, to }: Transition,
  changes: Changes = {},
): Promise<boolean> {
  const moved = await tx
    .update(bookings)
    .set(to === 'same' ? changes : { ...changes, status: to })
    .where(and(eq(bookings.id, id), inArray(bookings.status, [...from])))
    .returning({ id: bookings.id })
  return moved.length > 0
}

/** Whose bookings a caller may see. */
export interface BookingViewer {
  /** Their own; null for callers that are nobody's user. */
  readonly userId: string | null
  /** Those of these partners' events. */
  readonly partnerIds: readonly string[]
  /** All of them. */
  readonly all: boolean
}

/** Holds, and what became of holds that nobody checked out, have no reference and are no bookings. */
function visible({ userId, partnerIds, all }: BookingViewer): SQL | undefined {
  return and(
    isNotNull(bookings.reference),
    all
      ? undefined
      : or(
          userId === null ? undefined : eq(bookings.userId, userId),
          partnerIds.length === 0 ? undefined : inArray(bookings.partnerId, [...partnerIds]),
          sql`false`,
        ),
  )
}

/** Those of these bookings that the caller may see. */
export function visibleBookings(db: Queryable, viewer: BookingViewer, ids: readonly string[]): Promise<BookingRow[]> {
  return db
    .select()
    .from(bookings)
    .where(and(inArray(bookings.id, [...ids]), visible(viewer)))
}

/** A page of a list of bookings. */
export interface BookingQuery {
  readonly userId?: string | undefined
  readonly eventId?: string | undefined
  readonly status?: BookingStatus | undefined
  readonly reference?: string | undefined
  /** Continue below this id. */
  readonly before: string | null
  readonly limit: number
}

/** Bookings that the caller may see, newest first. */
export function visibleBookingsPage(
  db: Queryable,
  viewer: BookingViewer,
  { userId, eventId, status, reference, before, limit }: BookingQuery,
): Promise<BookingRow[]> {
  return db
    .select()
    .from(bookings)
    .where(
      and(
        visible(viewer),
        userId === undefined ? undefined : eq(bookings.userId, userId),
        eventId === undefined ? undefined : eq(bookings.eventId, eventId),
        status === undefined ? undefined : eq(bookings.status, status),
        reference === undefined ? undefined : eq(bookings.reference, reference),
        before === null ? undefined : lt(bookings.id, before),
      ),
    )
    .orderBy(desc(bookings.id))
    .limit(limit)
}
