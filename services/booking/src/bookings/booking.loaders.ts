import { connectionOf, emptyConnection, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput, Fault } from '@tikitu/runtime/fault'
import { requireUserId } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import type { BookingStatus } from './booking.rules.ts'
import { visibleBookings, visibleBookingsPage, type BookingQuery, type BookingRow } from './booking.sql.ts'
import { readReference } from './reference.ts'
import { maySeeAny, viewerOf } from './viewer.ts'

/** Who asks, and where to look. */
export type Asking = Pick<RequestContext, 'identity' | 'database'>

const loaders = perRequest(({ identity, database: { orm } }: Asking) => ({
  booking: loadOne(
    (ids) => visibleBookings(orm, viewerOf(identity), ids),
    (booking: BookingRow) => booking.id,
  ),
}))

/** A booking; null when there is none that the caller may see. */
export async function bookingById(asking: Asking, id: string): Promise<BookingRow | null> {
  return isId(id) ? loaders(asking).booking.load(id) : null
}

/** What those who follow a booking watch. */
export const BOOKING_TOPIC = 'booking'

/** A booking as it is, and again after each change, for as long as the caller may see it. NOT_FOUND when they may not. */
export async function followBooking(context: RequestContext, id: string): Promise<AsyncIterable<BookingRow>> {
  const booking = await bookingById(context, id)
  if (!booking) throw new Fault('NOT_FOUND', 'There is no such booking.')
  return present(context, booking.id)
}

async function* present({ identity, database, watch }: RequestContext, id: string): AsyncGenerator<BookingRow> {
  for await (const _ of watch({ topic: BOOKING_TOPIC, id })) {
    const [booking] = await visibleBookings(database.orm, viewerOf(identity), [id])
    if (!booking) return
    yield booking
  }
}

/** A booking as it is after whatever this request did to it; the caller may see it. */
export async function freshBooking({ identity, database }: Asking, id: string): Promise<BookingRow> {
  const [booking] = await visibleBookings(database.orm, viewerOf(identity), [id])
  if (!booking) throw new Error(`booking ${id} is gone`)
  return booking
}

/** Which page of a list of bookings. */
export interface PageArgs {
  readonly first: number
  readonly after?: string | null | undefined
}

/** What narrows a list of bookings. */
export interface BookingFilter {
  readonly eventId?: string | null | undefined
  readonly status?: BookingStatus | null | undefined
  readonly reference?: string | null | undefined
}

/** A page of the bookings that the caller may see, newest first. A caller to whom none could belong is a fault. */
export async function listBookings(
  asking: Asking,
  args: PageArgs & { readonly filter?: BookingFilter | null | undefined },
) {
  if (!maySeeAny(viewerOf(asking.identity))) requireUserId(asking.identity)
  const { eventId, status, reference: typed } = args.filter ?? {}
  const reference = typed == null ? undefined : readReference(typed)
  if ((eventId != null && !isId(eventId)) || reference === null) return emptyConnection()
  return bookingsPage(asking, args, { eventId: eventId ?? undefined, status: status ?? undefined, reference })
}

/** A page of a user's bookings, newest first; empty unless the caller is that user or an admin. */
export async function listBookingsOfUser(asking: Asking, userId: string, args: PageArgs) {
  const viewer = viewerOf(asking.identity)
  if (!isId(userId) || !(viewer.all || viewer.userId === userId)) return emptyConnection()
  return bookingsPage(asking, args, { userId })
}

async function bookingsPage(
  { identity, database }: Asking,
  args: PageArgs,
  narrowed: Pick<BookingQuery, 'userId' | 'eventId' | 'status' | 'reference'>,
) {
  const page = pageOf(args, 1)
  const before = page.after?.[0] ?? null
  if (before !== null && !isId(before)) throw badInput('after', 'is not a cursor of this list')
  const query = { ...narrowed, before, limit: page.limit }
  const rows = await visibleBookingsPage(database.orm, viewerOf(identity), query)
  return connectionOf(rows, page, ({ id }) => [id])
}
