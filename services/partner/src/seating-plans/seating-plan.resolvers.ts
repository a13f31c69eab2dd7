import { z } from 'zod'
import { requireUserId } from '@tikitu/runtime/identity'
import { optionalKey, text, validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { change, visiblePlan, visibleVenue } from '../reading.ts'
import { createSeatingPlan, importSeatingPlan } from './seating-plans.ts'

const heading = z.object({ venueId: z.string(), name: text(1, 200), idempotencyKey: optionalKey })

/** Seating plans in the graph. */
export const seatingPlanResolvers = {
  Query: {
    seatingPlan: (_, { id }, context) => visiblePlan(context, id),
  },

  Mutation: {
    importSeatingPlan: async (_, { input }, context) => {
      requireUserId(context.identity)
      const head = validInput(heading, input)
      const { identity } = context
      return change(context, 'SeatingPlan', (tx, at) =>
        importSeatingPlan(tx, { ...head, identity, document: input.plan, at }),
      )
    },

    createSeatingPlan: async (_, { input }, context) => {
      requireUserId(context.identity)
      const head = validInput(heading, input)
      const { identity } = context
      const form = { sections: input.sections, areas: input.areas ?? [] }
      return change(context, 'SeatingPlan', (tx, at) => createSeatingPlan(tx, { ...head, identity, form, at }))
    },
  },

  SeatingPlan: {
    __resolveReference: ({ id }, _args, context) => visiblePlan(context, id),
    venue: ({ venueId }, _args, context) => visibleVenue(context, venueId),
  },
} satisfies Resolvers
