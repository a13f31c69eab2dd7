import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

export * from '@tikitu/runtime/events/tables'
export { idempotencyKeys } from '@tikitu/runtime/idempotency'
export { platformSettings } from '@tikitu/runtime/settings'

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
const oneOf = (column: string, values: readonly string[]) =>
  sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(', ')})`)

export const CHANNELS = ['EMAIL', 'SMS', 'PUSH', 'IN_APP'] as const
export const CATEGORIES = ['TRANSACTIONAL', 'REMINDER', 'MARKETING'] as const
export const STATUSES = ['PENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'SUPPRESSED'] as const

/** What notification remembers about people, from user's events. */
export const recipients = pgTable('recipients', {
  userId: uuid('user_id').primaryKey(),
  email: text('email').notNull(),
  firstName: text('first_name'),
  language: text('language').notNull(),
  timezone: text('timezone').notNull(),
  /** When the newest event about them was made; an older one changes nothing. */
  changedAt: instant('changed_at').notNull(),
  /** False for accounts that are suspended or erased: nobody writes to them. */
  reachable: boolean('reachable').notNull().default(true),
})

/** What is said on an occasion, on one channel and in one language. Rows are never changed: a new text is a new version. */
export const templates = pgTable(
  'templates',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    channel: text('channel', { enum: CHANNELS }).notNull(),
    locale: text('locale').notNull(),
    version: integer('version').notNull(),
    category: text('category', { enum: CATEGORIES }).notNull(),
    subject: text('subject').notNull(),
    body: text('body').notNull(),
    variables: text('variables').array().notNull(),
    sample: jsonb('sample').$type<Record<string, unknown>>().notNull(),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    uniqueIndex('templates_version_once').on(table.name, table.channel, table.locale, table.version),
    check('templates_channel', oneOf('channel', CHANNELS)),
    check('templates_category', oneOf('category', CATEGORIES)),
    check('templates_version', sql`version > 0`),
  ],
)

/** What somebody was told. */
export const notifications = pgTable(
  'notifications',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id').notNull(),
    channel: text('channel', { enum: CHANNELS }).notNull(),
    category: text('category', { enum: CATEGORIES }).notNull(),
    template: text('template').notNull(),
    templateId: uuid('template_id')
      .notNull()
      .references(() => templates.id),
    title: text('title').notNull(),
    /** Plain text. */
    body: text('body').notNull(),
    /** As it is mailed; null on other channels. */
    html: text('html'),
    status: text('status', { enum: STATUSES }).notNull(),
    bookingId: uuid('booking_id'),
    /** The event that made us write. */
    causeId: uuid('cause_id').notNull(),
    attempts: smallint('attempts').notNull().default(0),
    failureReason: text('failure_reason'),
    providerMessageId: text('provider_message_id'),
    createdAt: instant('created_at').notNull(),
    sentAt: instant('sent_at'),
    readAt: instant('read_at'),
  },
  (table) => [
    uniqueIndex('notifications_once_per_cause').on(table.causeId, table.userId, table.template, table.channel),
    index('notifications_by_user').on(table.userId, table.id),
    index('notifications_by_booking')
      .on(table.bookingId)
      .where(sql`booking_id is not null`),
    index('notifications_unread')
      .on(table.userId)
      .where(sql`channel = 'IN_APP' and read_at is null`),
    check('notifications_channel', oneOf('channel', CHANNELS)),
    check('notifications_category', oneOf('category', CATEGORIES)),
    check('notifications_status', oneOf('status', STATUSES)),
    check('notifications_sent_when', sql`status not in ('SENT', 'DELIVERED') or sent_at is not null`),
    check('notifications_read_when', sql`(status = 'READ') <= (read_at is not null)`),
  ],
)

/** Where somebody's wish differs from what is usual. */
export const preferences = pgTable(
  'preferences',
  {
    userId: uuid('user_id').notNull(),
    category: text('category', { enum: CATEGORIES }).notNull(),
    channel: text('channel', { enum: CHANNELS }).notNull(),
    enabled: boolean('enabled').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.category, table.channel] }),
    check('preferences_channel', oneOf('channel', CHANNELS)),
    check('preferences_category', oneOf('category', CATEGORIES)),
    check(
      'preferences_transactional_mail_stays_on',
      sql`enabled or not (category = 'TRANSACTIONAL' and channel = 'EMAIL')`,
    ),
  ],
)
