import { connectionOf, pageOf } from '@tikitu/runtime/connection'
import { badInput } from '@tikitu/runtime/fault'
import { isId } from '@tikitu/runtime/ids'
import { isCurrency } from '@tikitu/runtime/money'
import type { Resolvers } from '../generated/graphql.ts'
import { paymentById } from '../payments/reading.ts'
import { csv, decimal } from '../settlements/settlement.rules.ts'
import { maySeeMoneyOf } from '../settlements/settlement.resolvers.ts'
import { statementLines, statementTotals } from './statement.sql.ts'

/** The longest period, in milliseconds. */
const PERIOD_MILLISECONDS_MAX = 366 * 86_400_000

/** How many lines a statement has as CSV. */
const CSV_LINES_MAX = 10_000

/** Statements of partners in the graph. */
export const statementResolvers: Resolvers = {
  Query: {
    async partnerStatement(_parent, { partnerId, currency, from, until }, { identity, database }) {
      if (!isCurrency(currency)) throw badInput('currency', 'must be an ISO 4217 code such as GBP')
      if (until <= from || until.getTime() - from.getTime() > PERIOD_MILLISECONDS_MAX)
        throw badInput('until', 'must be after from, and by at most 366 days')
      if (!isId(partnerId) || !maySeeMoneyOf(identity, partnerId)) return null
      const period = { partnerId, currency, from, until }
      return { ...period, ...(await statementTotals(database.orm, period)) }
    },
  },

  PartnerStatement: {
    partner: ({ partnerId }) => ({ __typename: 'Partner', id: partnerId }),
    gross: ({ gross, currency }) => ({ amount: gross, currency }),
    commission: ({ commission, currency }) => ({ amount: commission, currency }),
    refunds: ({ refunds, currency }) => ({ amount: refunds, currency }),
    chargebacks: ({ chargebacks, currency }) => ({ amount: chargebacks, currency }),
    net: ({ net, currency }) => ({ amount: net, currency }),
    settled: ({ settled, currency }) => ({ amount: settled, currency }),
    async lines(period, args, { database }) {
      const page = pageOf(args, 2)
      const after = page.after && placeOf(page.after)
      const lines = await statementLines(database.orm, period, { after, limit: page.limit })
      return connectionOf(lines, page, ({ at, key }) => [at.toISOString(), key])
    },
    async csv(period, _args, { database }) {
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
    },
  },

  StatementLine: {
    booking: ({ bookingId }) => ({ __typename: 'Booking', id: bookingId }),
    payment: ({ paymentId }, _args, context) => paymentById(context, paymentId),
    amount: ({ amount, currency }) => ({ amount, currency }),
    commission: ({ commission, currency }) => ({ amount: commission, currency }),
    net: ({ net, currency }) => ({ amount: net, currency }),
  },
}

function placeOf([instant = '', key = '']: readonly string[]): { at: Date; key: string } {
  const at = new Date(instant)
  if (Number.isNaN(at.getTime()) || !/^[A-Z_]+:[0-9a-f-]{36}$/.test(key))
    throw badInput('after', 'is not a cursor of this list')
  return { at, key }
}
