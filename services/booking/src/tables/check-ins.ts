import { sql } from 'drizzle-orm'
import { boolean, check, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

export const CHECK_IN_REASONS = ['UNKNOWN', 'WRONG_EVENT', 'ALREADY_USED', 'CANCELLED', 'NOT_YET', 'EXPIRED'] as const

/** Every scan at a door, let in or not, for ever. */
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
    scannedBy: text('scanned_by').notNull(),
    accepted: boolean('accepted').notNull(),
    reason: text('reason', { enum: CHECK_IN_REASONS }),
    at: instant('at').notNull(),
  },
  (table) => [
    uniqueIndex('check_ins_nonce_once').on(table.eventId, table.scannedBy, table.nonce),
    uniqueIndex('check_ins_one_entry')
      .on(table.ticketId)
      .where(sql`accepted`),
    check('check_ins_reason', sql`accepted = (reason is null)`),
  ],
)
