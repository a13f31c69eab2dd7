import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { ACCOUNTS, CAUSES } from './ledger/ledger.rules.ts'
import { LOG_KINDS, OPERATIONS, type Json } from './payment-log/log.rules.ts'
import {
  GOOD_STATUSES,
  OPEN_STATUSES,
  PAYMENT_METHODS,
  PAYMENT_STATUSES,
  REQUEST_STATUSES,
} from './payments/payment.rules.ts'
import { PROVIDER_NAMES } from './providers/provider.ts'
import { ATTEMPTS_MAX, REFUND_STATUSES } from './refunds/refund.rules.ts'

export * from '@tikitu/runtime/events/tables'
export { idempotencyKeys } from '@tikitu/runtime/idempotency'
export { platformSettings } from '@tikitu/runtime/settings'

// The books of the sandbox, which is somebody else's company: a schema of its own, in our migrations for convenience.
export * from './providers/sandbox/tables.ts'

// Milliseconds, like every instant that leaves the service, so that a cursor made of one continues exactly after it.
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
const minorUnits = (name: string) => bigint(name, { mode: 'number' })
const list = (values: readonly string[]) => values.map((value) => `'${value}'`).join(', ')
const oneOf = (column: string, values: readonly string[]) => sql.raw(`${column} in (${list(values)})`)
const isCurrency = sql`currency ~ '^[A-Z]{3}$'`

/** What each booking asks its buyer for. The only source of amounts. */
export const paymentRequests = pgTable(
  'payment_requests',
  {
    bookingId: uuid('booking_id').primaryKey(),
    payerId: uuid('payer_id').notNull(),
    partnerId: uuid('partner_id').notNull(),
    amount: minorUnits('amount').notNull(),
    currency: text('currency').notNull(),
    /** The platform's share of `amount`. */
    commission: minorUnits('commission').notNull(),
    deadline: instant('deadline').notNull(),
    status: text('status', { enum: REQUEST_STATUSES }).notNull(),
    requestedAt: instant('requested_at').notNull(),
  },
  () => [
    check('payment_requests_status', oneOf('status', REQUEST_STATUSES)),
    check('payment_requests_amount', sql`amount > 0`),
    check('payment_requests_commission_within_amount', sql`commission between 0 and amount`),
    check('payment_requests_currency', isCurrency),
  ],
)

/** Bookings that no longer want money. Apart from the requests, because this may be heard of first. */
export const paymentCancellations = pgTable('payment_cancellations', {
  bookingId: uuid('booking_id').primaryKey(),
  reason: text('reason').notNull(),
  cancelledAt: instant('cancelled_at').notNull(),
})

/** Attempts to pay. Of each booking at most one is open or good: the buyer cannot be charged twice. */
export const payments = pgTable(
  'payments',
  {
    id: uuid('id').primaryKey(),
    bookingId: uuid('booking_id')
      .notNull()
      .references(() => paymentRequests.bookingId),
    /** Counts the attempts of the booking from 1. */
    attempt: integer('attempt').notNull(),
    payerId: uuid('payer_id').notNull(),
    partnerId: uuid('partner_id').notNull(),
    amount: minorUnits('amount').notNull(),
    currency: text('currency').notNull(),
    method: text('method', { enum: PAYMENT_METHODS }).notNull(),
    provider: text('provider', { enum: PROVIDER_NAMES }).notNull(),
    providerRef: text('provider_ref'),
    /** For the payer's client; forgotten when the attempt is over. */
    clientSecret: text('client_secret'),
    /** The sandbox instrument it was confirmed with: one of a short list of made-up names, never card data. */
    instrument: text('instrument'),
    status: text('status', { enum: PAYMENT_STATUSES }).notNull(),
    failureCode: text('failure_code'),
    /** Taken although another attempt had paid the booking; on its way back. */
    surplus: boolean('surplus').notNull().default(false),
    captured: minorUnits('captured').notNull().default(0),
    /** Promised back, whether or not it has arrived. */
    refundReserved: minorUnits('refund_reserved').notNull().default(0),
    /** Given back by the provider. */
    refunded: minorUnits('refunded').notNull().default(0),
    /** How often the reconciler or a caller has looked at it while it was open. */
    checks: integer('checks').notNull().default(0),
    /** When the reconciler looks at it, as long as it is open. */
    checkAt: instant('check_at').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('payments_one_open_or_good')
      .on(table.bookingId)
      .where(sql.raw(`status in (${list([...OPEN_STATUSES, ...GOOD_STATUSES])}) and not surplus`)),
    unique('payments_attempt_once').on(table.bookingId, table.attempt),
    unique('payments_provider_ref_once').on(table.provider, table.providerRef),
    index('payments_by_payer').on(table.payerId, table.createdAt, table.id),
    index('payments_by_partner').on(table.partnerId, table.createdAt, table.id),
    index('payments_newest').on(table.createdAt, table.id),
    index('payments_due').on(table.checkAt).where(oneOf('status', OPEN_STATUSES)),
    check('payments_status', oneOf('status', PAYMENT_STATUSES)),
    check('payments_method', oneOf('method', PAYMENT_METHODS)),
    check('payments_provider', oneOf('provider', PROVIDER_NAMES)),
    check('payments_amount', sql`amount > 0`),
    check('payments_currency', isCurrency),
    check('payments_captured_within_amount', sql`captured between 0 and amount`),
    check('payments_captured_when_good', sql.raw(`(captured > 0) = (status in (${list(GOOD_STATUSES)}))`)),
    check('payments_refund_within_captured', sql`refund_reserved between 0 and captured`),
    check('payments_refunded_was_reserved', sql`refunded between 0 and refund_reserved`),
    check(
      'payments_status_tells_refunded',
      sql`case status when 'PARTIALLY_REFUNDED' then refunded between 1 and captured - 1
        when 'REFUNDED' then refunded = captured else refunded = 0 end`,
    ),
    check('payments_failed_says_why', sql`(status = 'FAILED') = (failure_code is not null)`),
    check('payments_secret_only_while_open', sql.raw(`client_secret is null or status in (${list(OPEN_STATUSES)})`)),
    check('payments_surplus_is_good', sql.raw(`not surplus or status in (${list(GOOD_STATUSES)})`)),
  ],
)

/** Money that goes back to buyers. */
export const refunds = pgTable(
  'refunds',
  {
    /** Given by whoever asked for it, so that asking twice is asking once. */
    id: uuid('id').primaryKey(),
    bookingId: uuid('booking_id').notNull(),
    /** The payment that was named; null: the one that paid the booking. Not a reference, because it may be named too early. */
    askedPaymentId: uuid('asked_payment_id'),
    /** The payment it is taken from; null until that has captured anything. */
    paymentId: uuid('payment_id').references(() => payments.id),
    amount: minorUnits('amount').notNull(),
    currency: text('currency').notNull(),
    reason: text('reason').notNull(),
    status: text('status', { enum: REFUND_STATUSES }).notNull(),
    /** Which attempt is under way, or was the last; 0 before the first. */
    attempt: smallint('attempt').notNull().default(0),
    providerRef: text('provider_ref'),
    failureCode: text('failure_code'),
    /** When the reconciler looks at it, as long as it is under way; also the time of the next attempt. */
    checkAt: instant('check_at').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    index('refunds_by_payment').on(table.paymentId, table.createdAt, table.id),
    index('refunds_waiting')
      .on(table.bookingId)
      .where(sql`payment_id is null`),
    index('refunds_due')
      .on(table.checkAt)
      .where(sql`status in ('REQUESTED', 'PROCESSING', 'FAILED') and payment_id is not null`),
    check('refunds_status', oneOf('status', REFUND_STATUSES)),
    check('refunds_amount', sql`amount > 0`),
    check('refunds_currency', isCurrency),
    check('refunds_attempts', sql.raw(`attempt between 0 and ${ATTEMPTS_MAX}`)),
    check('refunds_moved_money_of_a_payment', sql`payment_id is not null or status = 'REQUESTED'`),
    check('refunds_failed_says_why', sql`(status in ('FAILED', 'MANUAL_REVIEW')) = (failure_code is not null)`),
  ],
)

/** Everything that was said between us and a provider, without secrets and card numbers. Rows are only ever added. */
export const paymentLog = pgTable(
  'payment_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    paymentId: uuid('payment_id')
      .notNull()
      .references(() => payments.id),
    refundId: uuid('refund_id').references(() => refunds.id),
    provider: text('provider', { enum: PROVIDER_NAMES }).notNull(),
    operation: text('operation', { enum: OPERATIONS }).notNull(),
    kind: text('kind', { enum: LOG_KINDS }).notNull(),
    body: jsonb('body').$type<Json>().notNull(),
    at: instant('at').notNull(),
  },
  (table) => [
    index('payment_log_by_payment').on(table.paymentId, table.id),
    check('payment_log_operation', oneOf('operation', OPERATIONS)),
    check('payment_log_kind', oneOf('kind', LOG_KINDS)),
  ],
)

/**
 * Double entry. The entries of one transaction sum to zero in one currency, each account at most once; rows are only
 * ever added. All three are promised by the database: see the migration.
 */
export const ledgerEntries = pgTable(
  'ledger_entries',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** `CAPTURE:<payment>`, `REFUND_OWED:<refund>`, `REFUND_PAID:<refund>`: the same thing cannot be posted twice. */
    transactionKey: text('transaction_key').notNull(),
    cause: text('cause', { enum: CAUSES }).notNull(),
    account: text('account', { enum: ACCOUNTS }).notNull(),
    amount: minorUnits('amount').notNull(),
    currency: text('currency').notNull(),
    paymentId: uuid('payment_id')
      .notNull()
      .references(() => payments.id),
    refundId: uuid('refund_id').references(() => refunds.id),
    partnerId: uuid('partner_id').notNull(),
    postedAt: instant('posted_at').notNull(),
  },
  (table) => [
    unique('ledger_entries_posted_once').on(table.transactionKey, table.account),
    index('ledger_entries_by_payment').on(table.paymentId),
    check('ledger_entries_account', oneOf('account', ACCOUNTS)),
    check('ledger_entries_cause', oneOf('cause', CAUSES)),
    check('ledger_entries_amount', sql`amount <> 0`),
    check('ledger_entries_currency', isCurrency),
    check('ledger_entries_refund_named', sql`(cause = 'CAPTURE') = (refund_id is null)`),
  ],
)
