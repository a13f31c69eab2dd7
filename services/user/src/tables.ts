import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  customType,
  date,
  index,
  integer,
  pgSequence,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

export * from '@tikitu/runtime/events/tables'
export { idempotencyKeys } from '@tikitu/runtime/idempotency'
export { platformSettings } from '@tikitu/runtime/settings'

/** Text that PostgreSQL compares in any case. */
const citext = customType<{ data: string }>({ dataType: () => 'citext' })

/** Milliseconds, because that is all that a JavaScript Date and thus a cursor can carry. */
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** Everybody with an account, the erased included: their subject stays, so that the account stays closed. */
export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey(),
    cognitoSub: text('cognito_sub').notNull(),
    email: citext('email'),
    isEmailVerified: boolean('is_email_verified').notNull(),
    firstName: text('first_name'),
    lastName: text('last_name'),
    phone: text('phone'),
    dateOfBirth: date('date_of_birth', { mode: 'string' }),
    avatarUrl: text('avatar_url'),
    bio: text('bio'),
    status: text('status', { enum: ['ACTIVE', 'SUSPENDED', 'ERASED'] })
      .notNull()
      .default('ACTIVE'),
    signUpAt: instant('sign_up_at').notNull(),
    lastSeenAt: instant('last_seen_at').notNull(),
    /** Sign-ins at Cognito that we have seen, not requests. */
    signInCount: integer('sign_in_count').notNull().default(1),
    /** The newest sign-in that is counted. */
    signedInAt: instant('signed_in_at').notNull(),
    /** `Cognito`, or the federated provider that vouched for the person. */
    identityProvider: text('identity_provider').notNull(),
    /** When Cognito issued the token that the e-mail address is from: an older token does not bring an older address back. */
    claimsAt: instant('claims_at').notNull(),
    /** What `users` searches in. */
    searchText: text('search_text')
      .notNull()
      .generatedAlwaysAs(
        sql`lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email::text, ''))`,
      ),
  },
  (table) => [
    unique('users_one_per_subject').on(table.cognitoSub),
    unique('users_one_per_email').on(table.email),
    check('users_status', sql`${table.status} in ('ACTIVE', 'SUSPENDED', 'ERASED')`),
    check('users_email_unless_erased', sql`${table.email} is not null or ${table.status} = 'ERASED'`),
    check('users_first_name_length', sql`char_length(${table.firstName}) between 1 and 100`),
    check('users_last_name_length', sql`char_length(${table.lastName}) between 1 and 100`),
    check('users_phone_e164', sql`${table.phone} ~ '^\\+[1-9][0-9]{6,14}$'`),
    check('users_born_since_1900', sql`${table.dateOfBirth} >= date '1900-01-01'`),
    check('users_avatar_https', sql`${table.avatarUrl} like 'https://%' and char_length(${table.avatarUrl}) <= 2000`),
    check('users_bio_length', sql`char_length(${table.bio}) between 1 and 1000`),
    check('users_sign_ins', sql`${table.signInCount} >= 0`),
    // Read backwards for the newest first.
    index('users_by_age').on(table.signUpAt, table.id),
    index('users_by_status_and_age').on(table.status, table.signUpAt, table.id),
    index('users_search').using('gin', sql`search_text gin_trgm_ops`),
  ],
)

/** How each user wants to be addressed: a row for each, made with the account. */
export const userPreferences = pgTable(
  'user_preferences',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => users.id),
    /** BCP 47. */
    language: text('language').notNull().default('en'),
    /** ISO 4217. */
    currency: text('currency').notNull().default('EUR'),
    /** IANA time zone. */
    timezone: text('timezone').notNull().default('UTC'),
    marketingOptIn: boolean('marketing_opt_in').notNull().default(false),
    accessibilityNeeds: text('accessibility_needs')
      .array()
      .notNull()
      .default(sql`'{}'`),
  },
  (table) => [
    check('user_preferences_currency', sql`${table.currency} ~ '^[A-Z]{3}$'`),
    check('user_preferences_needs', sql`cardinality(${table.accessibilityNeeds}) <= 20`),
  ],
)

/** Postal addresses. That there is a default whenever there is an address is the verbs' promise, that there is only one the index'. */
export const addresses = pgTable(
  'addresses',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    type: text('type', { enum: ['HOME', 'WORK', 'OTHER'] }).notNull(),
    line1: text('line1').notNull(),
    line2: text('line2'),
    city: text('city').notNull(),
    state: text('state'),
    postalCode: text('postal_code'),
    /** ISO 3166-1 alpha-2. */
    country: text('country').notNull(),
    isDefault: boolean('is_default').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('addresses_one_default')
      .on(table.userId)
      .where(sql`is_default`),
    index('addresses_of_user').on(table.userId, table.createdAt, table.id),
    check('addresses_type', sql`${table.type} in ('HOME', 'WORK', 'OTHER')`),
    check('addresses_country', sql`${table.country} ~ '^[A-Z]{2}$'`),
    ...[table.line1, table.line2, table.city, table.state, table.postalCode].map((line) =>
      check(`addresses_${line.name}_length`, sql`char_length(${line}) between 1 and 200`),
    ),
  ],
)

/**
 * Who has, or had, a booking with which partner, as booking's events told: the partner's staff may know their names and
 * e-mail addresses. Without a foreign key, because what another service knows is not for us to refuse.
 */
export const partnerCustomers = pgTable(
  'partner_customers',
  {
    partnerId: uuid('partner_id').notNull(),
    userId: uuid('user_id').notNull(),
    since: instant('since').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.partnerId] })],
)

/** The order in which revocations become true. */
export const revocationsOrder = pgSequence('revocations_order')

/**
 * Sign-ins that are over and accounts that are closed, as gateways ask for them: a row for each person, and for each
 * sign-in that ended alone. Without a foreign key, because whoever has not registered can sign out too.
 */
export const revocations = pgTable(
  'revocations',
  {
    subject: text('subject').notNull(),
    /** Cognito's `origin_jti`; empty for the person. */
    signInId: text('sign_in_id').notNull(),
    /** Sign-ins up to here are over. */
    signedOutAt: instant('signed_out_at'),
    isClosed: boolean('is_closed').notNull().default(false),
    changedAt: instant('changed_at').notNull(),
    /** In the order of commits: whoever writes holds a lock. */
    place: bigint('place', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.subject, table.signInId] }),
    uniqueIndex('revocations_in_order').on(table.place),
    check('revocations_accounts_have_no_sign_in', sql`not ${table.isClosed} or ${table.signInId} = ''`),
  ],
)

/** An account as it is stored. */
export type UserRow = typeof users.$inferSelect

/** Preferences as they are stored. */
export type UserPreferenceRow = typeof userPreferences.$inferSelect

/** An address as it is stored. */
export type AddressRow = typeof addresses.$inferSelect

/** A revocation as it is stored. */
export type RevocationRow = typeof revocations.$inferSelect
