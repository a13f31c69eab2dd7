import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'

export * from '@tikitu/runtime/events/tables'
export { idempotencyKeys } from '@tikitu/runtime/idempotency'
export { platformSettings } from '@tikitu/runtime/settings'

/** Text that PostgreSQL compares in any case. */
const citext = customType<{ data: string }>({ dataType: () => 'citext' })

/** `jsonb` as it is stored: drizzle's own reads a text that looks like JSON once more, and makes 9 of "9". */
const json = customType<{ data: unknown }>({ dataType: () => 'jsonb', toDriver: (value) => JSON.stringify(value) })

/** Milliseconds, because that is all that a JavaScript Date, a cursor and the audit log's hash carry. */
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** Who runs the platform, the deactivated included: what they did stays theirs. */
export const admins = pgTable(
  'admins',
  {
    id: uuid('id').primaryKey(),
    cognitoSub: text('cognito_sub').notNull(),
    email: citext('email').notNull(),
    name: text('name').notNull(),
    role: text('role', { enum: ['SUPER_ADMIN', 'SUPPORT', 'FINANCE'] }).notNull(),
    isActive: boolean('is_active').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    unique('admins_one_per_subject').on(table.cognitoSub),
    check('admins_role', sql`${table.role} in ('SUPER_ADMIN', 'SUPPORT', 'FINANCE')`),
    check('admins_name_length', sql`char_length(${table.name}) between 1 and 200`),
  ],
)

/**
 * What people with privileges did, for ever. A trigger refuses every change, and the service's own role has no right to
 * one; whoever goes around both breaks the chain of hashes.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    /** 1, 2, 3 … without a gap. */
    sequence: bigint('sequence', { mode: 'number' }).primaryKey(),
    id: uuid('id').notNull(),
    actorKind: text('actor_kind', { enum: ['USER', 'PARTNER_CLIENT', 'SERVICE'] }).notNull(),
    actorId: text('actor_id').notNull(),
    action: text('action').notNull(),
    resourceType: text('resource_type').notNull(),
    resourceId: text('resource_id').notNull(),
    before: json('before'),
    after: json('after'),
    requestId: text('request_id'),
    ip: text('ip'),
    /** When it was done, which is before it was written down. */
    at: instant('at').notNull(),
    /** SHA-256 over this entry and the hash of the one before. */
    hash: text('hash').notNull(),
  },
  (table) => [
    unique('audit_log_once').on(table.id),
    check('audit_log_from_one', sql`${table.sequence} >= 1`),
    check('audit_log_actor_kind', sql`${table.actorKind} in ('USER', 'PARTNER_CLIENT', 'SERVICE')`),
    check('audit_log_hash', sql`${table.hash} ~ '^[0-9a-f]{64}$'`),
    index('audit_log_by_actor').on(table.actorId, table.sequence),
    index('audit_log_by_resource').on(table.resourceType, table.resourceId, table.sequence),
    index('audit_log_by_action').on(table.action, table.sequence),
    index('audit_log_by_time').on(table.at),
  ],
)

/** Where the audit log ends: the one row that shows when entries are missing at the end. */
export const auditHead = pgTable(
  'audit_head',
  {
    only: boolean('only').primaryKey().default(true),
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [check('audit_head_only_one', sql`${table.only}`)],
)

/** Every change of a setting; `platform_settings` has the values in force. Append-only, like the audit log. */
export const settingChanges = pgTable(
  'setting_changes',
  {
    key: text('key').notNull(),
    /** 1, 2, 3 … for each key. */
    version: integer('version').notNull(),
    value: json('value').notNull(),
    changedBy: uuid('changed_by')
      .notNull()
      .references(() => admins.id),
    at: instant('at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.key, table.version] }),
    check('setting_changes_from_one', sql`${table.version} >= 1`),
  ],
)

/** What the platform has done so far: a row for each counter, and for money one for each currency. */
export const platformCounters = pgTable(
  'platform_counters',
  {
    name: text('name').notNull(),
    /** ISO 4217; empty for what is not money. */
    currency: text('currency').notNull(),
    value: bigint('value', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.name, table.currency] }),
    check('platform_counters_currency', sql`${table.currency} ~ '^([A-Z]{3})?$'`),
    check('platform_counters_only_grow', sql`${table.value} >= 0`),
  ],
)

/** Partners that are counted: one that is suspended and verified again is not another partner. */
export const verifiedPartners = pgTable('verified_partners', { partnerId: uuid('partner_id').primaryKey() })

/** An admin as stored. */
export type AdminRow = typeof admins.$inferSelect

/** An entry of the audit log as stored. */
export type AuditRow = typeof auditLog.$inferSelect

/** A change of a setting as stored. */
export type SettingChangeRow = typeof settingChanges.$inferSelect
