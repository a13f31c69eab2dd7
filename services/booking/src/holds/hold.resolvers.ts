import { mutate, type RequestContext } from '@tikitu/runtime/context'
import { requireUserId } from '@tikitu/runtime/identity'
import { toUnion, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import { idempotencyKey, validInput } from '@tikitu/runtime/validate'
import { z } from 'zod'
import { visibleEvent } from '../events/event.loaders.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { seatsByNumbers, type EventSeat, type SeatStatus } from '../inventory/seat-map.ts'
import { extendHold, extensionLimits } from './extension.ts'
import { anyHold, holdLoaders, ownHold, seatKey } from './hold.loaders.ts'
import type { HeldTickets } from './hold.rules.ts'
import { holdBestAvailable, holdGeneralAdmission, holdLimits, holdSeats, releaseHold } from './holds.ts'

const keyed = z.object({ idempotencyKey })

/** Holds in the graph. */
export const holdResolvers = {
  Query: {
    hold: (_, { id }, context) => ownHold(context, id),
  },
  Mutation: {
    holdSeats: async (_, { input }, context) => {
      const wish = { ...input, ...buyerOf(context, input) }
      return answer(context, await holdSeats(context.database, wish))
    },
    holdBestAvailable: async (_, { input }, context) => {
      const wish = { ...input, ...buyerOf(context, input) }
      return answer(context, await holdBestAvailable(context.database, wish))
    },
    holdGeneralAdmission: async (_, { input }, context) => {
      const wish = { ...input, ...buyerOf(context, input) }
      return answer(context, await holdGeneralAdmission(context.database, wish))
    },
    extendHold: async (_, { input }, context) => {
      const userId = requireUserId(context.identity)
      const wish = { ...input, ...validInput(keyed, input), userId, limits: extensionLimits(context.settings) }
      const outcome = await mutate(context, 'Hold', (tx, at) => extendHold(tx, { ...wish, at }))
      return outcome.__typename === 'Hold' ? { __typename: 'Hold', ...(await anyHold(context, outcome.id)) } : outcome
    },
    releaseHold: async (_, { input: { holdId } }, context) =>
      answer(context, await releaseHold(context.database, { holdId, userId: requireUserId(context.identity) })),
  },
  Hold: {
    __resolveReference: ({ id }, _, context) => ownHold(context, id),
    event: ({ eventId }, _, context) => visibleEvent(context, eventId),
    lines: ({ lines, currency }) =>
      lines.map(({ ticketTypeId, quantity, unitPrice }) => ({
        ticketTypeId,
        quantity,
        unitPrice: { amount: unitPrice, currency },
      })),
    seats: ({ eventId, seatNos, isFresh }, _, { database }) =>
      seatNos === null ? [] : seatsByNumbers(database.orm, eventId, seatNos, isFresh ? 'HELD' : null),
    total: ({ total, currency }) => ({ amount: total, currency }),
  },
  Seat: {
    // Not an async function: a map of a stadium asks this tens of thousands of times, and knows the answer.
    status: (seat, _, context) => seat.status ?? statusNow(context, seat),
  },
} satisfies Resolvers

function buyerOf({ identity, settings }: RequestContext, input: { idempotencyKey: string }) {
  return { ...validInput(keyed, input), userId: requireUserId(identity), limits: holdLimits(settings) }
}

async function statusNow(context: RequestContext, { eventId, seatNo }: EventSeat): Promise<SeatStatus> {
  const state = await holdLoaders(context).seatState.load(seatKey(eventId, seatNo))
  return state?.status ?? 'BLOCKED'
}

/** As `mutate` answers for verbs that run in a transaction of Drizzle's. */
function answer<No extends Refusal>({ log }: RequestContext, outcome: Outcome<HeldTickets, No>) {
  if (!outcome.ok) log.info({ refusal: outcome.refusal, facts: outcome.facts }, 'refused')
  return toUnion(outcome, 'Hold')
}
