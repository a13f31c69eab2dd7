import type { Database } from '@tikitu/runtime/database'
import { heldAt, recentFeeTerms, termsAt } from './fee-terms.ts'
import { NO_FEES, quoteFor, type PricedLine, type Quote } from './price.rules.ts'

/** What a checkout of this hold would charge: the terms are those of when it was made. */
export async function priceOfHold<Line extends PricedLine>(
  database: Database,
  { id, lines }: { readonly id: string; readonly lines: readonly Line[] },
): Promise<Quote<Line>> {
  return quoteFor(lines, termsAt(await recentFeeTerms(database), heldAt(id)))
}

/** What one ticket at this price costs by the newest terms, which may come into force only in a moment. */
export async function priceOfOne(database: Database, unitPrice: number): Promise<Quote> {
  const [newest = NO_FEES] = await recentFeeTerms(database)
  return quoteFor([{ quantity: 1, unitPrice }], newest)
}
