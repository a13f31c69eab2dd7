import type { Database, Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { newId } from '@tikitu/runtime/ids'
import { sendJob } from '@tikitu/runtime/jobs'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { NotificationStatusChanged } from '@tikitu/schema/events/notification'
import { isWanted } from '../preferences/preference.rules.ts'
import { wishesOf } from '../preferences/preference.sql.ts'
import { recipientById, type Recipient } from '../recipients/recipient.sql.ts'
import { render, toPlainText } from '../templates/render.ts'
import { newestByName, type Template } from '../templates/template.sql.ts'
import { SendMail } from './notification.jobs.ts'
import { bestByLocale, localesFor } from './notification.rules.ts'
import {
  countUnread,
  insertNotification,
  markAllRead,
  markRead,
  notificationsOfUser,
  type Notification,
} from './notification.sql.ts'

/** An occasion to tell somebody something. */
export interface Occasion {
  readonly userId: string
  /** The template's name. */
  readonly template: string
  /** The event that is the occasion: it leads to each notification once. */
  readonly causeId: string
  readonly bookingId: string | null
  readonly at: Date
  /** The template's variables, in the recipient's language and time. */
  readonly variables: (recipient: Recipient) => Readonly<Record<string, unknown>>
}

/** The channels on which people are told of an occasion. */
const OCCASION_CHANNELS = ['EMAIL', 'IN_APP'] as const

/**
 * Writes down what somebody is told, on every channel that they want, and sends what has to be sent after the commit.
 * Throws when the person is not known yet: their registration is still on its way here, and the event is tried again.
 */
export async function notify(tx: Transaction, occasion: Occasion): Promise<void> {
  const recipient = await recipientById(tx, occasion.userId)
  if (!recipient) throw new Error(`the registration of user ${occasion.userId} has not arrived yet`)
  const wishes = await wishesOf(tx, recipient.userId)
  const locales = localesFor(recipient.language)
  const templates = await newestByName(tx, occasion.template, OCCASION_CHANNELS, locales)
  for (const channel of OCCASION_CHANNELS) {
    const template = bestByLocale(
      templates.filter((one) => one.channel === channel),
      locales,
    )
    if (!template) throw new Error(`there is no template ${occasion.template} for ${channel}`)
    const wanted = recipient.reachable && isWanted(template.category, channel, wishes)
    await writeNotification(tx, occasion, recipient, template, wanted)
  }
}

async function writeNotification(
  tx: Transaction,
  occasion: Occasion,
  recipient: Recipient,
  template: Template,
  wanted: boolean,
): Promise<void> {
  const { userId, causeId, bookingId, at } = occasion
  const { channel, category } = template
  const { subject, body } = render(template, { firstName: recipient.firstName, ...occasion.variables(recipient) })
  const mailed = channel === 'EMAIL'
  const status = !wanted ? 'SUPPRESSED' : mailed ? 'PENDING' : 'SENT'
  const notification = {
    id: newId(),
    userId,
    channel,
    category,
    template: template.name,
    templateId: template.id,
    title: subject,
    body: mailed ? toPlainText(body) : body,
    html: mailed ? body : null,
    status,
    bookingId,
    causeId,
    createdAt: at,
    sentAt: status === 'SENT' ? at : null,
  } as const
  if (!(await insertNotification(tx, notification))) return
  if (status === 'PENDING') await sendJob(tx, SendMail, { notificationId: notification.id })
  else await publishStatus(tx, notification, at)
}

/** Tells everybody who cares that a notification has moved on. */
export async function publishStatus(
  tx: Transaction,
  { id, userId, channel, status }: Pick<Notification, 'id' | 'userId' | 'channel' | 'status'>,
  at: Date,
): Promise<void> {
  await emit(tx, NotificationStatusChanged, { notificationId: id, userId, channel, status, at: at.toISOString() })
}

/** A page of what a user was told, newest first. */
export async function listNotifications(
  { orm }: Database,
  page: Parameters<typeof notificationsOfUser>[1],
): Promise<Notification[]> {
  return notificationsOfUser(orm, page)
}

/** How many in-app notifications a user has not read. */
export async function unreadCount({ orm }: Database, userId: string): Promise<number> {
  return countUnread(orm, userId)
}

/** Marks one of the user's notifications as read. */
export async function markNotificationRead(
  tx: Transaction,
  { userId, id, at }: { userId: string; id: string; at: Date },
) {
  const notification = await markRead(tx, userId, id, at)
  if (!notification) return refuse('NotificationNotFound', 'There is no such notification.', { notificationId: id })
  await publishStatus(tx, notification, at)
  return accept(notification)
}

/** Marks all of the user's in-app notifications as read; answers how many were not. */
export async function markAllNotificationsRead(tx: Transaction, { userId, at }: { userId: string; at: Date }) {
  const read = await markAllRead(tx, userId, at)
  for (const notification of read) await publishStatus(tx, notification, at)
  return accept(read.length)
}
