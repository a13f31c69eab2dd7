import { disputeResolvers } from './disputes/dispute.resolvers.ts'
import type { Resolvers } from './generated/graphql.ts'
import { paymentResolvers, type PaymentDesk } from './payments/payment.resolvers.ts'
import { reconciliationResolvers } from './reconciliation/reconciliation.resolvers.ts'
import { refundResolvers } from './refunds/refund.resolvers.ts'
import { settlementResolvers } from './settlements/settlement.resolvers.ts'
import { statementResolvers } from './statements/statement.resolvers.ts'

/** Everything that payment has in the graph. */
export function resolversOf(desk: PaymentDesk): Resolvers {
  const payments = paymentResolvers(desk)
  return {
    ...payments,
    ...refundResolvers,
    ...disputeResolvers,
    ...settlementResolvers,
    ...statementResolvers,
    ...reconciliationResolvers,
    Payment: { ...payments.Payment, ...disputeResolvers.Payment },
    Query: {
      ...payments.Query,
      ...refundResolvers.Query,
      ...disputeResolvers.Query,
      ...settlementResolvers.Query,
      ...statementResolvers.Query,
      ...reconciliationResolvers.Query,
    },
    Mutation: { ...payments.Mutation, ...refundResolvers.Mutation, ...settlementResolvers.Mutation },
  }
}
