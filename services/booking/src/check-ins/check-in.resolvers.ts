import type { RequestContext } from '@tikitu/runtime/context'
import { Fault } from '@tikitu/runtime/fault'
import { toUnion } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { checkInInput, code, device } from './check-in.input.ts'
import { sentenceFor } from './check-in.rules.ts'
import { checkIn, validateTicket, type DoorAnswer } from './check-ins.ts'

/** A single scan in the graph. */
export const checkInResolvers: Resolvers = {
  Query: {
    async validateTicket(_parent, { eventId, ...args }, { database, identity }) {
      const look = { eventId, identity, code: validInput(code, args.code, 'code'), device: keeperOf(args) }
      const outcome = await transact(database, (tx, at) => validateTicket(tx, { ...look, at }))
      if (!outcome.ok) throw new Fault('NOT_FOUND', outcome.message)
      const { reason, ticket } = outcome.value
      return { valid: reason === null, reason, ticket }
    },
  },

  Mutation: {
    async checkIn(_parent, { input }, context) {
      const scan = validInput(checkInInput, input)
      const outcome = await transact(context.database, (tx, at) =>
        checkIn(tx, { ...scan, identity: context.identity, at }),
      )
      return outcome.ok ? spoken(outcome.value, context) : toUnion(outcome, 'CheckInAccepted')
    },
  },
}

/** The device that a question names, if it names one. */
export function keeperOf(args: { readonly device?: string | null }): string | null | undefined {
  return validInput(device, args.device, 'device')
}

/** A scan that was not let through is kept, so its transaction committed, and it becomes a refusal only here. */
function spoken({ reason, direction, ticket, at }: DoorAnswer, { log }: RequestContext) {
  if (reason === null) {
    if (!ticket) throw new Error('somebody was let through without a ticket')
    return { __typename: 'CheckInAccepted' as const, ticket, direction, at }
  }
  log.info({ refusal: 'CheckInRefused', facts: { reason } }, 'refused')
  const first = reason === 'ALREADY_USED' ? ticket : null
  return {
    __typename: 'CheckInRefused' as const,
    message: sentenceFor(reason),
    reason,
    firstUsedAt: first?.usedAt ?? null,
    firstUsedGate: first?.usedGate ?? null,
  }
}
