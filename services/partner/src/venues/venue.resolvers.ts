import { z } from 'zod'
import { requireUserId } from '@tikitu/runtime/identity'
import { country, optionalKey, text, timezone, validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { change, reading, referredVenue, visiblePartner, visibleVenue } from '../reading.ts'
import { maySeePlans } from '../staff/access.rules.ts'
import { venueConnection } from './venue-connection.ts'
import { createVenue, updateVenue } from './venues.ts'

const name = text(1, 200)
const address = text(1, 500)
const description = text(1, 5_000)
const capacity = z.int().min(1, 'must be at least 1').max(1_000_000, 'must be at most 1000000')

const createInput = z.object({
  partnerId: z.string(),
  name,
  address: address.nullish(),
  city: text(1, 200),
  state: text(1, 200).nullish(),
  country,
  location: z
    .object({
      latitude: z.number().min(-90, 'must be at least -90').max(90, 'must be at most 90'),
      longitude: z.number().min(-180, 'must be at least -180').max(180, 'must be at most 180'),
    })
    .nullish(),
  timezone,
  capacity,
  description: description.nullish(),
  idempotencyKey: optionalKey,
})

const updateInput = z.object({
  venueId: z.string(),
  name: name.optional(),
  address: address.nullish(),
  description: description.nullish(),
  capacity: capacity.optional(),
  isActive: z.boolean().optional(),
})

const venueFilter = z.object({
  text: text(0, 200).nullish(),
  city: text(0, 200).nullish(),
  country: country.nullish(),
  partnerId: z.string().nullish(),
})

/** Venues in the graph. */
export const venueResolvers = {
  Query: {
    venue: (_, { id }, context) => visibleVenue(context, id),
    venues: (_, args, context) => venueConnection(context, validInput(venueFilter, args.filter ?? {}, 'filter'), args),
  },

  Mutation: {
    createVenue: async (_, args, context) => {
      requireUserId(context.identity)
      const input = validInput(createInput, args.input)
      const { partnerId, idempotencyKey, location, address, state, description, ...rest } = input
      const place = {
        ...rest,
        address: address ?? null,
        state: state ?? null,
        latitude: location?.latitude ?? null,
        longitude: location?.longitude ?? null,
        description: description ?? null,
      }
      const { identity } = context
      return change(context, 'Venue', (tx, at) => createVenue(tx, { identity, partnerId, place, idempotencyKey, at }))
    },

    updateVenue: async (_, args, context) => {
      requireUserId(context.identity)
      const { venueId, ...changes } = validInput(updateInput, args.input)
      const { identity } = context
      return change(context, 'Venue', (tx, at) => updateVenue(tx, { identity, venueId, changes, at }))
    },
  },

  Venue: {
    __resolveReference: ({ id }, _args, context) => referredVenue(context, id),
    location: ({ latitude, longitude }) => (latitude === null || longitude === null ? null : { latitude, longitude }),
    partner: ({ partnerId }, _args, context) => visiblePartner(context, partnerId),
    seatingPlans: async ({ id, partnerId }, _args, context) => {
      const { caller, plansOf } = reading(context)
      return maySeePlans(await caller(), partnerId) ? plansOf.load(id) : null
    },
  },
} satisfies Resolvers
