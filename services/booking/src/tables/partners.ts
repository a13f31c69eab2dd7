import { check, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant, oneOf } from './columns.ts'

export const PARTNER_STATUSES = ['VERIFIED', 'REJECTED', 'SUSPENDED'] as const

/** What booking remembers about partners, from partner's events. */
export const partners = pgTable(
  'partners',
  {
    partnerId: uuid('partner_id').primaryKey(),
    status: text('status', { enum: PARTNER_STATUSES }).notNull(),
    commissionBasisPoints: integer('commission_basis_points').notNull(),
    commissionFixedPerTicket: integer('commission_fixed_per_ticket').notNull(),
    changedAt: instant('changed_at').notNull(),
  },
  () => [check('partners_status', oneOf('status', PARTNER_STATUSES))],
)
