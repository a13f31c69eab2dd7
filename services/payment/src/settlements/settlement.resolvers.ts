import { connectionOf, emptyConnection, instantAndId, pageOf } from '@tikitu/runtime/connection'
import { mutate, type RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { isAdmin, mayActFor, requireAdmin, type Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { paymentById } from '../payments/reading.ts'
import { markPaidInput } from './settlement.input.ts'
import { instructionsAsCsv, instructionsAsJson, referenceOf, type SettlementStatus } from './settlement.rules.ts'
import { oldestDue, settlementById, settlementLines, settlementsPage } from './settlement.sql.ts'
import { markSettlementPaid } from './settlements.ts'

/** How many transfers one document has at most. */
const INSTRUCTIONS_MAX = 1_000

/** Whether the caller may see what this partner is paid. */
export function maySeeMoneyOf(identity: Identity, partnerId: string): boolean {
  return isAdmin(identity, 'FINANCE') || mayActFor(identity, partnerId, ['OWNER', 'MANAGER'], 'tikitu/sales.read')
}

/** Settlements in the graph, and what partners have of them. */
export const settlementResolvers: Resolvers = {
  Query: {
    async settlements(_parent, { filter, ...args }, context) {
      const { partnerId, status } = filter ?? {}
      if (partnerId == null) requireAdmin(context.identity, 'FINANCE')
      return list(context, { ...args, partnerId: partnerId ?? undefined, status: status ?? undefined })
    },

    async settlement(_parent, { id }, { identity, database }) {
      const settlement = isId(id) ? await settlementById(database.orm, id) : null
      return settlement && maySeeMoneyOf(identity, settlement.partnerId) ? settlement : null
    },

    async payoutInstructions(_parent, { format }, { identity, database }) {
      requireAdmin(identity, 'FINANCE')
      const due = await oldestDue(database.orm, INSTRUCTIONS_MAX)
      const instructions = due.map(({ id: settlementId, ...rest }) => ({ settlementId, ...rest }))
      return format === 'JSON' ? instructionsAsJson(instructions) : instructionsAsCsv(instructions)
    },
  },

  Mutation: {
    async markSettlementPaid(_parent, { input }, context) {
      const { identity, database } = context
      requireAdmin(identity, 'FINANCE')
      const wish = validInput(markPaidInput, input)
      const outcome = await mutate(context, 'Settlement', (tx, at) => markSettlementPaid(tx, { ...wish, identity, at }))
      if (outcome.__typename !== 'Settlement') return outcome
      const settlement = await settlementById(database.orm, outcome.id)
      if (!settlement) throw new Error(`settlement ${outcome.id} is gone`)
      return { __typename: 'Settlement', ...settlement }
    },
  },

  Settlement: {
    partner: ({ partnerId }) => ({ __typename: 'Partner', id: partnerId }),
    amount: ({ amount, currency }) => ({ amount, currency }),
    reference: ({ id }) => referenceOf(id),
    async lines({ id, currency }, args, { database }) {
      const page = pageOf(args, 1)
      const after = page.after?.[0] ?? null
      if (after !== null && !isId(after)) throw badInput('after', 'is not a cursor of this list')
      const lines = await settlementLines(database.orm, { id, after, limit: page.limit })
      const rows = lines.map((line) => ({ ...line, currency }))
      return connectionOf(rows, page, ({ paymentId }) => [paymentId])
    },
  },

  SettlementLine: {
    booking: ({ bookingId }) => ({ __typename: 'Booking', id: bookingId }),
    payment: ({ paymentId }, _args, context) => paymentById(context, paymentId),
    amount: ({ amount, currency }) => ({ amount, currency }),
  },

  Partner: {
    __resolveReference: ({ id }) => ({ __typename: 'Partner', id }),
    settlements: ({ id }, args, context) => list(context, { ...args, partnerId: id }),
  },
}

interface ListArgs {
  readonly first: number
  readonly after?: string | null | undefined
  readonly partnerId?: string | undefined
  readonly status?: SettlementStatus | undefined
}

async function list({ identity, database }: RequestContext, { partnerId, status, ...args }: ListArgs) {
  const page = pageOf(args, 2)
  if (partnerId !== undefined && !(isId(partnerId) && maySeeMoneyOf(identity, partnerId))) return emptyConnection()
  const query = { partnerId, status, after: page.after && instantAndId(page.after), limit: page.limit }
  const rows = await settlementsPage(database.orm, query)
  return connectionOf(rows, page, ({ dueAt, id }) => [dueAt.toISOString(), id])
}
