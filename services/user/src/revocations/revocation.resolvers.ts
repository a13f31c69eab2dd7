import { mutate } from '@tikitu/runtime/context'
import type { Resolvers } from '../generated/graphql.ts'
import { requirePerson } from '../users/person.ts'
import { signOut, signOutEverywhere, type SignedOut } from './revocations.ts'

/** How people end their sign-ins. Whoever has a token may, registered or not. */
export const revocationResolvers = {
  Mutation: {
    signOut: (_parent, _args, context) => {
      const subject = requirePerson(context.identity)
      const { signInId } = context.identity
      return mutate(context, 'SignedOut', (tx, at) => signOut(tx, { subject, signInId, at }))
    },
    signOutEverywhere: (_parent, _args, context) => {
      const subject = requirePerson(context.identity)
      return mutate<SignedOut, never, 'SignedOut'>(context, 'SignedOut', (tx, at) =>
        signOutEverywhere(tx, { subject, at }),
      )
    },
  },
} satisfies Resolvers
