import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Plan, PlanArea, SectionSummary } from './seating-plans/plan.rules.ts'

export * from '@tikitu/runtime/events/tables'
export { idempotencyKeys } from '@tikitu/runtime/idempotency'
export { platformSettings } from '@tikitu/runtime/settings'

/** Milliseconds, as JavaScript and the graph have them: what is read back is what was written. */
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** Companies that sell through us, or asked to. */
export const partners = pgTable(
  'partners',
  {
    id: uuid('id').primaryKey(),
    /** `User.id` of whoever registered it. */
    ownerId: uuid('owner_id').notNull(),
    companyName: text('company_name').notNull(),
    contactEmail: text('contact_email').notNull(),
    contactPhone: text('contact_phone'),
    taxId: text('tax_id'),
    status: text('status', { enum: ['PENDING', 'VERIFIED', 'REJECTED', 'SUSPENDED'] })
      .notNull()
      .default('PENDING'),
    /** Why an admin rejected or suspended it. */
    statusReason: text('status_reason'),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    check('partners_status', sql`${table.status} in ('PENDING', 'VERIFIED', 'REJECTED', 'SUSPENDED')`),
    check(
      'partners_status_reason',
      sql`(${table.status} in ('REJECTED', 'SUSPENDED')) = (${table.statusReason} is not null)`,
    ),
    check('partners_company_name', sql`char_length(${table.companyName}) between 1 and 200`),
    check('partners_tax_id', sql`char_length(${table.taxId}) between 1 and 50`),
    check('partners_contact_phone', sql`${table.contactPhone} ~ '^\\+[1-9][0-9]{6,14}$'`),
    uniqueIndex('partners_name_once_per_owner')
      .on(table.ownerId, sql`lower(${table.companyName})`)
      .where(sql`${table.status} <> 'REJECTED'`),
    index('partners_by_status').on(table.status, table.id),
  ],
)

/** Who works for a partner. */
export const staff = pgTable(
  'staff',
  {
    partnerId: uuid('partner_id')
      .notNull()
      .references(() => partners.id),
    /** `User.id`. */
    userId: uuid('user_id').notNull(),
    /** The person's subject in the user pool, by which the gateway and the pool know them. */
    subject: text('subject').notNull(),
    role: text('role', { enum: ['OWNER', 'MANAGER', 'SCANNER'] }).notNull(),
    since: instant('since').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.partnerId, table.userId] }),
    check('staff_role', sql`${table.role} in ('OWNER', 'MANAGER', 'SCANNER')`),
    uniqueIndex('staff_one_owner')
      .on(table.partnerId)
      .where(sql`${table.role} = 'OWNER'`),
    index('staff_by_user').on(table.userId),
    index('staff_by_subject').on(table.subject),
  ],
)

/** App clients of the user pool that are a partner's machines. */
export const apiClients = pgTable(
  'api_clients',
  {
    /** The client id in the user pool, which is the subject of its tokens. */
    clientId: text('client_id').primaryKey(),
    partnerId: uuid('partner_id')
      .notNull()
      .references(() => partners.id),
    /** For people. */
    name: text('name').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    check('api_clients_client_id', sql`char_length(${table.clientId}) between 1 and 200`),
    check('api_clients_name', sql`char_length(${table.name}) between 1 and 100`),
    index('api_clients_by_partner').on(table.partnerId),
  ],
)

/** What a partner pays us, from an instant on. Terms are added, never changed. */
export const commissionTerms = pgTable(
  'commission_terms',
  {
    partnerId: uuid('partner_id')
      .notNull()
      .references(() => partners.id),
    effectiveFrom: instant('effective_from').notNull(),
    /** Share of the price; 250 is 2.5 %. */
    basisPoints: integer('basis_points').notNull(),
    /** Added for each ticket, in minor units of the event's currency. */
    fixedPerTicket: integer('fixed_per_ticket').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.partnerId, table.effectiveFrom] }),
    check('commission_terms_basis_points', sql`${table.basisPoints} between 0 and 10000`),
    check('commission_terms_fixed_per_ticket', sql`${table.fixedPerTicket} >= 0`),
  ],
)

/** Places where events happen. */
export const venues = pgTable(
  'venues',
  {
    id: uuid('id').primaryKey(),
    partnerId: uuid('partner_id')
      .notNull()
      .references(() => partners.id),
    name: text('name').notNull(),
    address: text('address'),
    city: text('city').notNull(),
    state: text('state'),
    /** ISO 3166-1 alpha-2. */
    country: text('country').notNull(),
    /** Degrees north. */
    latitude: doublePrecision('latitude'),
    /** Degrees east. */
    longitude: doublePrecision('longitude'),
    /** IANA. */
    timezone: text('timezone').notNull(),
    /** People. */
    capacity: integer('capacity').notNull(),
    description: text('description'),
    isActive: boolean('is_active').notNull().default(true),
    /** Counts the changes, so that a copy elsewhere knows which of two is newer. */
    version: integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull(),
    /** Lists go by it. PostgreSQL's idea of small letters is not always JavaScript's, so the row carries it. */
    nameKey: text('name_key')
      .notNull()
      .generatedAlwaysAs(sql`lower(name)`),
  },
  (table) => [
    check('venues_name', sql`char_length(${table.name}) between 1 and 200`),
    check('venues_country', sql`${table.country} ~ '^[A-Z]{2}$'`),
    check('venues_capacity', sql`${table.capacity} between 1 and 1000000`),
    check('venues_latitude', sql`${table.latitude} between -90 and 90`),
    check('venues_longitude', sql`${table.longitude} between -180 and 180`),
    check('venues_location_whole', sql`(${table.latitude} is null) = (${table.longitude} is null)`),
    check('venues_version', sql`${table.version} > 0`),
    // A plan names its venue and its partner, and both must be of one row.
    unique('venues_of_partner').on(table.id, table.partnerId),
    index('venues_active_by_name')
      .on(table.nameKey, table.id)
      .where(sql`${table.isActive}`),
    index('venues_by_partner').on(table.partnerId, table.nameKey, table.id),
    index('venues_by_city').on(sql`lower(${table.city})`),
    index('venues_by_part_of_name').using('gin', sql`${table.nameKey} gin_trgm_ops`),
    index('venues_by_part_of_city').using('gin', sql`lower(${table.city}) gin_trgm_ops`),
  ],
)

/** Versions of venues' seating plans. A trigger refuses every change: tickets were sold by them. */
export const seatingPlans = pgTable(
  'seating_plans',
  {
    id: uuid('id').primaryKey(),
    venueId: uuid('venue_id').notNull(),
    partnerId: uuid('partner_id').notNull(),
    name: text('name').notNull(),
    /** Counted from 1 within the venue. */
    version: integer('version').notNull(),
    seatCount: integer('seat_count').notNull(),
    categories: text('categories').array().notNull(),
    /** The sections in figures; the seats themselves are in `layout`. */
    sections: jsonb('sections').$type<readonly SectionSummary[]>().notNull(),
    areas: jsonb('areas').$type<readonly PlanArea[]>().notNull(),
    /** Every seat: some megabytes, so nothing reads it that only lists plans. */
    layout: jsonb('layout').$type<Plan['sections']>().notNull(),
    /** What people look at; null when the source did not say. */
    focalPoint: jsonb('focal_point').$type<NonNullable<Plan['focalPoint']>>(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    foreignKey({
      name: 'seating_plans_of_venue',
      columns: [table.venueId, table.partnerId],
      foreignColumns: [venues.id, venues.partnerId],
    }),
    unique('seating_plans_version').on(table.venueId, table.version),
    check('seating_plans_name', sql`char_length(${table.name}) between 1 and 200`),
    check('seating_plans_version_positive', sql`${table.version} > 0`),
    check('seating_plans_seat_count', sql`${table.seatCount} between 0 and 100000`),
  ],
)
