import { loadMany, loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import type { RequestContext } from '@tikitu/runtime/serve'
import { addressesOf } from '../addresses/address.sql.ts'
import { customersOfPartners } from '../partner-customers/partner-customer.sql.ts'
import { preferencesOf, usersByIds } from './user.sql.ts'

/** What one request reads about users, each thing in one statement however many users it is about. */
export const loadersOf = perRequest(({ database: { orm }, identity }: RequestContext) => {
  // A machine is not staff: what it may know of buyers is in the sales report that its scope opens.
  const partnerIds = identity.partners.filter(({ role }) => role !== 'MACHINE').map(({ partnerId }) => partnerId)
  return {
    user: loadOne(
      (ids) => usersByIds(orm, ids),
      ({ id }) => id,
    ),
    preferences: loadOne(
      (userIds) => preferencesOf(orm, userIds),
      ({ userId }) => userId,
    ),
    addresses: loadMany(
      (userIds) => addressesOf(orm, userIds),
      ({ userId }) => userId,
    ),
    /** The user as a customer of the partners that the caller works for; null when they are none. */
    customer: loadOne(
      async (userIds) => (partnerIds.length === 0 ? [] : customersOfPartners(orm, { partnerIds, userIds })),
      ({ userId }) => userId,
    ),
  }
})
