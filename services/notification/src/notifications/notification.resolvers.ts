import { connectionOf, emptyConnection, pageOf, type Connection } from '@tikitu/runtime/connection'
import { mutate, type RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { isAdmin, requireUserId } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { accepted, refuse } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import type { NotificationChannel, Resolvers } from '../generated/graphql.ts'
import type { NotificationSource } from '../mappers.ts'
import { notificationLoaders } from './notification.loaders.ts'
import { listNotifications, markAllNotificationsRead, markNotificationRead, unreadCount } from './notifications.ts'

export const notificationResolvers: Resolvers = {
  Query: {
    myNotifications: (_parent, { first, after, filter }, context) =>
      pageOfUser(context, requireUserId(context.identity), {
        first,
        after,
        channel: filter?.channel ?? null,
        unread: filter?.unread ?? false,
      }),
    unreadNotificationCount: (_parent, _args, context) =>
      unreadCount(context.database, requireUserId(context.identity)),
  },
  Mutation: {
    markNotificationRead: (_parent, { input: { notificationId } }, context) => {
      const userId = requireUserId(context.identity)
      return mutate(context, 'Notification', async (tx, at) =>
        isId(notificationId)
          ? markNotificationRead(tx, { userId, id: notificationId, at })
          : refuse('NotificationNotFound', 'There is no such notification.', { notificationId }),
      )
    },
    markAllNotificationsRead: async (_parent, _args, context) => {
      const userId = requireUserId(context.identity)
      return accepted(await transact(context.database, (tx, at) => markAllNotificationsRead(tx, { userId, at })))
    },
  },
  Notification: {
    __resolveReference: async ({ id }, _args, context) => {
      const notification = isId(id) ? await notificationLoaders(context).byId.load(id) : null
      return notification && maySee(context, notification.userId) ? notification : null
    },
    booking: ({ bookingId }) => (bookingId === null ? null : { __typename: 'Booking', id: bookingId }),
  },
  Booking: {
    notifications: async ({ id }, _args, context) => {
      if (!isId(id)) return []
      const all = await notificationLoaders(context).byBooking.load(id)
      return all.filter(({ userId }) => maySee(context, userId))
    },
  },
  User: {
    notifications: ({ id }, { first, after }, context) =>
      isId(id) && maySee(context, id)
        ? pageOfUser(context, id, { first, after, channel: null, unread: false })
        : emptyConnection(),
  },
}

async function pageOfUser(
  context: RequestContext,
  userId: string,
  args: { first: number; after?: string | null | undefined; channel: NotificationChannel | null; unread: boolean },
): Promise<Connection<NotificationSource>> {
  const page = pageOf(args, 1)
  const after = page.after?.[0] ?? null
  if (after !== null && !isId(after)) throw badInput('after', 'is not a cursor of this list')
  const { channel, unread } = args
  const rows = await listNotifications(context.database, { userId, channel, unread, after, limit: page.limit })
  return connectionOf(rows, page, ({ id }) => [id])
}

/** People see what they were told themselves; admins see everything. */
function maySee({ identity }: RequestContext, userId: string): boolean {
  return identity.userId === userId || isAdmin(identity)
}
