import { sql } from 'drizzle-orm'
import { bigint, check, pgSchema, text } from 'drizzle-orm/pg-core'

/** The sandbox's own books. Nothing outside of this folder reads or writes them, and nothing refers to them. */
export const sandbox = pgSchema('sandbox')

/** Attempts to pay, as the sandbox knows them. */
export const sandboxIntents = sandbox.table(
  'intents',
  {
    ref: text('ref').primaryKey(),
    key: text('key').notNull().unique('intents_key_once'),
    clientSecret: text('client_secret').notNull(),
    amount: bigint('amount', { mode: 'number' }).notNull(),
    currency: text('currency').notNull(),
    state: text('state', { enum: ['open', 'succeeded', 'failed', 'cancelled'] }).notNull(),
    failureCode: text('failure_code'),
    refunded: bigint('refunded', { mode: 'number' }).notNull().default(0),
  },
  () => [
    check('intents_state', sql`state in ('open', 'succeeded', 'failed', 'cancelled')`),
    check(
      'intents_refunded_within_taken',
      sql`refunded between 0 and case state when 'succeeded' then amount else 0 end`,
    ),
  ],
)

/** Attempts to give money back, as the sandbox knows them. */
export const sandboxRefunds = sandbox.table(
  'refunds',
  {
    ref: text('ref').primaryKey(),
    key: text('key').notNull().unique('refunds_key_once'),
    intentRef: text('intent_ref')
      .notNull()
      .references(() => sandboxIntents.ref),
    amount: bigint('amount', { mode: 'number' }).notNull(),
    state: text('state', { enum: ['succeeded', 'failed'] }).notNull(),
    failureCode: text('failure_code'),
  },
  () => [check('refunds_state', sql`state in ('succeeded', 'failed')`)],
)
