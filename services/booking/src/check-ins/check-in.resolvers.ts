import type { RequestContext } from '@tikitu/runtime/context'
import { Fault } from '@tikitu/runtime/fault'
import { toUnion } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { checkInInput, code } from './check-in.input.ts'
import { sentenceFor } from './check-in.rules.ts'
import { checkIn, validateTicket, type DoorAnswer } from './check-ins.ts'

/** The door in the graph. */
export const checkInResolvers: Resolvers = {
  Query: {
    async validateTicket(_parent, { eventId, ...args }, context) {
      const shown = validInput(code, args.code, 'code')
      const outcome = await transact(context.database, (tx, at) =>
        validateTicket(tx, { eventId, code: shown, identity: context.identity, at }),
      )
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

/** A scan that was not let in is kept, so its transaction committed, and it becomes a refusal only here. */
function spoken({ reason, ticket, at }: DoorAnswer, { log }: RequestContext) {
  if (reason === null) {
    if (!ticket) throw new Error('somebody was let in without a ticket')
    return { __typename: 'CheckInAccepted' as const, ticket, at }
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
