import { sql } from 'drizzle-orm'
import { check, integer, pgTable } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** What is added to prices since when, as the platform's settings said; before the first row nothing. Rows are only added. */
export const feeTerms = pgTable(
  'fee_terms',
  {
    effectiveAt: instant('effective_at').primaryKey(),
    feeBasisPoints: integer('fee_basis_points').notNull(),
    /** In minor units. */
    feeFixedPerTicket: integer('fee_fixed_per_ticket').notNull(),
    taxBasisPoints: integer('tax_basis_points').notNull(),
  },
  () => [
    check(
      'fee_terms_range',
      sql`fee_basis_points between 0 and 10000 and fee_fixed_per_ticket >= 0 and tax_basis_points between 0 and 10000`,
    ),
  ],
)
