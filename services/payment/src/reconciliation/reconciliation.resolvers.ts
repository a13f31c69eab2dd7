import { connectionOf, pageOf } from '@tikitu/runtime/connection'
import { badInput } from '@tikitu/runtime/fault'
import { requireAdmin } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import type { Resolvers } from '../generated/graphql.ts'
import { reconciliationsPage } from './reconciliation.sql.ts'

/** Reports of the ledger against the providers in the graph. */
export const reconciliationResolvers: Resolvers = {
  Query: {
    async reconciliations(_parent, args, { identity, database }) {
      requireAdmin(identity, 'FINANCE')
      const page = pageOf(args, 2)
      const after = page.after && placeOf(page.after)
      const rows = await reconciliationsPage(database.orm, { after, limit: page.limit })
      return connectionOf(rows, page, ({ day, id }) => [day, id])
    },
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

function placeOf([day = '', id = '']: readonly string[]): { day: string; id: string } {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(new Date(day).getTime())
  if (!isDay || !isId(id)) throw badInput('after', 'is not a cursor of this list')
  return { day, id }
}
