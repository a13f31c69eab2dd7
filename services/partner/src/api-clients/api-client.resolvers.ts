import { z } from 'zod'
import { requireAdmin } from '@tikitu/runtime/identity'
import { optionalKey, text, validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { change, visiblePartner } from '../reading.ts'
import { addApiClient } from './api-clients.ts'

const addInput = z.object({
  partnerId: z.string(),
  clientId: z.string().regex(/^\w{1,128}$/, 'must be the id of an app client: letters, digits and underscores'),
  name: text(1, 100),
  idempotencyKey: optionalKey,
})

/** Partners' own programs in the graph. */
export const apiClientResolvers = {
  Mutation: {
    addApiClient: async (_, args, context) => {
      requireAdmin(context.identity, 'SUPPORT')
      const input = validInput(addInput, args.input)
      const { identity } = context
      return change(context, 'ApiClient', (tx, at) => addApiClient(tx, { ...input, identity, at }))
    },
  },

  ApiClient: {
    partner: ({ partnerId }, _args, context) => visiblePartner(context, partnerId),
  },
} satisfies Resolvers
