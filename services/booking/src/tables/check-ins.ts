import { sql } from 'drizzle-orm'
import { boolean, check, index, pgTable, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant, oneOf } from './columns.ts'

export const CHECK_IN_REASONS = [
  'UNKNOWN',
  'WRONG_EVENT',
  'ALREADY_USED',
  'CANCELLED',
  'NOT_YET',
  'EXPIRED',
  'NOT_INSIDE',
] as const

export const SCAN_DIRECTIONS = ['ENTRY', 'EXIT'] as const

/** Every scan at a door, let through or not, for ever: rows are only added. */
export const checkIns = pgTable(
  'check_ins',
  {
    id: uuid('id').primaryKey(),
    eventId: uuid('event_id').notNull(),
    nonce: text('nonce').notNull(),
    /** SHA-256 of what was scanned, in hexadecimal; null for scans from before it was kept, which none repeats. */
    codeHash: text('code_hash'),
    ticketId: uuid('ticket_id'),
    gate: text('gate').notNull(),
    direction: text('direction', { enum: SCAN_DIRECTIONS }).notNull().default('ENTRY'),
    scannedBy: text('scanned_by').notNull(),
    /** Whether the person was let through, which without network the device decided. */
    accepted: boolean('accepted').notNull(),
    /** Why not; of somebody whom a device let through, why they should not have been. */
    reason: text('reason', { enum: CHECK_IN_REASONS }),
    /** Decided by a device without network, and told later. */
    offline: boolean('offline').notNull().default(false),
    /** Counts how often a ticket went through a door with network: in, out, in again. */
    passage: smallint('passage'),
    /** When, by the clock of whoever decided; never later than it was told. */
    at: instant('at').notNull(),
    /** When it was told; null for a scan with network, which is told at once. */
    uploadedAt: instant('uploaded_at'),
  },
  (table) => [
    uniqueIndex('check_ins_nonce_once').on(table.eventId, table.scannedBy, table.nonce),
    uniqueIndex('check_ins_passage_once')
      .on(table.ticketId, table.passage)
      .where(sql`passage is not null`),
    index('check_ins_by_ticket')
      .on(table.ticketId, table.at)
      .where(sql`accepted`),
    check('check_ins_direction', oneOf('direction', SCAN_DIRECTIONS)),
    check('check_ins_reason', sql`(accepted = (reason is null)) or (offline and accepted)`),
    check('check_ins_offline_uploaded', sql`offline = (uploaded_at is not null)`),
    check('check_ins_passage_is_online', sql`passage is null or (accepted and not offline)`),
  ],
)
