import { isAdmin, mayActFor, type Identity } from '@tikitu/runtime/identity'

/** Whose payments a caller may see. Everything else does not exist for them. */
export interface Viewer {
  /** Their own; null for callers that are nobody's user. */
  readonly payerId: string | null
  /** Those of the bookings of these partners. */
  readonly partnerIds: readonly string[]
  /** All of them. */
  readonly all: boolean
}

/** Payers see their own; owners, managers and machines with `tikitu/sales.read` their partner's; finance and support all. */
export function viewerOf(identity: Identity): Viewer {
  const partnerIds = identity.partners.map(({ partnerId }) => partnerId)
  return {
    payerId: identity.userId,
    partnerIds: partnerIds.filter((id) => mayActFor(identity, id, ['OWNER', 'MANAGER'], 'tikitu/sales.read')),
    all: isAdmin(identity, 'FINANCE', 'SUPPORT'),
  }
}

/** Whether there is anything at all that the caller may see. */
export function maySeeAny({ payerId, partnerIds, all }: Viewer): boolean {
  return all || payerId !== null || partnerIds.length > 0
}

/** Whether the caller may see the payments of this user, all of them. */
export function maySeeAllOf({ payerId, all }: Viewer, userId: string): boolean {
  return all || payerId === userId
}
