import {
  PartnerRegistered,
  PartnerRejected,
  PartnerSuspended,
  PartnerUpdated,
  PartnerVerified,
} from '@tikitu/schema/events/partner'
import { recordAudit } from '@tikitu/runtime/audit'
import { violatedConstraint, type Queryable, type Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { Fault } from '@tikitu/runtime/fault'
import { onceIfKeyed } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { isId, newId } from '@tikitu/runtime/ids'
import { sendJob } from '@tikitu/runtime/jobs'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { JoinPartnerGroup } from '../directory/join-partner-group.ts'
import { callerOf, manages } from '../staff/callers.ts'
import { insertStaff, subjectOfOwner } from '../staff/staff.sql.ts'
import {
  termsDiffer,
  termsOnVerification,
  TRANSITIONS,
  type Decision,
  type NamedTerms,
  type Terms,
} from './partner.rules.ts'
import {
  changePartner,
  findPartners,
  insertPartner,
  insertTerms,
  movePartner,
  partnerForUpdate,
  partnerOfName,
  partnersByIds,
  termsAt,
  type PartnerChanges,
  type PartnerRow,
  type PartnerSearch,
  type TermsRow,
} from './partner.sql.ts'

/** Somebody asks to sell through us. */
export interface RegisterPartner {
  readonly ownerId: string
  /** The owner's subject in the user pool. */
  readonly subject: string
  readonly companyName: string
  readonly contactEmail: string
  readonly contactPhone?: string | null | undefined
  readonly taxId?: string | null | undefined
  /** Under which repeating it gives the same answer; null when that finds the partner there. */
  readonly idempotencyKey: string | null
  readonly at: Date
}

/** Makes a partner that waits for an admin, with whoever asks as its owner. */
export async function registerPartner(tx: Transaction, { idempotencyKey: key, ...command }: RegisterPartner) {
  const { ownerId, companyName, contactEmail, contactPhone, taxId } = command
  const request = { companyName, contactEmail, contactPhone, taxId }
  const outcome = await onceIfKeyed(tx, { caller: ownerId, key, operation: 'registerPartner', request }, () =>
    registerOnce(tx, command),
  )
  if (!outcome.ok) return outcome
  const [partner] = await partnersByIds(tx, [outcome.value.id])
  if (!partner) throw new Error(`partner ${outcome.value.id} was registered and is not there`)
  return accept(partner)
}

async function registerOnce(
  tx: Transaction,
  { ownerId, subject, at, ...asked }: Omit<RegisterPartner, 'idempotencyKey'>,
) {
  const partner = await insertPartner(tx, { id: newId(), ownerId, ...asked, createdAt: at })
  if (!partner) return partnerExists(await partnerOfName(tx, ownerId, asked.companyName))

  await insertStaff(tx, { partnerId: partner.id, userId: ownerId, subject, role: 'OWNER', since: at })
  await emit(tx, PartnerRegistered, {
    partnerId: partner.id,
    ownerId,
    companyName: partner.companyName,
    at: at.toISOString(),
  })
  return accept(partner)
}

function partnerExists(partner: PartnerRow | undefined) {
  // It was rejected between the insert that it stood in the way of and the question what it is.
  if (!partner) throw new Fault('CONFLICT', 'Your partners have just changed. Please try again.')
  return refuse('PartnerExists', `The owner already has a partner called ${partner.companyName}.`, {
    partnerId: partner.id,
  })
}

/** Somebody changes a partner's name or contact. */
export interface UpdatePartner {
  readonly identity: Identity
  readonly partnerId: string
  readonly changes: PartnerChanges
  readonly at: Date
}

/** Changes what is said, and leaves the rest. For owners and managers; a stranger finds no partner. */
export async function updatePartner(tx: Transaction, { identity, partnerId, changes, at }: UpdatePartner) {
  if (!isId(partnerId) || !manages(await callerOf(tx, identity), partnerId)) return partnerNotFound(partnerId)
  const before = await partnerForUpdate(tx, partnerId)
  if (!before) return partnerNotFound(partnerId)
  if (Object.keys(changes).length === 0) return accept(before)
  try {
    // In a savepoint, because a name that the owner has already given breaks the transaction it is written in.
    const partner = await tx.transaction((savepoint) => changePartner(savepoint, partnerId, changes))
    const { ownerId, companyName } = partner
    await emit(tx, PartnerUpdated, { partnerId, ownerId, companyName, at: at.toISOString() })
    return accept(partner)
  } catch (error) {
    if (violatedConstraint(error) !== 'partners_name_once_per_owner') throw error
    return partnerExists(await partnerOfName(tx, before.ownerId, changes.companyName ?? before.companyName))
  }
}

/** An admin decides about a partner. */
interface Decide {
  /** The admin. */
  readonly identity: Identity
  readonly partnerId: string
  readonly at: Date
}

/** An admin lets a partner sell. */
export interface VerifyPartner extends Decide {
  /** What the admin said about commission. */
  readonly named: NamedTerms
  /** What a partner pays of whom nothing is said. */
  readonly initial: Terms
}

/**
 * Lets a pending partner sell, or a suspended one sell again. Its terms are in force from now on, and its owner joins
 * the group `partner` of the user pool a little later: that is outside, so a job does it.
 */
export async function verifyPartner(tx: Transaction, { identity, partnerId, named, initial, at }: VerifyPartner) {
  const move = await decide(tx, 'verify', partnerId, null)
  if (!move.ok) return move
  const { before, ...partner } = move.value

  const terms = await settleTerms(tx, { partnerId, named, initial, at })
  const subject = await subjectOfOwner(tx, partnerId)
  if (subject) await sendJob(tx, JoinPartnerGroup, { subject })
  const { basisPoints, fixedPerTicket } = terms
  await emit(tx, PartnerVerified, {
    partnerId,
    ownerId: partner.ownerId,
    companyName: partner.companyName,
    commission: { basisPoints, fixedPerTicket, effectiveFrom: terms.effectiveFrom.toISOString() },
    at: at.toISOString(),
  })
  await recordAudit(tx, identity, {
    action: 'verifyPartner',
    resource: { type: 'Partner', id: partnerId },
    before: { status: before },
    after: { status: partner.status, commission: { basisPoints, fixedPerTicket } },
    at,
  })
  return accept(partner)
}

/** The terms in force from now on; only other terms than before are written down. */
async function settleTerms(
  tx: Transaction,
  { partnerId, named, initial, at }: Pick<VerifyPartner, 'partnerId' | 'named' | 'initial' | 'at'>,
): Promise<TermsRow> {
  const current = await termsAt(tx, partnerId, at)
  const terms = termsOnVerification(named, current, initial)
  if (current && !termsDiffer(terms, current)) return current
  const row = { partnerId, effectiveFrom: at, ...terms }
  await insertTerms(tx, row)
  return row
}

/** An admin turns a partner down, or stops it. */
export interface DecideAgainst extends Decide {
  /** Told to the partner. */
  readonly reason: string
}

/** Turns a pending partner down for good; its owner may register again. */
export async function rejectPartner(tx: Transaction, command: DecideAgainst) {
  const { partnerId, reason, at } = command
  const move = await decide(tx, 'reject', partnerId, reason)
  if (!move.ok) return move
  const { before, ...partner } = move.value
  await emit(tx, PartnerRejected, { partnerId, ownerId: partner.ownerId, reason, at: at.toISOString() })
  await recordDecision(tx, 'rejectPartner', command, [before, partner.status])
  return accept(partner)
}

/** Stops a verified partner from selling until it is verified again. */
export async function suspendPartner(tx: Transaction, command: DecideAgainst) {
  const { partnerId, reason, at } = command
  const move = await decide(tx, 'suspend', partnerId, reason)
  if (!move.ok) return move
  const { before, ...partner } = move.value
  await emit(tx, PartnerSuspended, { partnerId, reason, at: at.toISOString() })
  await recordDecision(tx, 'suspendPartner', command, [before, partner.status])
  return accept(partner)
}

/** Compare and set: of two admins who decide at once, the second is told where the partner stands now. */
async function decide(tx: Transaction, decision: Decision, partnerId: string, reason: string | null) {
  if (!isId(partnerId)) return partnerNotFound(partnerId)
  const { from, to } = TRANSITIONS[decision]
  const moved = await movePartner(tx, { id: partnerId, from, to, reason })
  if (moved) return accept(moved)
  const [partner] = await partnersByIds(tx, [partnerId])
  if (!partner) return partnerNotFound(partnerId)
  return refuse('PartnerNotInState', `The partner is ${partner.status.toLowerCase()}.`, { status: partner.status })
}

async function recordDecision(
  tx: Transaction,
  action: string,
  { identity, partnerId, reason, at }: DecideAgainst,
  [before, after]: readonly [string, string],
): Promise<void> {
  const resource = { type: 'Partner', id: partnerId }
  await recordAudit(tx, identity, {
    action,
    resource,
    before: { status: before },
    after: { status: after, reason },
    at,
  })
}

function partnerNotFound(partnerId: string) {
  return refuse('PartnerNotFound', 'There is no such partner.', { partnerId })
}

/** A page of all partners, newest first. */
export async function searchPartners(db: Queryable, search: PartnerSearch): Promise<PartnerRow[]> {
  return findPartners(db, search)
}
