import { and, count, desc, eq, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { notifications } from '../tables.ts'
import type { Channel } from '../preferences/preference.rules.ts'

/** Something that somebody was told. */
export type Notification = typeof notifications.$inferSelect

/** Writes a notification down, unless this event has already led to it; answers whether it was written. */
export async function insertNotification(tx: Transaction, row: typeof notifications.$inferInsert): Promise<boolean> {
  const written = await tx.insert(notifications).values(row).onConflictDoNothing().returning({ id: notifications.id })
  return written.length > 0
}

/** One notification, or null. */
export async function notificationById(db: Queryable, id: string): Promise<Notification | null> {
  const [row] = await db.select().from(notifications).where(eq(notifications.id, id))
  return row ?? null
}

/** Notifications by their ids. */
export async function notificationsByIds(db: Queryable, ids: readonly string[]): Promise<Notification[]> {
  return db
    .select()
    .from(notifications)
    .where(inArray(notifications.id, [...ids]))
}

/** What was said about bookings, newest first. */
export async function notificationsByBookings(db: Queryable, bookingIds: readonly string[]): Promise<Notification[]> {
  return db
    .select()
    .from(notifications)
    .where(inArray(notifications.bookingId, [...bookingIds]))
    .orderBy(desc(notifications.id))
}

/** A page of what a user was told, newest first. */
export async function notificationsOfUser(
  db: Queryable,
  page: { userId: string; channel: Channel | null; unread: boolean; after: string | null; limit: number },
): Promise<Notification[]> {
  return db
    .select()
    .from(notifications)
    .where(
      and(
        eq(notifications.userId, page.userId),
        page.channel === null ? undefined : eq(notifications.channel, page.channel),
        page.unread ? isNull(notifications.readAt) : undefined,
        page.after === null ? undefined : lt(notifications.id, page.after),
      ),
    )
    .orderBy(desc(notifications.id))
    .limit(page.limit)
}

const unreadInApp = (userId: string) =>
  and(
    eq(notifications.userId, userId),
    eq(notifications.channel, 'IN_APP'),
    isNull(notifications.readAt),
    eq(notifications.status, 'SENT'),
  )

/** How many in-app notifications somebody has not read. */
export async function countUnread(db: Queryable, userId: string): Promise<number> {
  const [row] = await db.select({ unread: count() }).from(notifications).where(unreadInApp(userId))
  return row?.unread ?? 0
}

/** Marks one of the user's notifications as read, and answers it; null when it is not theirs. Reading it again changes nothing. */
export async function markRead(tx: Transaction, userId: string, id: string, at: Date): Promise<Notification | null> {
  const [row] = await tx
    .update(notifications)
    .set({
      status: sql`case when ${notifications.status} in ('SENT', 'DELIVERED') then 'READ' else ${notifications.status} end`,
      readAt: sql`coalesce(${notifications.readAt}, ${at})`,
    })
    .where(and(eq(notifications.id, id), eq(notifications.userId, userId)))
    .returning()
  return row ?? null
}

/** Marks all in-app notifications of a user as read, and answers those that were not. */
export async function markAllRead(tx: Transaction, userId: string, at: Date): Promise<Notification[]> {
  return tx.update(notifications).set({ status: 'READ', readAt: at }).where(unreadInApp(userId)).returning()
}

/** PENDING → SENT; answers the notification, or null when it was not pending any more. */
export async function markSent(
  tx: Transaction,
  id: string,
  providerMessageId: string,
  at: Date,
): Promise<Notification | null> {
  const [row] = await tx
    .update(notifications)
    .set({
      status: 'SENT',
      providerMessageId,
      sentAt: at,
      attempts: sql`${notifications.attempts} + 1`,
      failureReason: null,
    })
    .where(and(eq(notifications.id, id), eq(notifications.status, 'PENDING')))
    .returning()
  return row ?? null
}

/** Counts a failed attempt; the last one makes it FAILED. Answers the notification, or null when it was not pending any more. */
export async function markAttemptFailed(
  tx: Transaction,
  id: string,
  reason: string,
  last: boolean,
): Promise<Notification | null> {
  const [row] = await tx
    .update(notifications)
    .set({ status: last ? 'FAILED' : 'PENDING', failureReason: reason, attempts: sql`${notifications.attempts} + 1` })
    .where(and(eq(notifications.id, id), eq(notifications.status, 'PENDING')))
    .returning()
  return row ?? null
}
