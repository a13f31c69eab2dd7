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
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant, isCurrency, list, minorUnits, oneOf } from './columns.ts'
import { LOG_KINDS, OPERATIONS, type Json } from '../payment-log/log.rules.ts'
import {
  CAPTURES,
  GOOD_STATUSES,
  OPEN_STATUSES,
  PAYMENT_METHODS,
  PAYMENT_STATUSES,
  PROVIDER_STATES,
  REQUEST_STATUSES,
} from '../payments/payment.rules.ts'
import { PROVIDER_NAMES } from '../providers/provider.ts'
import { REFUND_STATUSES } from '../refunds/refund.rules.ts'

/** What each booking asks its buyer for. The only source of amounts. */
export const paymentRequests = pgTable(
  'payment_requests',
  {
    bookingId: uuid('booking_id').primaryKey(),
    payerId: uuid('payer_id').notNull(),
    partnerId: uuid('partner_id').notNull(),
    /** After which the partner is paid; null of those that were asked for before this was kept. */
    eventId: uuid('event_id'),
    amount: minorUnits('amount').notNull(),
    currency: text('currency').notNull(),
    /** The platform's share of `amount`, by the partner's terms when the booking was made; it never changes. */
    commission: minorUnits('commission').notNull(),
    deadline: instant('deadline').notNull(),
    status: text('status', { enum: REQUEST_STATUSES }).notNull(),
    requestedAt: instant('requested_at').notNull(),
  },
  (table) => [
    index('payment_requests_by_event').on(table.eventId),
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
    /** What it waits for at the provider, as far as we have heard; null when it is over, or the provider has not answered. */
    providerState: text('provider_state', { enum: PROVIDER_STATES }),
    /** Where the payer's bank wants to see them. */
    nextActionUrl: text('next_action_url'),
    /** Whether the money is taken at once or held first; never changes, since the provider was told so. */
    capture: text('capture', { enum: CAPTURES }).notNull().default('automatic'),
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
    /** Taken back by the buyer's bank, and not decided. */
    contested: minorUnits('contested').notNull().default(0),
    /** Taken back by the buyer's bank for good. */
    lost: minorUnits('lost').notNull().default(0),
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
    unique('payments_money').on(table.id, table.currency, table.partnerId),
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
    check(
      'payments_given_back_within_captured',
      sql`contested >= 0 and lost >= 0 and refund_reserved + contested + lost <= captured`,
    ),
    check('payments_contested_while_disputed', sql`status = 'DISPUTED' or contested = 0`),
    check('payments_refunded_was_reserved', sql`refunded between 0 and refund_reserved`),
    check(
      'payments_status_tells_refunded',
      sql`case status when 'PARTIALLY_REFUNDED' then refunded between 1 and captured - 1
        when 'REFUNDED' then refunded = captured when 'DISPUTED' then true when 'WON' then true when 'LOST' then true
        else refunded = 0 end`,
    ),
    check('payments_capture', oneOf('capture', CAPTURES)),
    check(
      'payments_provider_state',
      sql.raw(
        `provider_state is null or (provider_state in (${list(PROVIDER_STATES)}) and status in (${list(OPEN_STATUSES)}))`,
      ),
    ),
    check('payments_action_only_when_required', sql`next_action_url is null or status = 'REQUIRES_ACTION'`),
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
    /** Whether a part of the payment is promised to it. */
    reserved: boolean('reserved').notNull().default(false),
    /** The member of staff whose decision it was; null when it follows from the rules. */
    requestedBy: text('requested_by'),
    /** No ticket was taken for it, so that nothing is owed when it is rejected. */
    goodwill: boolean('goodwill').notNull().default(false),
    /** The admin who approved, rejected or resolved it last. */
    decidedBy: text('decided_by'),
    /** What that admin wrote about it. */
    decisionNote: text('decision_note'),
    /** Paid by an admin and not by the provider. */
    paidOutside: boolean('paid_outside').notNull().default(false),
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
    index('refunds_newest').on(table.createdAt, table.id),
    index('refunds_newest_by_status').on(table.status, table.createdAt, table.id),
    index('refunds_by_booking').on(table.bookingId, table.createdAt, table.id),
    check('refunds_attempts', sql`attempt >= 0`),
    check('refunds_reserved_of_a_payment', sql`not reserved or payment_id is not null`),
    check('refunds_rejected_takes_nothing', sql`status <> 'REJECTED' or not reserved`),
    check('refunds_paid_outside_is_paid', sql`not paid_outside or status = 'SUCCEEDED'`),
    check(
      'refunds_moved_money_of_a_payment',
      sql`payment_id is not null or status in ('REQUESTED', 'AWAITING_APPROVAL')`,
    ),
    check('refunds_failed_says_why', sql`(status in ('FAILED', 'MANUAL_REVIEW')) = (failure_code is not null)`),
  ],
)

/** Everything that was said between us and a provider, without secrets and card numbers. Rows are only ever added. */
export const paymentLog = pgTable(
  'payment_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Null of a webhook: whom that is about is found out later, from the provider. */
    paymentId: uuid('payment_id').references(() => payments.id),
    refundId: uuid('refund_id').references(() => refunds.id),
    provider: text('provider', { enum: PROVIDER_NAMES }).notNull(),
    /** The provider's name for the event that a webhook told of: however often it is told, it is written down once. */
    eventId: text('event_id'),
    operation: text('operation', { enum: OPERATIONS }).notNull(),
    kind: text('kind', { enum: LOG_KINDS }).notNull(),
    body: jsonb('body').$type<Json>().notNull(),
    at: instant('at').notNull(),
  },
  (table) => [
    index('payment_log_by_payment').on(table.paymentId, table.id),
    unique('payment_log_event_once').on(table.provider, table.eventId),
    check('payment_log_operation', oneOf('operation', OPERATIONS)),
    check('payment_log_webhook_named', sql`(kind = 'WEBHOOK') = (event_id is not null)`),
    check('payment_log_about_a_payment', sql`payment_id is not null or kind = 'WEBHOOK'`),
    check('payment_log_kind', oneOf('kind', LOG_KINDS)),
  ],
)
