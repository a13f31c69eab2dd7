import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import { instant, isCurrency, minorUnits, oneOf } from './columns.ts'
import { payments } from './payments.ts'
import { SETTLEMENT_STATUSES } from '../settlements/settlement.rules.ts'

/** Events that are over, one way or the other: what their bookings brought in is the partner's to have. */
export const endedEvents = pgTable('ended_events', {
  eventId: uuid('event_id').primaryKey(),
  partnerId: uuid('partner_id').notNull(),
  endedAt: instant('ended_at').notNull(),
})

/**
 * What is owed to partners, payment by payment: the balance of `PARTNER_PAYABLE`, kept by a trigger on the ledger, so
 * that nobody has to add up all of it.
 */
export const payables = pgTable(
  'payables',
  {
    paymentId: uuid('payment_id')
      .notNull()
      .references(() => payments.id),
    partnerId: uuid('partner_id').notNull(),
    currency: text('currency').notNull(),
    amount: minorUnits('amount').notNull(),
  },
  (table) => [
    // With the currency, so that one payment could not have a balance in two without being found out.
    primaryKey({ columns: [table.paymentId, table.currency] }),
    index('payables_open')
      .on(table.partnerId, table.currency)
      .where(sql`amount <> 0`),
  ],
)

/** What a partner is to be paid in one currency, and has been. Its lines are in the ledger. */
export const settlements = pgTable(
  'settlements',
  {
    id: uuid('id').primaryKey(),
    partnerId: uuid('partner_id').notNull(),
    currency: text('currency').notNull(),
    amount: minorUnits('amount').notNull(),
    /** How many payments it is about. */
    payments: integer('payments').notNull(),
    status: text('status', { enum: SETTLEMENT_STATUSES }).notNull(),
    dueAt: instant('due_at').notNull(),
    paidAt: instant('paid_at'),
    /** The bank's name for the transfer. */
    bankReference: text('bank_reference'),
    /** The admin who said that it was paid. */
    paidBy: text('paid_by'),
  },
  (table) => [
    unique('settlements_money').on(table.id, table.currency, table.partnerId),
    index('settlements_by_partner').on(table.partnerId, table.dueAt, table.id),
    index('settlements_newest').on(table.dueAt, table.id),
    check('settlements_status', oneOf('status', SETTLEMENT_STATUSES)),
    check('settlements_currency', isCurrency),
    check('settlements_amount', sql`amount > 0 and payments > 0`),
    check(
      'settlements_paid_by_somebody',
      sql`(status = 'PAID') = (paid_at is not null and paid_by is not null and bank_reference is not null)`,
    ),
  ],
)
