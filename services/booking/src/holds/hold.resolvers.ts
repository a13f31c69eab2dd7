import { mutate, type RequestContext } from '@tikitu/runtime/context'
import { Fault } from '@tikitu/runtime/fault'
import { requireUserId, worksFor } from '@tikitu/runtime/identity'
import { toUnion, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import { idempotencyKey, optionalKey, validInput } from '@tikitu/runtime/validate'
import { z } from 'zod'
import { visibleEvent } from '../events/event.loaders.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { seatsByNumbers, type EventSeat, type SeatStatus } from '../inventory/seat-map.ts'
import { priceOfHold } from '../prices/prices.ts'
import { extendHold, extensionLimits } from './extension.ts'
import { anyHold, holdLoaders, ownHold, seatKey } from './hold.loaders.ts'
import type { HeldTickets, SalesChannel } from './hold.rules.ts'
import {
  holdBestAvailable,
  holdGeneralAdmission,
  holdLimits,
  holdSeats,
  releaseHold,
  releaseHoldOnce,
} from './holds.ts'

const keyed = z.object({ idempotencyKey })
const releasing = z.object({ holdId: z.string(), idempotencyKey: optionalKey })

/** Holds in the graph. */
export const holdResolvers = {
  Query: {
    hold: (_, { id }, context) => ownHold(context, id),
  },
  Mutation: {
    holdSeats: async (_, { input }, context) => {
      const wish = { ...input, ...(await buyerOf(context, input)) }
      return answer(context, await holdSeats(context.database, wish))
    },
    holdBestAvailable: async (_, { input }, context) => {
      const wish = { ...input, ...(await buyerOf(context, input)) }
      return answer(context, await holdBestAvailable(context.database, wish))
    },
    holdGeneralAdmission: async (_, { input }, context) => {
      const wish = { ...input, ...(await buyerOf(context, input)) }
      return answer(context, await holdGeneralAdmission(context.database, wish))
    },
    extendHold: async (_, { input }, context) => {
      const userId = requireUserId(context.identity)
      const wish = { ...input, ...validInput(keyed, input), userId, limits: extensionLimits(context.settings) }
      const outcome = await mutate(context, 'Hold', (tx, at) => extendHold(tx, { ...wish, at }))
      return outcome.__typename === 'Hold' ? { __typename: 'Hold', ...(await anyHold(context, outcome.id)) } : outcome
    },
    releaseHold: async (_, { input }, context) => {
      const userId = requireUserId(context.identity)
      const { holdId, idempotencyKey: key } = validInput(releasing, input)
      if (key === null) return answer(context, await releaseHold(context.database, { holdId, userId }))
      const outcome = await mutate(context, 'Hold', (tx) =>
        releaseHoldOnce(tx, { holdId, userId, idempotencyKey: key }),
      )
      return outcome.__typename === 'Hold' ? { __typename: 'Hold', ...(await anyHold(context, outcome.id)) } : outcome
    },
  },
  Hold: {
    __resolveReference: ({ id }, _, context) => ownHold(context, id),
    event: ({ eventId }, _, context) => visibleEvent(context, eventId),
    lines: async (hold, _, { database }) => {
      const { currency } = hold
      const { lines } = await priceOfHold(database, hold)
      return lines.map(({ ticketTypeId, quantity, unitPrice, fees, taxes }) => ({
        ticketTypeId,
        quantity,
        unitPrice: { amount: unitPrice, currency },
        fees: { amount: fees, currency },
        taxes: { amount: taxes, currency },
      }))
    },
    seats: ({ eventId, seatNos, isFresh }, _, { database }) =>
      seatNos === null ? [] : seatsByNumbers(database.orm, eventId, seatNos, isFresh ? 'HELD' : null),
    subtotal: ({ total, currency }) => ({ amount: total, currency }),
    fees: (hold, _, context) => partOfPrice(context, hold, 'fees'),
    taxes: (hold, _, context) => partOfPrice(context, hold, 'taxes'),
    total: (hold, _, context) => partOfPrice(context, hold, 'total'),
  },
  Seat: {
    // Not an async function: a map of a stadium asks this tens of thousands of times, and knows the answer.
    status: (seat, _, context) => seat.status ?? statusNow(context, seat),
  },
} satisfies Resolvers

interface HoldInput {
  readonly eventId: string
  readonly idempotencyKey: string
  readonly channel?: SalesChannel
}

async function buyerOf(context: RequestContext, input: HoldInput) {
  const { identity, settings } = context
  const buyer = { ...validInput(keyed, input), userId: requireUserId(identity), limits: holdLimits(settings) }
  // Almost everybody buys like this, and nothing is looked up for them.
  const { channel = 'PUBLIC' } = input
  if (channel !== 'PUBLIC') await requireSeller(context, input.eventId, channel)
  return buyer
}

/** Who sells by the partner's own hands, and who at its doors. */
const SELLERS = { PARTNER: ['OWNER', 'MANAGER'], DOOR: ['OWNER', 'MANAGER', 'SCANNER'] } as const

async function requireSeller(context: RequestContext, eventId: string, channel: keyof typeof SELLERS): Promise<void> {
  const event = await visibleEvent(context, eventId)
  if (!event) return
  if (worksFor(context.identity, event.partnerId, ...SELLERS[channel])) return
  throw new Fault('FORBIDDEN', "Only staff of the event's partner sell through this channel.")
}

async function partOfPrice({ database }: RequestContext, hold: HeldTickets, part: 'fees' | 'taxes' | 'total') {
  return { amount: (await priceOfHold(database, hold))[part], currency: hold.currency }
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
