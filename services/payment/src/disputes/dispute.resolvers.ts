import { connectionOf, instantAndId, pageOf } from '@tikitu/runtime/connection'
import { requireAdmin } from '@tikitu/runtime/identity'
import { loadMany } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import type { RequestContext } from '@tikitu/runtime/context'
import type { Resolvers } from '../generated/graphql.ts'
import { paymentById } from '../payments/reading.ts'
import { viewerOf } from '../payments/viewer.ts'
import { disputesOfPayments, disputesPage, type DisputeRow } from './dispute.sql.ts'

const loaders = perRequest(({ database: { orm } }: Pick<RequestContext, 'database'>) => ({
  disputesOfPayment: loadMany(
    (paymentIds) => disputesOfPayments(orm, paymentIds),
    (dispute: DisputeRow) => dispute.paymentId,
  ),
}))

/** Disputes in the graph. A payer knows of theirs from their bank. */
export const disputeResolvers: Resolvers = {
  Query: {
    async disputes(_parent, args, { identity, database }) {
      requireAdmin(identity, 'FINANCE', 'SUPPORT')
      const page = pageOf(args, 2)
      const status = args.filter?.status ?? undefined
      const query = { status, after: page.after && instantAndId(page.after), limit: page.limit }
      const rows = await disputesPage(database.orm, query)
      return connectionOf(rows, page, ({ openedAt, id }) => [openedAt.toISOString(), id])
    },
  },

  Payment: {
    async disputes({ id, partnerId }, _args, context) {
      const { all, partnerIds } = viewerOf(context.identity)
      return all || partnerIds.includes(partnerId) ? loaders(context).disputesOfPayment.load(id) : []
    },
  },

  Dispute: {
    payment: ({ paymentId }, _args, context) => paymentById(context, paymentId),
    booking: ({ bookingId }) => ({ __typename: 'Booking', id: bookingId }),
    amount: ({ amount, currency }) => ({ amount, currency }),
  },
}
