import type { Resolvers } from '../generated/graphql.ts'
import { auditInventory } from './audit.ts'

/** The audit in the graph. */
export const auditResolvers: Resolvers = {
  Query: { auditInventory: (_parent, _args, context) => auditInventory(context) },
}
