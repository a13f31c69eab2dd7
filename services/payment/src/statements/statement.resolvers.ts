import type { Resolvers } from '../generated/graphql.ts'
import { paymentById } from '../payments/reading.ts'
import { linesOfStatement, partnerStatement, statementAsCsv } from './statements.ts'

/** Statements of partners in the graph. */
export const statementResolvers: Resolvers = {
  Query: {
    partnerStatement: (_parent, period, context) => partnerStatement(context, period),
  },

  PartnerStatement: {
    partner: ({ partnerId }) => ({ __typename: 'Partner', id: partnerId }),
    gross: ({ gross, currency }) => ({ amount: gross, currency }),
    commission: ({ commission, currency }) => ({ amount: commission, currency }),
    refunds: ({ refunds, currency }) => ({ amount: refunds, currency }),
    chargebacks: ({ chargebacks, currency }) => ({ amount: chargebacks, currency }),
    net: ({ net, currency }) => ({ amount: net, currency }),
    settled: ({ settled, currency }) => ({ amount: settled, currency }),
    lines: (period, args, context) => linesOfStatement(context, period, args),
    csv: (period, _args, context) => statementAsCsv(context, period),
  },

  StatementLine: {
    booking: ({ bookingId }) => ({ __typename: 'Booking', id: bookingId }),
    payment: ({ paymentId }, _args, context) => paymentById(context, paymentId),
    amount: ({ amount, currency }) => ({ amount, currency }),
    commission: ({ commission, currency }) => ({ amount: commission, currency }),
    net: ({ net, currency }) => ({ amount: net, currency }),
  },
}
