import { connectionOf, pageOf, type Page } from '@tikitu/runtime/connection'
import { badInput } from '@tikitu/runtime/fault'
import { isAdmin, requireAdmin } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { text, validInput } from '@tikitu/runtime/validate'
import { z } from 'zod'
import type { Resolvers } from '../generated/graphql.ts'
import { findEntries, verifyAuditLog } from './audit-log.ts'
import { auditLoader } from './audit.loaders.ts'

/** Null in a filter is the same as nothing. */
const exactly = text(1, 200)
  .nullish()
  .transform((value) => value ?? undefined)
const instant = z
  .date()
  .nullish()
  .transform((value) => value ?? undefined)

const filterInput = z.object({
  action: exactly,
  actorId: exactly,
  resourceType: exactly,
  resourceId: exactly,
  from: instant,
  before: instant,
})

/** The audit log, for every admin and nobody else. */
export const auditResolvers: Resolvers = {
  Query: {
    auditLog: async (_parent, { filter, ...args }, context) => {
      requireAdmin(context.identity)
      const page = pageOf(args, 1)
      const search = { ...validInput(filterInput, filter ?? {}, 'filter'), after: placeOf(page), limit: page.limit }
      return connectionOf(await findEntries(context.database, search), page, ({ sequence }) => [String(sequence)])
    },
    verifyAuditLog: async (_parent, _args, context) => {
      requireAdmin(context.identity)
      const { entries, firstBrokenSequence } = await verifyAuditLog(context.database)
      return { intact: firstBrokenSequence === null, entries, firstBrokenSequence }
    },
  },
  AuditEntry: {
    __resolveReference: ({ id }, _args, context) =>
      isAdmin(context.identity) && isId(id) ? auditLoader(context).load(id) : null,
    actor: ({ actorKind, actorId }) =>
      actorKind === 'USER' && isId(actorId) ? { __typename: 'User', id: actorId } : null,
  },
}

function placeOf({ after }: Page): number | null {
  if (!after) return null
  const [sequence = ''] = after
  if (!/^[1-9]\d{0,14}$/.test(sequence)) throw badInput('after', 'is not a cursor of this list')
  return Number(sequence)
}
