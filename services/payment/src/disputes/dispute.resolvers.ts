import type { Resolvers } from '../generated/graphql.ts'
import { paymentById } from '../payments/reading.ts'
import { disputesOf, listDisputes } from './dispute-reading.ts'

/** Disputes in the graph. */
export const disputeResolvers: Resolvers = {
  Query: {
    disputes: (_parent, args, context) => listDisputes(context, args),
  },

  Payment: {
    disputes: (payment, _args, context) => disputesOf(context, payment),
  },

  Dispute: {
    payment: ({ paymentId }, _args, context) => paymentById(context, paymentId),
    booking: ({ bookingId }) => ({ __typename: 'Booking', id: bookingId }),
    amount: ({ amount, currency }) => ({ amount, currency }),
  },
}
