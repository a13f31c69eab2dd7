import { mutate } from '@tikitu/runtime/context'
import { isAdmin, requireAdmin } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { email, text, validInput } from '@tikitu/runtime/validate'
import { z } from 'zod'
import type { Resolvers } from '../generated/graphql.ts'
import { adminLoader } from './admin.loaders.ts'
import { activeAdmin, addAdmin, changeAdminRole, deactivateAdmin, listAdmins } from './admins.ts'

const addInput = z.object({
  cognitoSub: z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be a Cognito subject'),
  email,
  name: text(1, 200),
  role: z.enum(['SUPER_ADMIN', 'SUPPORT', 'FINANCE']),
})

/** Who runs the platform: seen by admins, changed by SUPER_ADMINs. */
export const adminResolvers: Resolvers = {
  Query: {
    myAdmin: (_parent, _args, { identity, database }) =>
      isAdmin(identity) ? activeAdmin(database, identity.subject) : null,
    admins: (_parent, _args, { identity, database }) => {
      requireAdmin(identity)
      return listAdmins(database)
    },
  },
  Mutation: {
    addAdmin: (_parent, { input }, context) => {
      const by = context.identity
      requireAdmin(by, 'SUPER_ADMIN')
      const person = validInput(addInput, input)
      return mutate(context, 'Admin', (tx, at) => addAdmin(tx, { by, at, ...person }))
    },
    changeAdminRole: (_parent, { input: { adminId, role } }, context) => {
      const by = context.identity
      requireAdmin(by, 'SUPER_ADMIN')
      return mutate(context, 'Admin', (tx, at) => changeAdminRole(tx, { by, at, adminId, role }))
    },
    deactivateAdmin: (_parent, { input: { adminId } }, context) => {
      const by = context.identity
      requireAdmin(by, 'SUPER_ADMIN')
      return mutate(context, 'Admin', (tx, at) => deactivateAdmin(tx, { by, at, adminId }))
    },
  },
  Admin: {
    __resolveReference: ({ id }, _args, context) =>
      isAdmin(context.identity) && isId(id) ? adminLoader(context).load(id) : null,
  },
}
