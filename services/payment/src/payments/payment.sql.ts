import { and, desc, eq, inArray, isNotNull, isNull, lte, or, sql, type SQL } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { isId } from '@tikitu/runtime/ids'
import type { ProviderName } from '../providers/provider.ts'
import type { PaymentRequestRow } from '../requests/request.sql.ts'
import { paymentRequests, payments } from '../tables.ts'
import { rowOf } from '../machine.rules.ts'
import { PAYMENT_MACHINE, type PaymentStep } from './payment-machine.rules.ts'
import { GOOD_STATUSES, OPEN_STATUSES, type PaymentStatus } from './payment.rules.ts'
import type { Viewer } from './viewer.ts'

/** An attempt to pay. */
export type PaymentRow = typeof payments.$inferSelect

/** The one attempt of a booking that is open or good: it paid the booking, or may. */
export async function livePayment(tx: Transaction, bookingId: string): Promise<PaymentRow | null> {
  const [payment] = await tx
    .select()
    .from(payments)
    .where(
      and(
        eq(payments.bookingId, bookingId),
        inArray(payments.status, [...OPEN_STATUSES, ...GOOD_STATUSES]),
        eq(payments.surplus, false),
      ),
    )
  return payment ?? null
}

/** What a new attempt begins with; its number is the next of its booking. */
export type NewPayment = Omit<typeof payments.$inferInsert, 'attempt' | 'status'>

/** Begins an attempt. The lock on the booking's request keeps its number from being taken twice. */
export async function insertPayment(tx: Transaction, payment: NewPayment): Promise<PaymentRow> {
  const begun = { ...payment, attempt: nextAttempt(payment.bookingId), status: 'PENDING' } as const
  const [inserted] = await tx.insert(payments).values(begun).returning()
  if (!inserted) throw new Error(`payment ${payment.id} was not written`)
  return inserted
}

/** Writes down an attempt that is over as far as we are concerned, whatever its provider says. Locks as above. */
export async function insertEndedPayment(
  tx: Transaction,
  payment: NewPayment & { providerRef: string },
): Promise<void> {
  await tx.insert(payments).values({ ...payment, attempt: nextAttempt(payment.bookingId), status: 'CANCELLED' })
}

const nextAttempt = (bookingId: string) =>
  sql<number>`(select coalesce(max(attempt), 0) + 1 from ${payments} where booking_id = ${bookingId})`

/** The attempt, locked. */
export async function paymentForUpdate(tx: Transaction, id: string): Promise<PaymentRow | null> {
  const [payment] = await tx.select().from(payments).where(eq(payments.id, id)).for('no key update')
  return payment ?? null
}

/** An attempt and what its booking asks for, as they are now. */
export interface Standing {
  readonly payment: PaymentRow
  readonly request: PaymentRequestRow
}

/**
 * Both, locked: the request first, as everywhere, because locks are taken in the order in which the tables are named.
 * Null when there is no such attempt.
 */
export async function standingForUpdate(tx: Transaction, id: string): Promise<Standing | null> {
  const [standing] = await tx
    .select({ request: paymentRequests, payment: payments })
    .from(paymentRequests)
    .innerJoin(payments, eq(payments.bookingId, paymentRequests.bookingId))
    .where(eq(payments.id, id))
    .for('no key update')
  return standing ?? null
}

/** The attempt that a provider calls so. */
export async function paymentByProviderRef(
  db: Queryable,
  provider: ProviderName,
  ref: string,
): Promise<PaymentRow | null> {
  const [payment] = await db
    .select()
    .from(payments)
    .where(and(eq(payments.provider, provider), eq(payments.providerRef, ref)))
  return payment ?? null
}

/** Whether there is such an attempt. What a provider's books say is no id of ours until it has been looked at. */
export async function paymentExists(db: Queryable, id: string): Promise<boolean> {
  if (!isId(id)) return false
  const found = await db.select({ id: payments.id }).from(payments).where(eq(payments.id, id))
  return found.length > 0
}

/** What is written of an attempt beside its state. */
export type PaymentChanges = Partial<Omit<typeof payments.$inferInsert, 'id' | 'status'>>

/** Changes an attempt that the caller has locked; its state only `movePayment` changes. */
export async function updatePayment(tx: Transaction, id: string, changes: PaymentChanges): Promise<PaymentRow> {
  const [updated] = await tx.update(payments).set(changes).where(eq(payments.id, id)).returning()
  if (!updated) throw new Error(`payment ${id} is gone`)
  return updated
}

/**
 * Takes an attempt, which the caller has locked, a step further in its machine, and changes what is said beside. What the
 * row publishes is the caller's. Throws when the machine has no such step from the state that it is in.
 */
export async function movePayment(
  tx: Transaction,
  id: string,
  step: PaymentStep,
  changes: PaymentChanges = {},
): Promise<PaymentRow> {
  const { from, to } = rowOf(PAYMENT_MACHINE, step)
  const [moved] = await tx
    .update(payments)
    // Without anything else to say, that it is in this state is said again.
    .set({ ...changes, status: to === 'same' ? sql`${payments.status}` : to })
    .where(and(eq(payments.id, id), inArray(payments.status, [...from])))
    .returning()
  if (!moved) throw new Error(`payment ${id} is in no state for "${step.on}"`)
  return moved
}

/** Attempts that are open and due to be looked at, the longest due first. */
export async function duePayments(db: Queryable, limit: number): Promise<string[]> {
  const due = await db
    .select({ id: payments.id })
    .from(payments)
    .where(and(inArray(payments.status, [...OPEN_STATUSES]), lte(payments.checkAt, sql`now()`)))
    .orderBy(payments.checkAt)
    .limit(limit)
  return due.map(({ id }) => id)
}

/**
 * Attempts that are due and of which something was to be asked that nobody has been answered: whoever asked has died, or
 * the provider was silent. Those that only wait are not among them.
 */
export async function interruptedPayments(db: Queryable, limit: number): Promise<string[]> {
  const isToBeAsked = or(
    isNull(payments.providerRef),
    and(isNotNull(payments.instrument), eq(payments.providerState, 'open')),
    eq(payments.providerState, 'authorized'),
  )
  const found = await db
    .select({ id: payments.id })
    .from(payments)
    .where(and(inArray(payments.status, [...OPEN_STATUSES]), lte(payments.checkAt, sql`now()`), isToBeAsked))
    .orderBy(payments.checkAt)
    .limit(limit)
  return found.map(({ id }) => id)
}

/** Those of these attempts that the viewer may see. */
export async function visiblePayments(db: Queryable, viewer: Viewer, ids: readonly string[]): Promise<PaymentRow[]> {
  return db
    .select()
    .from(payments)
    .where(and(inArray(payments.id, [...ids]), visibleTo(viewer)))
}

/** The attempts to pay these bookings that the viewer may see, newest first. */
export async function visiblePaymentsOfBookings(
  db: Queryable,
  viewer: Viewer,
  bookingIds: readonly string[],
): Promise<PaymentRow[]> {
  return db
    .select()
    .from(payments)
    .where(and(inArray(payments.bookingId, [...bookingIds]), visibleTo(viewer)))
    .orderBy(desc(payments.attempt))
}

/** Which attempts, and which page of them. */
export interface PaymentQuery {
  readonly payerId?: string | undefined
  readonly bookingId?: string | undefined
  readonly status?: PaymentStatus | undefined
  /** Where the page before ended. */
  readonly after: { readonly createdAt: Date; readonly id: string } | null
  readonly limit: number
}

/** A page of the attempts that the viewer may see, newest first. */
export async function visiblePaymentsPage(db: Queryable, viewer: Viewer, query: PaymentQuery): Promise<PaymentRow[]> {
  const { payerId, bookingId, status, after, limit } = query
  return db
    .select()
    .from(payments)
    .where(
      and(
        visibleTo(viewer),
        payerId === undefined ? undefined : eq(payments.payerId, payerId),
        bookingId === undefined ? undefined : eq(payments.bookingId, bookingId),
        status === undefined ? undefined : eq(payments.status, status),
        after === null
          ? undefined
          : sql`(${payments.createdAt}, ${payments.id}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(desc(payments.createdAt), desc(payments.id))
    .limit(limit)
}

function visibleTo({ payerId, partnerIds, all }: Viewer): SQL | undefined {
  if (all) return undefined
  const own = payerId === null ? sql`false` : eq(payments.payerId, payerId)
  return partnerIds.length === 0 ? own : or(own, inArray(payments.partnerId, [...partnerIds]))
}
