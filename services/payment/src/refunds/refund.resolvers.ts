import { mutate, type RequestContext } from '@tikitu/runtime/context'
import { isAdmin, requireAdmin } from '@tikitu/runtime/identity'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { paymentById, refundById } from '../payments/reading.ts'
import { approveRefund, rejectRefund, resolveRefund, retryRefund } from './decisions.ts'
import { decideInput } from './refund.input.ts'
import { decidedRefund, listRefunds } from './refund-reading.ts'

/** Refunds in the graph: themselves, the list of money matters, and what an admin decides about them. */
export const refundResolvers: Resolvers = {
  Query: {
    refunds: (_parent, args, context) => listRefunds(context, args),
  },

  Mutation: {
    async approveRefund(_parent, { input }, context) {
      const decision = decisionOf(context, input)
      const outcome = await mutate(context, 'Refund', (tx, at) => approveRefund(tx, { ...decision, at }))
      return outcome.__typename === 'Refund' ? decidedRefund(context, outcome.id) : outcome
    },

    async rejectRefund(_parent, { input }, context) {
      const decision = decisionOf(context, input)
      const outcome = await mutate(context, 'Refund', (tx, at) => rejectRefund(tx, { ...decision, at }))
      return outcome.__typename === 'Refund' ? decidedRefund(context, outcome.id) : outcome
    },

    async retryRefund(_parent, { input }, context) {
      const decision = decisionOf(context, input)
      const outcome = await mutate(context, 'Refund', (tx, at) => retryRefund(tx, { ...decision, at }))
      return outcome.__typename === 'Refund' ? decidedRefund(context, outcome.id) : outcome
    },

    async resolveRefund(_parent, { input }, context) {
      const decision = decisionOf(context, input)
      const outcome = await mutate(context, 'Refund', (tx, at) => resolveRefund(tx, { ...decision, at }))
      return outcome.__typename === 'Refund' ? decidedRefund(context, outcome.id) : outcome
    },
  },

  Refund: {
    __resolveReference: ({ id }, _args, context) => refundById(context, id),
    amount: ({ amount, currency }) => ({ amount, currency }),
    payment: ({ paymentId }, _args, context) => (paymentId === null ? null : paymentById(context, paymentId)),
    requestedBy: ({ requestedBy }, _args, context) => forMoneyMatters(context, requestedBy),
    decidedBy: ({ decidedBy }, _args, context) => forMoneyMatters(context, decidedBy),
    decisionNote: ({ decisionNote }, _args, context) => forMoneyMatters(context, decisionNote),
  },
}

const forMoneyMatters = ({ identity }: RequestContext, text: string | null) =>
  isAdmin(identity, 'FINANCE', 'SUPPORT') ? text : null

/** Not for support, which may see refunds and not move money. */
function decisionOf(context: RequestContext, input: unknown) {
  requireAdmin(context.identity, 'FINANCE')
  return { ...validInput(decideInput, input), identity: context.identity }
}
