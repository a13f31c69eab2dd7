import { mutate } from '@tikitu/runtime/context'
import { requireSignedIn } from '../events/readers.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { requestImageUpload, type ImagePlace } from './images.ts'

/** Pictures in the graph: addresses to bring them to. */
export function imageResolvers(place: ImagePlace) {
  return {
    Mutation: {
      requestImageUpload: (_, { input }, context) => {
        const wish = { ...input, identity: requireSignedIn(context.identity), place }
        return mutate(context, 'ImageUpload', (tx, at) => requestImageUpload(tx, { ...wish, at }))
      },
    },
  } satisfies Resolvers
}
