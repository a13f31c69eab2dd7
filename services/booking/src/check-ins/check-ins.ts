import { createHash } from 'node:crypto'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { badInput } from '@tikitu/runtime/fault'
import { tellOfChanges } from '@tikitu/runtime/live'
import { newId } from '@tikitu/runtime/ids'
import { accept } from '@tikitu/runtime/outcome'
import { TicketUsed } from '@tikitu/schema/events/booking'
import { isSignedBy, readCode, type Claim } from '../tickets/ticket-code.ts'
import type { TicketRow } from '../tickets/ticket.sql.ts'
import { reasonAgainst, type CheckInReason, type Direction } from './check-in.rules.ts'
import {
  checkInByNonce,
  insertCheckIns,
  lockNonce,
  passTicket,
  shownTicket,
  shownTicketForUpdate,
  type CheckInRow,
  type DoorRow,
  type ShownRow,
} from './check-in.sql.ts'
import { doorFor, noSuchEvent, type Keeper } from './door.ts'

/** A code that was shown at a door. */
export interface Scan extends Keeper {
  readonly eventId: string
  readonly code: string
  readonly nonce: string
  readonly gate: string
  readonly direction: Direction
  readonly at: Date
}

/** What the door says. The ticket is there when the code names one of this event. */
export interface DoorAnswer {
  /** Null: let through. */
  readonly reason: CheckInReason | null
  readonly direction: Direction
  readonly ticket: TicketRow | null
  readonly at: Date
}

/** What those who follow the doors of an event watch. */
export const DOOR_TOPIC = 'door'

/** Looks at a code as the door would, and changes nothing. */
export async function validateTicket(tx: Transaction, look: Omit<Scan, 'nonce' | 'gate' | 'direction'>) {
  const { eventId, code, at } = look
  const kept = await doorFor(tx, look, eventId)
  if (!kept) return noSuchEvent(eventId)
  const scan = { door: kept.door, code, direction: 'ENTRY' as const, at }
  const { reason, shown } = await examine(tx, scan, shownTicket)
  return accept<DoorAnswer>({ reason, direction: 'ENTRY', ticket: ofThisEvent(shown, kept.door), at })
}

/**
 * Lets somebody in with a ticket, out, and in again; never two at once. Not being let through is an answer like being let
 * through: either way the scan is kept, and its nonce gives this answer to this scanner for ever. Under it another code
 * is BAD_USER_INPUT: the answer was not about that one.
 */
export async function checkIn(tx: Transaction, scan: Scan) {
  const { eventId, code, nonce, gate, direction, at } = scan
  const kept = await doorFor(tx, scan, eventId)
  if (!kept) return noSuchEvent(eventId)
  const { door } = kept
  const key = { eventId, nonce, scannedBy: kept.scannedBy }
  const codeHash = hashOfCode(code)
  await lockNonce(tx, key)
  const known = await checkInByNonce(tx, key)
  if (known) return accept(await sameAgain(tx, known, { codeHash, door }))

  const { reason, shown } = await examine(tx, { door, code, direction, at }, shownTicketForUpdate)
  const accepted = reason === null
  const passage = accepted && shown ? shown.passages + 1 : null
  const ticketId = shown?.id ?? null
  const row = { id: newId(), ...key, codeHash, ticketId, gate, direction, accepted, reason, passage, at }
  // Its scanner has lost its network since, and told of this very scan among those that it decided alone.
  if ((await insertCheckIns(tx, [row])).size === 0) return checkIn(tx, scan)
  await tellOfChanges(tx, { topic: DOOR_TOPIC, id: eventId })
  if (passage === null || !shown) return accept<DoorAnswer>({ reason, direction, ticket: ofThisEvent(shown, door), at })

  const ticket = await passTicket(tx, { ticketId: shown.id, direction, passage, gate, at })
  if (shown.usedAt === null) await tellOfUse(tx, door, ticket)
  return accept<DoorAnswer>({ reason, direction, ticket, at })
}

/** Publishes that a ticket has let somebody in for the first time. */
export async function tellOfUse(tx: Transaction, { id, partnerId }: DoorRow, ticket: TicketRow): Promise<void> {
  const { usedAt, usedGate } = ticket
  if (usedAt === null || usedGate === null) throw new Error(`ticket ${ticket.id} was used, and nobody knows when`)
  const fact = { ticketId: ticket.id, bookingId: ticket.bookingId, eventId: id, partnerId, gate: usedGate }
  await emit(tx, TicketUsed, { ...fact, at: usedAt.toISOString() })
}

/** What is kept of a code: its SHA-256 in hexadecimal. */
export function hashOfCode(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}

/** The ticket, when its event has signed the claim: what a code says is believed only then. */
export function genuine(claim: Claim | null, found: ShownRow | null | undefined): ShownRow | null {
  return claim && found && isSignedBy(claim, found.publicKey) ? found : null
}

/** A door learns nothing about tickets of other events. */
function ofThisEvent(shown: ShownRow | null, door: DoorRow): TicketRow | null {
  return shown?.eventId === door.id ? shown : null
}

interface Examined {
  readonly door: DoorRow
  readonly code: string
  readonly direction: Direction
  readonly at: Date
}

/** Finds the ticket by `find`, and decides. */
async function examine(tx: Transaction, scan: Examined, find: typeof shownTicketForUpdate) {
  const claim = readCode(scan.code)
  const shown = genuine(claim, claim && (await find(tx, claim.ticketId)))
  const showing = { shown, codeVersion: claim?.codeVersion ?? 0, direction: scan.direction }
  return { shown, reason: reasonAgainst(showing, scan.door, scan.at) }
}

/** The first answer to a scan, from what was kept of it. */
async function sameAgain(
  tx: Transaction,
  known: CheckInRow,
  { codeHash, door }: { codeHash: string; door: DoorRow },
): Promise<DoorAnswer> {
  if (known.codeHash !== codeHash) throw badInput('input.nonce', 'was used for another code')
  const { reason, direction, ticketId, at } = known
  const shown = ticketId === null ? null : await shownTicket(tx, ticketId)
  return { reason, direction, ticket: ofThisEvent(shown, door), at }
}
