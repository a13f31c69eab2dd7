import type { IdClaims, TokenVerifier } from '@tikitu/runtime/cognito'
import { connectionOf, instantAndId, pageOf, type Page } from '@tikitu/runtime/connection'
import { mutate } from '@tikitu/runtime/context'
import { Fault } from '@tikitu/runtime/fault'
import { isAdmin, requireAdmin, requireUserId, type Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { toUnion } from '@tikitu/runtime/outcome'
import type { RequestContext } from '@tikitu/runtime/serve'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import type { UserSource } from '../mappers.ts'
import { requirePerson } from './person.ts'
import { updatePreferences, updateProfile } from './profiles.ts'
import { proveIdentity, registerUser } from './registration.ts'
import { reinstateUser, suspendUser } from './suspensions.ts'
import { preferenceInput, profileInput, reasonInput, searchInput } from './user.input.ts'
import { loadersOf } from './user.loaders.ts'
import { mayRead, viewFor, type View } from './user.rules.ts'
import { findUsers } from './users.ts'

/** `User`, and what is done with accounts. */
export function userResolvers(verify: TokenVerifier<IdClaims>): Resolvers {
  return {
    Query: {
      me: (_parent, _args, context) => {
        const { kind, userId, incomplete } = context.identity
        if (kind !== 'user') return null
        // Null would tell the client to register.
        if (!userId && incomplete) throw new Fault('UNAVAILABLE', 'Your account cannot be looked up right now.')
        return userId ? loadersOf(context).user.load(userId) : null
      },
      user: async (_parent, { id }, context) => {
        const user = await load(context, id)
        return user && (await viewOf(context, user)) === 'ALL' ? user : null
      },
      users: async (_parent, { filter, ...args }, context) => {
        requireAdmin(context.identity)
        const page = pageOf(args, 2)
        const { text, status } = validInput(searchInput, filter ?? {}, 'filter')
        const search = { text, status: status ?? undefined, after: placeOf(page), limit: page.limit }
        const users = await findUsers(context.database, search)
        return connectionOf(users, page, (user) => [user.signUpAt.toISOString(), user.id])
      },
    },

    Mutation: {
      registerUser: async (_parent, { input }, context) => {
        const subject = requirePerson(context.identity)
        const proof = await proveIdentity({ verify, idToken: input.idToken, subject, log: context.log })
        if (!proof.ok) return toUnion(proof, 'User')
        return mutate(context, 'User', (tx, at) => registerUser(tx, { claims: proof.value, at }))
      },
      updateProfile: (_parent, { input }, context) => {
        const userId = requireUserId(context.identity)
        const changes = validInput(profileInput, input)
        return mutate(context, 'User', (tx, at) => updateProfile(tx, { userId, changes, at }))
      },
      updatePreferences: (_parent, { input }, context) => {
        const userId = requireUserId(context.identity)
        const changes = validInput(preferenceInput, input)
        return mutate(context, 'User', (tx, at) => updatePreferences(tx, { userId, changes, at }))
      },
      suspendUser: (_parent, { input }, context) => {
        requireAdmin(context.identity, 'SUPPORT')
        const command = { userId: input.userId, admin: context.identity, ...validInput(reasonInput, input) }
        return mutate(context, 'User', (tx, at) => suspendUser(tx, { ...command, at }))
      },
      reinstateUser: (_parent, { input }, context) => {
        requireAdmin(context.identity, 'SUPPORT')
        const command = { userId: input.userId, admin: context.identity, ...validInput(reasonInput, input) }
        return mutate(context, 'User', (tx, at) => reinstateUser(tx, { ...command, at }))
      },
    },

    User: {
      __resolveReference: async ({ id }, _args, context) => {
        const user = await load(context, id)
        return user && (await viewOf(context, user)) !== 'NOTHING' ? user : null
      },
      email: readable('email'),
      firstName: readable('firstName'),
      lastName: readable('lastName'),
      phone: readable('phone'),
      dateOfBirth: readable('dateOfBirth'),
      avatarUrl: readable('avatarUrl'),
      bio: readable('bio'),
      isEmailVerified: readable('isEmailVerified'),
      status: readable('status'),
      signUpAt: readable('signUpAt'),
      lastSeenAt: readable('lastSeenAt'),
      preferences: async (user, _args, context) =>
        mayRead(await viewOf(context, user), 'preferences') ? loadersOf(context).preferences.load(user.id) : null,
      addresses: async (user, _args, context) =>
        mayRead(await viewOf(context, user), 'addresses') ? loadersOf(context).addresses.load(user.id) : null,
    },
  }
}

/** A field as it is stored, for those who may read it, and null for the others. */
function readable<Field extends keyof UserSource>(field: Field) {
  return async (user: UserSource, _args: object, context: RequestContext) =>
    mayRead(await viewOf(context, user), field) ? user[field] : null
}

/** How much of the user the caller may see. */
async function viewOf(context: RequestContext, user: UserSource): Promise<View> {
  const asker = { isSelf: isSelf(context.identity, user), isAdmin: isAdmin(context.identity) }
  // Asked last: it is the only part that takes a statement.
  const isTheirPartner = !asker.isSelf && !asker.isAdmin && (await loadersOf(context).customer.load(user.id)) !== null
  return viewFor({ ...asker, isTheirPartner })
}

/** By subject as well, because the identity of somebody who registers in this very request has no user id yet. */
function isSelf({ kind, userId, subject }: Identity, user: UserSource): boolean {
  return kind === 'user' && (userId === user.id || subject === user.cognitoSub)
}

/** The user, whoever asks; null for an id that nobody has. */
async function load(context: RequestContext, id: string): Promise<UserSource | null> {
  return isId(id) ? loadersOf(context).user.load(id) : null
}

function placeOf({ after }: Page): { signUpAt: Date; id: string } | null {
  if (!after) return null
  const { instant, id } = instantAndId(after)
  return { signUpAt: instant, id }
}
