import { VenuePublished } from '@tikitu/schema/events/partner'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { actorOf } from '@tikitu/runtime/audit'
import { emit } from '@tikitu/runtime/events'
import { onceIfKeyed } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { isId, newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { partnerForShare } from '../partners/partner.sql.ts'
import type { Caller } from '../staff/access.rules.ts'
import { callerOf, manages } from '../staff/callers.ts'
import {
  changeVenue,
  findVenues,
  insertVenue,
  venueForUpdate,
  venuesByIds,
  type VenueChanges,
  type VenueRow,
  type VenueSearch,
} from './venue.sql.ts'

/** Somebody opens a venue. */
export interface CreateVenue {
  readonly identity: Identity
  readonly partnerId: string
  /** Under which it is done once; null when each time is another venue. */
  readonly idempotencyKey: string | null
  readonly at: Date
  /** What is known about the place. */
  readonly place: {
    readonly name: string
    readonly address: string | null
    readonly city: string
    readonly state: string | null
    readonly country: string
    readonly latitude: number | null
    readonly longitude: number | null
    readonly timezone: string
    readonly capacity: number
    readonly description: string | null
  }
}

/** Creates a venue of a verified partner. For owners and managers; a stranger finds no partner. */
export async function createVenue(tx: Transaction, command: CreateVenue) {
  const { identity, partnerId, place, idempotencyKey: key } = command
  const wish = { caller: actorOf(identity).id, key, operation: 'createVenue', request: { partnerId, place } }
  const outcome = await onceIfKeyed(tx, wish, () => createOnce(tx, command))
  if (!outcome.ok) return outcome
  const [venue] = await venuesByIds(tx, [outcome.value.id])
  if (!venue) throw new Error(`venue ${outcome.value.id} was created and is not there`)
  return accept(venue)
}

async function createOnce(tx: Transaction, { identity, partnerId, place, at }: CreateVenue) {
  const notFound = () => refuse('PartnerNotFound', 'There is no such partner.', { partnerId })
  if (!isId(partnerId) || !manages(await callerOf(tx, identity), partnerId)) return notFound()
  const partner = await partnerForShare(tx, partnerId)
  if (!partner) return notFound()
  if (partner.status !== 'VERIFIED') {
    return refuse('PartnerNotInState', 'Only a verified partner can have venues.', { status: partner.status })
  }
  const venue = await insertVenue(tx, { id: newId(), partnerId, ...place, createdAt: at })
  await publish(tx, venue, at)
  return accept(venue)
}

/** Somebody changes a venue. */
export interface UpdateVenue {
  readonly identity: Identity
  readonly venueId: string
  readonly changes: VenueChanges
  readonly at: Date
}

/** Changes what is said, and leaves the rest. For owners and managers; a stranger finds no venue. */
export async function updateVenue(tx: Transaction, { identity, venueId, changes, at }: UpdateVenue) {
  const venue = await venueToManage(tx, identity, venueId)
  if (!venue) return venueNotFound(venueId)
  if (!differs(venue, changes)) return accept(venue)
  const changed = await changeVenue(tx, venueId, changes)
  await publish(tx, changed, at)
  return accept(changed)
}

/** The venue, locked, if it exists for the caller; who may see but not manage it gets the fault FORBIDDEN. */
export async function venueToManage(
  tx: Transaction,
  identity: Identity,
  venueId: string,
): Promise<VenueRow | undefined> {
  const venue = isId(venueId) ? await venueForUpdate(tx, venueId) : undefined
  return venue && manages(await callerOf(tx, identity), venue.partnerId) ? venue : undefined
}

/** The refusal of whoever asks for a venue that does not exist for them. */
export function venueNotFound(venueId: string) {
  return refuse('VenueNotFound', 'There is no such venue.', { venueId })
}

/** A change to what it is already would be a version that says nothing. */
function differs(venue: VenueRow, changes: VenueChanges): boolean {
  const names = Object.keys(changes) as (keyof VenueChanges)[]
  return names.some((name) => changes[name] !== venue[name])
}

async function publish(tx: Transaction, venue: VenueRow, at: Date): Promise<void> {
  const {
    id: venueId,
    partnerId,
    name,
    address,
    city,
    country,
    latitude,
    longitude,
    timezone,
    capacity,
    isActive,
    version,
  } = venue
  await emit(tx, VenuePublished, {
    venueId,
    partnerId,
    name,
    address,
    city,
    country,
    latitude,
    longitude,
    timezone,
    capacity,
    isActive,
    version,
    at: at.toISOString(),
  })
}

/** Which venues somebody looks for. */
export type VenueFilter = Pick<VenueSearch, 'text' | 'city' | 'country' | 'partnerId'>

/** A page of the venues that exist for the caller, by name. */
export async function searchVenues(
  db: Queryable,
  caller: Caller,
  search: Omit<VenueSearch, 'inactiveOf'>,
): Promise<VenueRow[]> {
  if (search.partnerId != null && !isId(search.partnerId)) return []
  return findVenues(db, { ...search, inactiveOf: caller.isAdmin ? 'everybody' : [...caller.roles.keys()] })
}
