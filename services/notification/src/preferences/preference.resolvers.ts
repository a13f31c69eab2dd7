import { mutate } from '@tikitu/runtime/context'
import { requireUserId } from '@tikitu/runtime/identity'
import type { Resolvers } from '../generated/graphql.ts'
import { preferencesOf, setPreference } from './preferences.ts'

export const preferenceResolvers: Resolvers = {
  Query: {
    notificationPreferences: (_parent, _args, context) =>
      preferencesOf(context.database, requireUserId(context.identity)),
  },
  Mutation: {
    setNotificationPreference: (_parent, { input }, context) =>
      mutate(context, 'NotificationPreference', (tx) =>
        setPreference(tx, { ...input, userId: requireUserId(context.identity) }),
      ),
  },
}
