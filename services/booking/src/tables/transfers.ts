import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant, oneOf } from './columns.ts'
import { tickets } from './tickets.ts'

export const TRANSFER_STATUSES = ['OFFERED', 'CLAIMED', 'WITHDRAWN'] as const

/** Tickets that their holders offered to somebody else. What the claim link holds is only kept as its SHA-256. */
export const ticketTransfers = pgTable(
  'ticket_transfers',
  {
    id: uuid('id').primaryKey(),
    ticketId: uuid('ticket_id')
      .notNull()
      .references(() => tickets.id),
    fromUserId: uuid('from_user_id').notNull(),
    toUserId: uuid('to_user_id'),
    tokenHash: text('token_hash').notNull(),
    status: text('status', { enum: TRANSFER_STATUSES }).notNull(),
    /** Until when an offer may be claimed. */
    expiresAt: instant('expires_at').notNull(),
    createdAt: instant('created_at').notNull(),
    endedAt: instant('ended_at'),
  },
  (table) => [
    uniqueIndex('ticket_transfers_one_offer')
      .on(table.ticketId)
      .where(sql`status = 'OFFERED'`),
    index('ticket_transfers_by_ticket').on(table.ticketId, table.id),
    check('ticket_transfers_status', oneOf('status', TRANSFER_STATUSES)),
    check('ticket_transfers_ended_when', sql`(status = 'OFFERED') = (ended_at is null)`),
    check('ticket_transfers_claimed_by', sql`(status = 'CLAIMED') = (to_user_id is not null)`),
  ],
)
