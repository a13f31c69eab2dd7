import { actorOf } from '@tikitu/runtime/audit'
import type { Queryable } from '@tikitu/runtime/database'
import { Fault } from '@tikitu/runtime/fault'
import { mayActFor, type Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { refuse } from '@tikitu/runtime/outcome'
import { deviceOf } from '../devices/devices.ts'
import { doorOf, type DoorRow } from './check-in.sql.ts'

/** Who stands at a door: a caller, or a registered device by its credential, whoever sends it. */
export interface Keeper {
  readonly identity: Identity
  readonly device?: string | null | undefined
}

/** A door, and as whom its keeper's scans are kept. */
export interface KeptDoor {
  readonly door: DoorRow
  readonly scannedBy: string
  /** Since when there is this keeper; null for people and machines, of whom nobody knows. */
  readonly keptSince: Date | null
}

/**
 * The event, when the keeper may stand at its door: staff of its partner, its machine, or a device of it that was not
 * revoked. Null when there is none for them; whoever can see that it exists but may not scan gets FORBIDDEN. Admins do
 * not stand at doors.
 */
export async function doorFor(db: Queryable, { identity, device }: Keeper, eventId: string): Promise<KeptDoor | null> {
  const door = isId(eventId) ? await doorOf(db, eventId) : null
  if (device != null) return doorOfDevice(db, device, door)
  if (!door) return null
  if (mayActFor(identity, door.partnerId, ['OWNER', 'MANAGER', 'SCANNER'], 'tikitu/checkin.write'))
    return { door, scannedBy: actorOf(identity).id, keptSince: null }
  if (door.status === 'DRAFT') return null
  if (identity.kind === 'anonymous') throw new Fault('UNAUTHENTICATED', 'Sign in to do this.')
  if (identity.incomplete)
    throw new Fault('UNAVAILABLE', 'Your account cannot be looked up right now. Please try again.')
  throw new Fault('FORBIDDEN', 'Only people at this door can do this.')
}

/** A credential is looked at for every request, so that one that was revoked is good for none. */
async function doorOfDevice(db: Queryable, credential: string, door: DoorRow | null): Promise<KeptDoor | null> {
  const { id, partnerId, eventId, registeredAt } = await deviceOf(db, credential)
  const isItsDoor = door?.partnerId === partnerId && (eventId ?? door.id) === door.id
  return isItsDoor ? { door, scannedBy: id, keptSince: registeredAt } : null
}

/** The refusal of an event that there is not, or not for the caller. */
export const noSuchEvent = (eventId: string) => refuse('EventNotFound', 'There is no such event.', { eventId })
