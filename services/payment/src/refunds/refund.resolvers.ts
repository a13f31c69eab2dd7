import type { Resolvers } from '../generated/graphql.ts'
import { refundById } from '../payments/reading.ts'

/** Refunds in the graph. */
export const refundResolvers: Resolvers = {
  Refund: {
    __resolveReference: ({ id }, _args, context) => refundById(context, id),
    amount: ({ amount, currency }) => ({ amount, currency }),
  },
}
