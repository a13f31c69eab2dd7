import type { Resolvers } from '../generated/graphql.ts'
import { listReconciliations } from './reconciliation-reading.ts'

/** Reports of the ledger against the providers in the graph. */
export const reconciliationResolvers: Resolvers = {
  Query: {
    reconciliations: (_parent, args, context) => listReconciliations(context, args),
  },

  Reconciliation: {
    capturedByUs: ({ capturedByUs, currency }) => ({ amount: capturedByUs, currency }),
    capturedByProvider: ({ capturedByProvider, currency }) => ({ amount: capturedByProvider, currency }),
    refundedByUs: ({ refundedByUs, currency }) => ({ amount: refundedByUs, currency }),
    refundedByProvider: ({ refundedByProvider, currency }) => ({ amount: refundedByProvider, currency }),
    differences: ({ differences, currency }) => differences.map((difference) => ({ ...difference, currency })),
  },

  ReconciliationDifference: {
    ours: ({ ours, currency }) => ({ amount: ours, currency }),
    theirs: ({ theirs, currency }) => ({ amount: theirs, currency }),
  },
}
