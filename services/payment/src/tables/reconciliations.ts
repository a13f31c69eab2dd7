import { sql } from 'drizzle-orm'
import { check, date, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core'
import { instant, isCurrency, minorUnits } from './columns.ts'
import { PROVIDER_NAMES } from '../providers/provider.ts'
import type { Difference } from '../reconciliation/reconciliation.rules.ts'

/** What the ledger says about a day, and what the provider says, in one currency. */
export const reconciliations = pgTable(
  'reconciliations',
  {
    id: uuid('id').primaryKey(),
    /** In UTC. */
    day: date('day', { mode: 'string' }).notNull(),
    provider: text('provider', { enum: PROVIDER_NAMES }).notNull(),
    currency: text('currency').notNull(),
    /** How many payments had an entry in the ledger that day. */
    payments: integer('payments').notNull(),
    /** How many of them the provider could not be asked about. */
    unanswered: integer('unanswered').notNull(),
    capturedByUs: minorUnits('captured_by_us').notNull(),
    capturedByProvider: minorUnits('captured_by_provider').notNull(),
    refundedByUs: minorUnits('refunded_by_us').notNull(),
    refundedByProvider: minorUnits('refunded_by_provider').notNull(),
    differences: jsonb('differences').$type<readonly Difference[]>().notNull(),
    at: instant('at').notNull(),
  },
  (table) => [
    unique('reconciliations_once').on(table.day, table.provider, table.currency),
    index('reconciliations_newest').on(table.day, table.id),
    check('reconciliations_currency', isCurrency),
    check('reconciliations_counts', sql`payments >= 0 and unanswered between 0 and payments`),
  ],
)
