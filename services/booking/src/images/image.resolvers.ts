import { mutate } from '@tikitu/runtime/context'
import { optionalKey, validInput } from '@tikitu/runtime/validate'
import { z } from 'zod'
import { requireSignedIn } from '../events/readers.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { requestImageUpload, type ImagePlace } from './images.ts'

const keyed = z.object({ idempotencyKey: optionalKey })

/** Pictures in the graph: addresses to bring them to. */
export function imageResolvers(place: ImagePlace) {
  return {
    Mutation: {
      requestImageUpload: (_, { input }, context) => {
        const identity = requireSignedIn(context.identity)
        const wish = { ...input, ...validInput(keyed, input), identity, place }
        return mutate(context, 'ImageUpload', (tx, at) => requestImageUpload(tx, { ...wish, at }))
      },
    },
  } satisfies Resolvers
}
