import { Fault } from '@tikitu/runtime/fault'
import { isAdmin, mayActFor, type Identity } from '@tikitu/runtime/identity'
import type { Reader } from './event.rules.ts'

/** Whose drafts the caller may see: staff who manage events, machines with `tikitu/events.read`, and admins. */
export function readerOf(identity: Identity): Reader {
  const partnerIds = identity.partners
    .map(({ partnerId }) => partnerId)
    .filter((partnerId) => mayActFor(identity, partnerId, ['OWNER', 'MANAGER'], 'tikitu/events.read'))
  return { everything: isAdmin(identity), partnerIds }
}

/** Makes sure that it is known who asks and for whom they work. */
export function requireSignedIn(identity: Identity): Identity {
  if (identity.kind === 'anonymous') throw new Fault('UNAUTHENTICATED', 'Sign in to do this.')
  if (identity.incomplete) {
    throw new Fault('UNAVAILABLE', 'Your account cannot be looked up right now. Please try again.')
  }
  return identity
}
