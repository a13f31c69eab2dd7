import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core'
import { instant, isCurrency, minorUnits, oneOf } from './columns.ts'
import { PROVIDER_NAMES } from '../providers/provider.ts'
import { payments } from './payments.ts'
import { DISPUTE_STATUSES } from '../disputes/dispute.rules.ts'

/** Payments that a buyer's bank took back. */
export const disputes = pgTable(
  'disputes',
  {
    id: uuid('id').primaryKey(),
    paymentId: uuid('payment_id')
      .notNull()
      .references(() => payments.id),
    bookingId: uuid('booking_id').notNull(),
    partnerId: uuid('partner_id').notNull(),
    provider: text('provider', { enum: PROVIDER_NAMES }).notNull(),
    /** The provider's name for it. */
    providerRef: text('provider_ref').notNull(),
    /** What the bank took. */
    amount: minorUnits('amount').notNull(),
    currency: text('currency').notNull(),
    /** What of it was left of the payment when it was opened; the rest was promised back before. */
    contested: minorUnits('contested').notNull(),
    /** In the provider's words. */
    reason: text('reason').notNull(),
    status: text('status', { enum: DISPUTE_STATUSES }).notNull(),
    /** Until when we may answer it. */
    dueBy: instant('due_by'),
    openedAt: instant('opened_at').notNull(),
    closedAt: instant('closed_at'),
  },
  (table) => [
    unique('disputes_provider_ref_once').on(table.provider, table.providerRef),
    index('disputes_by_payment').on(table.paymentId),
    index('disputes_newest').on(table.openedAt, table.id),
    check('disputes_status', oneOf('status', DISPUTE_STATUSES)),
    check('disputes_currency', isCurrency),
    check('disputes_amount', sql`amount > 0 and contested between 0 and amount`),
    check('disputes_closed_when_final', sql`(status = 'OPEN') = (closed_at is null)`),
  ],
)
