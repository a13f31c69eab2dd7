import { z } from 'zod'
import { connectionOf, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { requireAdmin, requireUserId } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { email, phone, text, validInput, optionalKey } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { change, reading, visiblePartner } from '../reading.ts'
import { maySeeDetails } from '../staff/access.rules.ts'
import { venueConnection } from '../venues/venue-connection.ts'
import {
  registerPartner,
  rejectPartner,
  searchPartners,
  suspendPartner,
  updatePartner,
  verifyPartner,
} from './partners.ts'

const companyName = text(1, 200)
const taxId = text(1, 50)

const registerInput = z.object({
  companyName,
  contactEmail: email,
  contactPhone: phone.nullish(),
  taxId: taxId.nullish(),
  idempotencyKey: optionalKey,
})

const updateInput = z.object({
  partnerId: z.string(),
  companyName: companyName.optional(),
  contactEmail: email.optional(),
  contactPhone: phone.nullish(),
  taxId: taxId.nullish(),
})

const verifyInput = z.object({
  partnerId: z.string(),
  commissionBasisPoints: z.int().min(0, 'must be at least 0').max(10_000, 'must be at most 10000').nullish(),
  commissionFixedPerTicket: z.int().min(0, 'must be at least 0').max(100_000, 'must be at most 100000').nullish(),
})

const againstInput = z.object({ partnerId: z.string(), reason: text(1, 500) })

const partnerFilter = z.object({
  text: text(0, 200).nullish(),
  status: z.enum(['PENDING', 'VERIFIED', 'REJECTED', 'SUSPENDED']).nullish(),
})

/** Partners in the graph. */
export const partnerResolvers = {
  Query: {
    partner: (_, { id }, context) => visiblePartner(context, id),

    myPartners: async (_, _args, context) => {
      if (context.identity.kind !== 'machine') requireUserId(context.identity)
      const { caller, partner } = reading(context)
      const { roles } = await caller()
      const rows = await Promise.all([...roles.keys()].toSorted().map((id) => partner.load(id)))
      return rows.filter((row) => row !== null)
    },

    partners: async (_, args, context) => {
      requireAdmin(context.identity)
      const filter = validInput(partnerFilter, args.filter ?? {}, 'filter')
      const page = pageOf(args, 1)
      const [after = null] = page.after ?? []
      if (after !== null && !isId(after)) throw badInput('after', 'is not a cursor of this list')
      const rows = await searchPartners(context.database.orm, { ...filter, after, limit: page.limit })
      return connectionOf(rows, page, (row) => [row.id])
    },
  },

  Mutation: {
    registerPartner: async (_, args, context) => {
      const ownerId = requireUserId(context.identity)
      const input = validInput(registerInput, args.input)
      const { subject } = context.identity
      return change(context, 'Partner', (tx, at) => registerPartner(tx, { ...input, ownerId, subject, at }))
    },

    updatePartner: async (_, args, context) => {
      requireUserId(context.identity)
      const { partnerId, ...changes } = validInput(updateInput, args.input)
      const { identity } = context
      return change(context, 'Partner', (tx, at) => updatePartner(tx, { identity, partnerId, changes, at }))
    },

    verifyPartner: async (_, args, context) => {
      requireAdmin(context.identity, 'SUPPORT')
      const { partnerId, commissionBasisPoints, commissionFixedPerTicket } = validInput(verifyInput, args.input)
      const { identity, settings } = context
      const named = { basisPoints: commissionBasisPoints, fixedPerTicket: commissionFixedPerTicket }
      const initial = {
        basisPoints: settings.get('partner.commissionBasisPoints'),
        fixedPerTicket: settings.get('partner.commissionFixedPerTicket'),
      }
      return change(context, 'Partner', (tx, at) => verifyPartner(tx, { identity, partnerId, named, initial, at }))
    },

    rejectPartner: async (_, args, context) => {
      requireAdmin(context.identity, 'SUPPORT')
      const input = validInput(againstInput, args.input)
      const { identity } = context
      return change(context, 'Partner', (tx, at) => rejectPartner(tx, { ...input, identity, at }))
    },

    suspendPartner: async (_, args, context) => {
      requireAdmin(context.identity, 'SUPPORT')
      const input = validInput(againstInput, args.input)
      const { identity } = context
      return change(context, 'Partner', (tx, at) => suspendPartner(tx, { ...input, identity, at }))
    },
  },

  Partner: {
    __resolveReference: ({ id }, _args, context) => visiblePartner(context, id),
    contactEmail: (partner, _args, context) => detail(context, partner.id, () => partner.contactEmail),
    contactPhone: (partner, _args, context) => detail(context, partner.id, () => partner.contactPhone),
    taxId: (partner, _args, context) => detail(context, partner.id, () => partner.taxId),
    statusReason: (partner, _args, context) => detail(context, partner.id, () => partner.statusReason),
    owner: (partner, _args, context) => detail(context, partner.id, () => userReference(partner.ownerId)),
    staff: (partner, _args, context) => detail(context, partner.id, () => reading(context).staffOf.load(partner.id)),
    commissionTerms: (partner, _args, context) =>
      detail(context, partner.id, () => reading(context).termsOf.load(partner.id)),
    venues: (partner, args, context) => venueConnection(context, { partnerId: partner.id }, args),
  },

  StaffMember: {
    user: ({ userId }) => userReference(userId),
  },
} satisfies Resolvers

/** What only the partner's staff and admins may read; null for all others. */
async function detail<Value>(
  context: RequestContext,
  partnerId: string,
  read: () => Value | Promise<Value>,
): Promise<Value | null> {
  return maySeeDetails(await reading(context).caller(), partnerId) ? read() : null
}

const userReference = (id: string) => ({ __typename: 'User' as const, id })
