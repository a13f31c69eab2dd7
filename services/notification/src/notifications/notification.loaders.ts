import type { RequestContext } from '@tikitu/runtime/context'
import { loadMany, loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import { notificationsByBookings, notificationsByIds } from './notification.sql.ts'

/** Look-ups of one request, each asked of the database once. */
export const notificationLoaders = perRequest(({ database: { orm } }: RequestContext) => ({
  byId: loadOne(
    (ids) => notificationsByIds(orm, ids),
    ({ id }) => id,
  ),
  byBooking: loadMany(
    (ids) => notificationsByBookings(orm, ids),
    ({ bookingId }) => bookingId ?? '',
  ),
}))
