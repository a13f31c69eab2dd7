import { Fault } from '@tikitu/runtime/fault'
import { actorOf } from '@tikitu/runtime/audit'
import { isAdmin, mayActFor, requireUserId, worksFor, type Identity } from '@tikitu/runtime/identity'
import type { Canceller } from './booking.rules.ts'
import type { BookingViewer } from './booking.sql.ts'

/** Whose bookings a caller may see: buyers their own; owners, managers and machines with `tikitu/sales.read` their partner's; admins all. */
export function viewerOf(identity: Identity): BookingViewer {
  const partnerIds = identity.partners.map(({ partnerId }) => partnerId)
  return {
    userId: identity.userId,
    partnerIds: partnerIds.filter((id) => mayActFor(identity, id, ['OWNER', 'MANAGER'], 'tikitu/sales.read')),
    all: isAdmin(identity),
  }
}

/** Whether there is anything at all that the caller may see. */
export function maySeeAny({ userId, partnerIds, all }: BookingViewer): boolean {
  return all || userId !== null || partnerIds.length > 0
}

/** Whose a booking is, and that it is one: a hold has no reference. */
interface Owned {
  readonly userId: string
  readonly partnerId: string
  readonly reference: string | null
}

/** Whether the caller may see this booking. A hold is not a booking. */
export function mayViewBooking(identity: Identity, { userId, partnerId, reference }: Owned): boolean {
  const viewer = viewerOf(identity)
  return reference !== null && (viewer.all || viewer.userId === userId || viewer.partnerIds.includes(partnerId))
}

/** The person who cancels; machines and anonymous callers are faults. */
export function personOf(identity: Identity): string {
  return isAdmin(identity) ? actorOf(identity).id : requireUserId(identity)
}

/** Makes sure that the caller may give money of a booking back that they see: its seller's owners and managers, finance, support. */
export function requireRefunder(identity: Identity, { partnerId }: Owned): void {
  if (worksFor(identity, partnerId, 'OWNER', 'MANAGER') || isAdmin(identity, 'FINANCE', 'SUPPORT')) return
  throw new Fault('FORBIDDEN', 'Your role does not allow this.')
}

/** As what the caller cancels a booking that they see. An admin whose role does not include it gets FORBIDDEN. */
export function cancellerOf(identity: Identity, { userId, partnerId }: Owned): Canceller {
  if (worksFor(identity, partnerId, 'OWNER', 'MANAGER')) return 'SELLER'
  if (isAdmin(identity, 'SUPPORT')) return 'SUPPORT'
  if (identity.userId === userId) return 'BUYER'
  throw new Fault('FORBIDDEN', 'Your role does not allow this.')
}
