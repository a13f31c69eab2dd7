import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { Fault } from '@tikitu/runtime/fault'
import { onceForKey, onceIfKeyed } from '@tikitu/runtime/idempotency'
import { worksFor, type Identity } from '@tikitu/runtime/identity'
import { isId, newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { doorOf } from '../check-ins/check-in.sql.ts'
import { hashOfBearer, isSecret, readBearer, type BearerSecrets } from '../tickets/bearer.ts'
import { decideRegistration } from './device.rules.ts'
import { deviceById, deviceForUpdate, insertDevice, markRegistered, markRevoked, type DeviceRow } from './device.sql.ts'

/** Somebody wants another scanner at the doors of a partner. */
export interface IssueDevice {
  readonly partnerId: string
  /** Only for this event; for all of the partner's unless said. */
  readonly eventId?: string | null | undefined
  readonly name: string
  readonly idempotencyKey: string
  /** How long its token is good. */
  readonly tokenMinutes: number
  readonly identity: Identity
  readonly secrets: BearerSecrets
  readonly at: Date
}

/**
 * Prepares a scanner that can be registered once, with its token and before that expires. For owners and managers, whose
 * act goes to the audit log. A repetition gives the same token.
 */
export async function issueDeviceToken(tx: Transaction, command: IssueDevice) {
  const { partnerId, eventId = null, name, tokenMinutes, identity, idempotencyKey, secrets, at } = command
  if (!mayKeepDevices(identity, partnerId)) return partnerNotFound(partnerId)
  const wish = {
    caller: actorOf(identity).id,
    key: idempotencyKey,
    operation: 'issueDeviceToken',
    request: { partnerId, eventId, name },
  }
  return onceForKey(tx, wish, async () => {
    if (eventId !== null && (await partnerOfEvent(tx, eventId)) !== partnerId)
      return refuse('EventNotFound', 'There is no such event.', { eventId })
    const id = newId()
    const tokenExpiresAt = new Date(at.getTime() + tokenMinutes * 60_000)
    const tokenHash = hashOfBearer(secrets('deviceToken', id))
    await insertDevice(tx, { id, partnerId, eventId, name, tokenHash, tokenExpiresAt, createdAt: at })
    await recordAudit(tx, identity, {
      action: 'issueDeviceToken',
      resource: { type: 'DoorDevice', id },
      after: { partnerId, eventId, name },
      at,
    })
    return accept({ id })
  })
}

/** A device wants to become the scanner that its token was issued for. */
export interface RegisterDevice {
  readonly token: string
  readonly idempotencyKey: string
  readonly secrets: BearerSecrets
  readonly at: Date
}

/**
 * Makes the bringer of a token a scanner, once. Who did not hear the answer repeats the request under its key; under
 * another key the token is used up. The token is all that is asked for: a device has no account.
 */
export async function registerDevice(tx: Transaction, { token, idempotencyKey, secrets, at }: RegisterDevice) {
  const brought = readBearer('deviceToken', token)
  const found = brought && (await deviceForUpdate(tx, brought.id))
  const device = found && isSecret(brought, found.tokenHash) ? found : null
  if (device === null) return refuseUnknown(at)
  const wish = { caller: `device ${device.id}`, key: idempotencyKey, operation: 'registerDevice', request: {} }
  return onceForKey(tx, wish, async () => {
    const decision = decideRegistration(device, at)
    if (!decision.ok) return decision
    await markRegistered(tx, device.id, hashOfBearer(secrets('device', device.id)), at)
    return accept({ id: device.id })
  })
}

function refuseUnknown(at: Date) {
  const decision = decideRegistration(null, at)
  if (decision.ok) throw new Error('a device that there is not was let register')
  return decision
}

/** Somebody wants no more of a scanner. */
export interface RevokeDevice {
  readonly deviceId: string
  readonly identity: Identity
  readonly idempotencyKey: string | null
  readonly at: Date
}

/** Ends a scanner, from its next request on. Doing so again changes nothing. What it scanned is kept. */
export async function revokeDevice(tx: Transaction, command: RevokeDevice) {
  const { deviceId, identity, idempotencyKey: key } = command
  const wish = { caller: actorOf(identity).id, key, operation: 'revokeDevice', request: { deviceId } }
  return onceIfKeyed(tx, wish, () => revokeOnce(tx, command))
}

async function revokeOnce(tx: Transaction, { deviceId, identity, at }: RevokeDevice) {
  const device = isId(deviceId) ? await deviceForUpdate(tx, deviceId) : null
  if (!device || !mayKeepDevices(identity, device.partnerId))
    return refuse('DeviceNotFound', 'There is no such device.', { deviceId })
  if (await markRevoked(tx, deviceId, at))
    await recordAudit(tx, identity, {
      action: 'revokeDevice',
      resource: { type: 'DoorDevice', id: deviceId },
      before: { revokedAt: null },
      after: { revokedAt: at.toISOString() },
      at,
    })
  return accept({ id: deviceId })
}

/** The scanner whose credential this is. Anything but a registered one that was not revoked is UNAUTHENTICATED. */
export async function deviceOf(db: Queryable, credential: string): Promise<DeviceRow> {
  const brought = readBearer('device', credential)
  const device = brought && (await deviceById(db, brought.id))
  if (!device || !isSecret(brought, device.credentialHash) || device.revokedAt !== null)
    throw new Fault('UNAUTHENTICATED', 'This device is not registered, or was revoked.')
  return device
}

/**
 * Whether the caller keeps the scanners of this partner, as its owners and managers do. Others of its staff are told
 * that they may not; to everybody else the partner does not exist.
 */
export function mayKeepDevices(identity: Identity, partnerId: string): boolean {
  if (worksFor(identity, partnerId, 'OWNER', 'MANAGER')) return true
  if (identity.kind === 'anonymous') throw new Fault('UNAUTHENTICATED', 'Sign in to do this.')
  if (identity.incomplete)
    throw new Fault('UNAVAILABLE', 'Your account cannot be looked up right now. Please try again.')
  if (worksFor(identity, partnerId)) throw new Fault('FORBIDDEN', 'Only owners and managers can do this.')
  return false
}

const partnerNotFound = (partnerId: string) => refuse('PartnerNotFound', 'There is no such partner.', { partnerId })

async function partnerOfEvent(tx: Transaction, eventId: string): Promise<string | null> {
  const event = isId(eventId) ? await doorOf(tx, eventId) : null
  return event?.partnerId ?? null
}
