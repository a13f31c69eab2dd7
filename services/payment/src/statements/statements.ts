import { connectionOf, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { isId } from '@tikitu/runtime/ids'
import { isCurrency } from '@tikitu/runtime/money'
import { maySeeMoneyOf } from '../settlements/settlement-reading.ts'
import { csv, decimal } from '../settlements/settlement.rules.ts'
import { statementLines, statementTotals, type StatementPeriod } from './statement.sql.ts'

/** The longest period, in milliseconds. */
const PERIOD_MILLISECONDS_MAX = 366 * 86_400_000

/** How many lines a statement has as CSV. */
const CSV_LINES_MAX = 10_000

/** What a partner's sales came to; null when the caller may not see it. */
export async function partnerStatement({ identity, database }: RequestContext, period: StatementPeriod) {
  const { partnerId, currency, from, until } = period
  if (!isCurrency(currency)) throw badInput('currency', 'must be an ISO 4217 code such as GBP')
  if (until <= from || until.getTime() - from.getTime() > PERIOD_MILLISECONDS_MAX)
    throw badInput('until', 'must be after from, and by at most 366 days')
  if (!isId(partnerId) || !maySeeMoneyOf(identity, partnerId)) return null
  return { ...period, ...(await statementTotals(database.orm, period)) }
}

/** A page of the lines of a statement, oldest first. */
export async function linesOfStatement(
  { database }: RequestContext,
  period: StatementPeriod,
  args: { readonly first: number; readonly after?: string | null | undefined },
) {
  const page = pageOf(args, 2)
  const after = page.after && placeOf(page.after)
  const lines = await statementLines(database.orm, period, { after, limit: page.limit })
  return connectionOf(lines, page, ({ at, key }) => [at.toISOString(), key])
}

/** The first lines of a statement as CSV. */
export async function statementAsCsv({ database }: RequestContext, period: StatementPeriod): Promise<string> {
  const lines = await statementLines(database.orm, period, { after: null, limit: CSV_LINES_MAX })
  return csv(
    ['at', 'kind', 'booking_id', 'payment_id', 'currency', 'amount', 'commission', 'net'],
    lines.map(({ at, kind, bookingId, paymentId, currency, amount, commission, net }) => [
      at.toISOString(),
      kind,
      bookingId,
      paymentId,
      currency,
      ...[amount, commission, net].map((part) => decimal(part, currency)),
    ]),
  )
}

function placeOf([instant = '', key = '']: readonly string[]): { at: Date; key: string } {
  const at = new Date(instant)
  if (Number.isNaN(at.getTime()) || !/^[A-Z_]+:[0-9a-f-]{36}$/.test(key))
    throw badInput('after', 'is not a cursor of this list')
  return { at, key }
}
