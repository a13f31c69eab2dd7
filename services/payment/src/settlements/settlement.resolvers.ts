import { mutate } from '@tikitu/runtime/context'
import { requireAdmin } from '@tikitu/runtime/identity'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { paymentById } from '../payments/reading.ts'
import {
  freshSettlement,
  linesOfSettlement,
  listSettlements,
  visibleSettlement,
  writeInstructions,
} from './settlement-reading.ts'
import { markPaidInput } from './settlement.input.ts'
import { referenceOf } from './settlement.rules.ts'
import { markSettlementPaid } from './settlements.ts'

/** Settlements in the graph, and what partners have of them. */
export const settlementResolvers: Resolvers = {
  Query: {
    settlements: (_parent, { filter, ...args }, context) =>
      listSettlements(context, {
        ...args,
        partnerId: filter?.partnerId ?? undefined,
        status: filter?.status ?? undefined,
      }),
    settlement: (_parent, { id }, context) => visibleSettlement(context, id),
    payoutInstructions: (_parent, { format }, context) => writeInstructions(context, format),
  },

  Mutation: {
    async markSettlementPaid(_parent, { input }, context) {
      const { identity } = context
      requireAdmin(identity, 'FINANCE')
      const wish = validInput(markPaidInput, input)
      const outcome = await mutate(context, 'Settlement', (tx, at) => markSettlementPaid(tx, { ...wish, identity, at }))
      if (outcome.__typename !== 'Settlement') return outcome
      return { __typename: 'Settlement', ...(await freshSettlement(context, outcome.id)) }
    },
  },

  Settlement: {
    partner: ({ partnerId }) => ({ __typename: 'Partner', id: partnerId }),
    amount: ({ amount, currency }) => ({ amount, currency }),
    reference: ({ id }) => referenceOf(id),
    lines: (settlement, args, context) => linesOfSettlement(context, settlement, args),
  },

  SettlementLine: {
    booking: ({ bookingId }) => ({ __typename: 'Booking', id: bookingId }),
    payment: ({ paymentId }, _args, context) => paymentById(context, paymentId),
    amount: ({ amount, currency }) => ({ amount, currency }),
  },

  Partner: {
    __resolveReference: ({ id }) => ({ __typename: 'Partner', id }),
    settlements: ({ id }, args, context) => listSettlements(context, { ...args, partnerId: id }),
  },
}
