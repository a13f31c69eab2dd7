import type { Database } from '@tikitu/runtime/database'
import { requireUserId, type Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { connectionOf, emptyConnection, instantAndId, pageOf } from '@tikitu/runtime/connection'
import { loadMany, loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import { refundsByIds, refundsOfPayments, type RefundRow } from '../refunds/refund.sql.ts'
import { isGood, type PaymentStatus } from './payment.rules.ts'
import {
  visiblePayments,
  visiblePaymentsOfBookings,
  visiblePaymentsPage,
  type PaymentQuery,
  type PaymentRow,
} from './payment.sql.ts'
import { maySeeAllOf, maySeeAny, viewerOf } from './viewer.ts'

/** Who asks, and where to look. */
interface Asking {
  readonly identity: Identity
  readonly database: Database
}

/** What one request has looked up, each thing once. Payments are those that the caller may see. */
export const loaders = perRequest(({ identity, database: { orm } }: Asking) => {
  const viewer = viewerOf(identity)
  return {
    payment: loadOne(
      (ids) => visiblePayments(orm, viewer, ids),
      (payment) => payment.id,
    ),
    /** Newest first. */
    paymentsOfBooking: loadMany(
      (bookingIds) => visiblePaymentsOfBookings(orm, viewer, bookingIds),
      (payment) => payment.bookingId,
    ),
    refund: loadOne(
      (ids) => refundsByIds(orm, ids),
      (refund) => refund.id,
    ),
    /** Oldest first. */
    refundsOfPayment: loadMany(
      (paymentIds) => refundsOfPayments(orm, paymentIds),
      (refund) => refund.paymentId ?? '',
    ),
  }
})

/** One payment; null when there is none that the caller may see. */
export async function paymentById(asking: Asking, id: string): Promise<PaymentRow | null> {
  return isId(id) ? loaders(asking).payment.load(id) : null
}

/** One payment as it is after whatever this request did to it. */
export async function freshPayment(asking: Asking, id: string): Promise<PaymentRow> {
  const [payment] = await visiblePayments(asking.database.orm, viewerOf(asking.identity), [id])
  if (!payment) throw new Error(`payment ${id} is gone`)
  return payment
}

/** The attempts to pay a booking, newest first; none when the caller may not see them. */
export async function paymentsOfBooking(asking: Asking, bookingId: string): Promise<PaymentRow[]> {
  return isId(bookingId) ? loaders(asking).paymentsOfBooking.load(bookingId) : []
}

/** Of attempts, newest first, the one that paid, or else the newest. */
export function telling(attempts: readonly PaymentRow[]): PaymentRow | null {
  return attempts.find(({ status, surplus }) => isGood(status) && !surplus) ?? attempts[0] ?? null
}

/** Which page of a list of payments. */
interface PageArgs {
  readonly first: number
  readonly after?: string | null | undefined
}

/** What narrows a list of payments. */
interface Filter {
  readonly bookingId?: string | null | undefined
  readonly status?: PaymentStatus | null | undefined
}

/** A page of the payments that the caller may see, newest first. A caller to whom none could belong is a fault. */
export async function listPayments(asking: Asking, args: PageArgs & { readonly filter?: Filter | null | undefined }) {
  const viewer = viewerOf(asking.identity)
  if (!maySeeAny(viewer)) requireUserId(asking.identity)
  const { bookingId, status } = args.filter ?? {}
  if (bookingId != null && !isId(bookingId)) return emptyConnection()
  return paymentsPage(asking, args, { bookingId: bookingId ?? undefined, status: status ?? undefined })
}

/** A page of a user's payments, newest first; empty unless the caller is that user or an admin of money matters. */
export async function listPaymentsOfUser(asking: Asking, userId: string, args: PageArgs) {
  if (!isId(userId) || !maySeeAllOf(viewerOf(asking.identity), userId)) return emptyConnection()
  return paymentsPage(asking, args, { payerId: userId })
}

async function paymentsPage(
  { identity, database }: Asking,
  args: PageArgs,
  narrowed: Pick<PaymentQuery, 'payerId' | 'bookingId' | 'status'>,
) {
  const page = pageOf(args, 2)
  const query = { ...narrowed, after: placeOf(page.after), limit: page.limit }
  const rows = await visiblePaymentsPage(database.orm, viewerOf(identity), query)
  return connectionOf(rows, page, ({ createdAt, id }) => [createdAt.toISOString(), id])
}

function placeOf(cursor: readonly string[] | null): PaymentQuery['after'] {
  if (cursor === null) return null
  const { instant, id } = instantAndId(cursor)
  return { createdAt: instant, id }
}

/** One refund; null when there is none of a payment that the caller may see. */
export async function refundById(asking: Asking, id: string): Promise<RefundRow | null> {
  const refund = isId(id) ? await loaders(asking).refund.load(id) : null
  return refund?.paymentId && (await loaders(asking).payment.load(refund.paymentId)) ? refund : null
}
