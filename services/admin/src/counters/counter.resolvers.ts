import { requireAdmin } from '@tikitu/runtime/identity'
import type { Resolvers } from '../generated/graphql.ts'
import { readCounters } from './counters.ts'

/** What the platform has done so far, for every admin. */
export const counterResolvers: Resolvers = {
  Query: {
    platformCounters: (_parent, _args, { identity, database }) => {
      requireAdmin(identity)
      return readCounters(database)
    },
  },
}
