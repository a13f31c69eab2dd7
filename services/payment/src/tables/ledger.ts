import { sql } from 'drizzle-orm'
import { bigint, check, foreignKey, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core'
import { ACCOUNTS, CAUSES } from '../ledger/ledger.rules.ts'
import { instant, isCurrency, minorUnits, oneOf } from './columns.ts'
import { payments, refunds } from './payments.ts'
import { settlements } from './settlements.ts'

/**
 * Double entry. The entries of one transaction sum to zero in one currency, each account at most once; rows are only
 * ever added. All three are promised by the database: see the migration.
 */
export const ledgerEntries = pgTable(
  'ledger_entries',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** `CAPTURE:<payment>`, `REFUND_OWED:<refund>`, `DISPUTE_LOST:<dispute>`, `SETTLEMENT_DUE:<settlement>:<payment>`: the same thing cannot be posted twice. */
    transactionKey: text('transaction_key').notNull(),
    cause: text('cause', { enum: CAUSES }).notNull(),
    account: text('account', { enum: ACCOUNTS }).notNull(),
    amount: minorUnits('amount').notNull(),
    currency: text('currency').notNull(),
    paymentId: uuid('payment_id').notNull(),
    refundId: uuid('refund_id').references(() => refunds.id),
    /** Of `SETTLEMENT_DUE` and `SETTLEMENT_PAID`. */
    settlementId: uuid('settlement_id'),
    partnerId: uuid('partner_id').notNull(),
    postedAt: instant('posted_at').notNull(),
  },
  (table) => [
    unique('ledger_entries_posted_once').on(table.transactionKey, table.account),
    // Whatever is posted about a payment is in its currency and its partner's, and so is what is settled of it.
    foreignKey({
      name: 'ledger_entries_money_of_the_payment',
      columns: [table.paymentId, table.currency, table.partnerId],
      foreignColumns: [payments.id, payments.currency, payments.partnerId],
    }),
    foreignKey({
      name: 'ledger_entries_money_of_the_settlement',
      columns: [table.settlementId, table.currency, table.partnerId],
      foreignColumns: [settlements.id, settlements.currency, settlements.partnerId],
    }),
    index('ledger_entries_by_payment').on(table.paymentId),
    index('ledger_entries_by_partner').on(table.partnerId, table.currency, table.postedAt, table.id),
    // Rows come in the order of their time: a few bytes for each hundred pages find those of a day.
    index('ledger_entries_by_day').using('brin', table.postedAt),
    index('ledger_entries_by_settlement')
      .on(table.settlementId, table.paymentId)
      .where(sql`settlement_id is not null`),
    check('ledger_entries_account', oneOf('account', ACCOUNTS)),
    check('ledger_entries_cause', oneOf('cause', CAUSES)),
    check('ledger_entries_amount', sql`amount <> 0`),
    check('ledger_entries_currency', isCurrency),
    check('ledger_entries_refund_named', sql`(cause like 'REFUND%') = (refund_id is not null)`),
    check('ledger_entries_settlement_named', sql`(cause like 'SETTLEMENT%') = (settlement_id is not null)`),
  ],
)
