import { createHash } from 'node:crypto'
import { actorOf } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { badInput, Fault } from '@tikitu/runtime/fault'
import { mayActFor, type Identity } from '@tikitu/runtime/identity'
import { isId, newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { TicketUsed } from '@tikitu/schema/events/booking'
import { isSignedBy, readCode } from '../tickets/ticket-code.ts'
import type { TicketRow } from '../tickets/ticket.sql.ts'
import { reasonAgainst, type CheckInReason } from './check-in.rules.ts'
import {
  checkInByNonce,
  doorOf,
  insertCheckIn,
  lockNonce,
  shownTicket,
  shownTicketForUpdate,
  useTicket,
  type CheckInRow,
  type DoorRow,
  type ShownRow,
} from './check-in.sql.ts'

/** A code that was shown at a door. */
export interface Scan {
  readonly eventId: string
  readonly code: string
  readonly nonce: string
  readonly gate: string
  readonly identity: Identity
  readonly at: Date
}

/** What the door says. The ticket is there when the code names one of this event. */
export interface DoorAnswer {
  /** Null: let in. */
  readonly reason: CheckInReason | null
  readonly ticket: TicketRow | null
  readonly at: Date
}

/** Looks at a code as the door would, and changes nothing. */
export async function validateTicket(tx: Transaction, { eventId, code, identity, at }: Omit<Scan, 'nonce' | 'gate'>) {
  const door = await doorFor(tx, identity, eventId)
  if (!door) return noSuchEvent(eventId)
  const { reason, shown } = await examine(tx, { door, code, at }, shownTicket)
  return accept<DoorAnswer>({ reason, ticket: ofThisEvent(shown, door), at })
}

/**
 * Lets a ticket in, once. Not being let in is an answer like being let in: either way the scan is kept, and its nonce
 * gives this answer to this scanner for ever. Under it another code is BAD_USER_INPUT: the answer was not about that one.
 */
export async function checkIn(tx: Transaction, scan: Scan) {
  const { eventId, code, nonce, gate, identity, at } = scan
  const door = await doorFor(tx, identity, eventId)
  if (!door) return noSuchEvent(eventId)
  const key = { eventId, nonce, scannedBy: actorOf(identity).id }
  const codeHash = createHash('sha256').update(code).digest('hex')
  await lockNonce(tx, key)
  const known = await checkInByNonce(tx, key)
  if (known && known.codeHash !== codeHash) throw badInput('input.nonce', 'was used for another code')
  if (known) return accept(await sameAgain(tx, known, door))

  const { reason, shown } = await examine(tx, { door, code, at }, shownTicketForUpdate)
  const accepted = reason === null
  const ticketId = shown?.id ?? null
  await insertCheckIn(tx, { id: newId(), ...key, codeHash, ticketId, gate, accepted, reason, at })
  if (!accepted || !shown) return accept<DoorAnswer>({ reason, ticket: ofThisEvent(shown, door), at })

  await useTicket(tx, shown.id, at, gate)
  const fact = { ticketId: shown.id, bookingId: shown.bookingId, eventId, partnerId: door.partnerId, gate }
  await emit(tx, TicketUsed, { ...fact, at: at.toISOString() })
  return accept<DoorAnswer>({ reason, ticket: { ...shown, status: 'USED', usedAt: at, usedGate: gate }, at })
}

const noSuchEvent = (eventId: string) => refuse('EventNotFound', 'There is no such event.', { eventId })

/**
 * The event, when the caller may stand at its door: staff of its partner, or its machine. Null when there is none for
 * the caller; whoever can see that it exists but may not scan gets FORBIDDEN. Admins do not stand at doors.
 */
async function doorFor(tx: Transaction, identity: Identity, eventId: string): Promise<DoorRow | null> {
  const door = isId(eventId) ? await doorOf(tx, eventId) : null
  if (!door) return null
  if (mayActFor(identity, door.partnerId, ['OWNER', 'MANAGER', 'SCANNER'], 'tikitu/checkin.write')) return door
  if (door.status === 'DRAFT') return null
  if (identity.kind === 'anonymous') throw new Fault('UNAUTHENTICATED', 'Sign in to do this.')
  if (identity.incomplete)
    throw new Fault('UNAVAILABLE', 'Your account cannot be looked up right now. Please try again.')
  throw new Fault('FORBIDDEN', 'Only people at this door can do this.')
}

interface Showing {
  readonly door: DoorRow
  readonly code: string
  readonly at: Date
}

/** Finds the ticket by `find`, believes the code only when the ticket's event has signed it, and decides. */
async function examine(tx: Transaction, { door, code, at }: Showing, find: typeof shownTicketForUpdate) {
  const claim = readCode(code)
  const found = claim && (await find(tx, claim.ticketId))
  const shown = claim && found && isSignedBy(claim, found.publicKey) ? found : null
  return { shown, reason: reasonAgainst(shown, claim?.codeVersion ?? 0, door, at) }
}

/** The first answer to a scan, from what was kept of it. */
async function sameAgain(tx: Transaction, { reason, ticketId, at }: CheckInRow, door: DoorRow): Promise<DoorAnswer> {
  const shown = ticketId === null ? null : await shownTicket(tx, ticketId)
  return { reason, ticket: ofThisEvent(shown, door), at }
}

/** A door learns nothing about tickets of other events. */
function ofThisEvent(shown: ShownRow | null, door: DoorRow): TicketRow | null {
  return shown?.eventId === door.id ? shown : null
}
