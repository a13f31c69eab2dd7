import type { Transaction } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { tellOfChanges } from '@tikitu/runtime/live'
import { accept } from '@tikitu/runtime/outcome'
import { readCode } from '../tickets/ticket-code.ts'
import { reasonAgainstTicket, timeOfScan, type CheckInReason, type Direction } from './check-in.rules.ts'
import { insertCheckIns, shownTicketsForUpdate, type CheckInRow, type DoorRow, type ShownRow } from './check-in.sql.ts'
import { DOOR_TOPIC, genuine, hashOfCode, tellOfUse } from './check-ins.ts'
import { conflictsAmong, type Conflict } from './conflicts.rules.ts'
import { doorFor, noSuchEvent, type Keeper, type KeptDoor } from './door.ts'
import { timelineOf } from './timeline.rules.ts'
import { checkInsByNonces, correctTicket, letThroughWith } from './upload.sql.ts'

/** A scan that a device decided without network. */
export interface OfflineScan {
  readonly nonce: string
  readonly code: string
  readonly gate: string
  readonly direction: Direction
  /** By the device's clock. */
  readonly scannedAt: Date
  /** Why the device let nobody through; null when it let somebody through. */
  readonly refusedFor: CheckInReason | null
}

/** A device has network again, and tells. */
export interface Upload extends Keeper {
  readonly eventId: string
  readonly scans: readonly OfflineScan[]
  readonly at: Date
}

/** What became of a scan that was told. */
export interface ScanResult {
  readonly nonce: string
  readonly status: 'KEPT' | 'CONFLICT' | 'NONCE_REUSED'
  /** Why nobody was let through, or should not have been. */
  readonly reason: CheckInReason | null
}

/** What became of an upload. */
export interface Uploaded {
  readonly at: Date
  /** One for each scan, in their order. */
  readonly results: readonly ScanResult[]
  /** All that is wrong by now with the tickets that were told of; the scan of another device may be among it. */
  readonly conflicts: readonly Conflict<CheckInRow>[]
}

/**
 * Keeps what a device decided without network, and makes tickets and doors agree: who came in first by the time of the
 * scans, has used the ticket, whoever tells first. Telling again changes nothing, and answers what is known by then.
 */
export async function uploadScans(tx: Transaction, upload: Upload) {
  const { eventId, scans, at } = upload
  const kept = await doorFor(tx, upload, eventId)
  if (!kept) return noSuchEvent(eventId)
  const found = await ticketsShown(tx, scans)
  const rows = scans.map((scan) => rowOf(scan, { ...kept, found, at }))
  if (rows.length > 0) await insertCheckIns(tx, rows)

  const nonces = scans.map(({ nonce }) => nonce)
  const all = await checkInsByNonces(tx, { eventId, scannedBy: kept.scannedBy, nonces })
  const byNonce = new Map(all.map((row) => [row.nonce, row]))
  const ticketIds = [...new Set(all.flatMap(({ ticketId }) => ticketId ?? []))]
  const through = await letThroughWith(tx, { eventId, ticketIds })
  await settleTickets(tx, { door: kept.door, through, found })
  await tellOfChanges(tx, { topic: DOOR_TOPIC, id: eventId })

  // What names no ticket is no other scan's business.
  const conflicts = conflictsAmong([...through, ...all.filter(({ accepted, ticketId }) => accepted && !ticketId)])
  const wrong = new Map(conflicts.map(({ scan, reason }) => [scan.id, reason]))
  return accept<Uploaded>({ at, results: rows.map((row) => resultOf(row, byNonce.get(row.nonce), wrong)), conflicts })
}

/** The tickets that the codes name, locked before anything is written, as `checkIn` does. */
function ticketsShown(tx: Transaction, scans: readonly OfflineScan[]): Promise<Map<string, ShownRow>> {
  const ids = new Set(scans.flatMap(({ code }) => readCode(code)?.ticketId ?? []))
  return shownTicketsForUpdate(tx, [...ids])
}

interface Known extends KeptDoor {
  readonly found: ReadonlyMap<string, ShownRow>
  readonly at: Date
}

function rowOf(
  { code, scannedAt, refusedFor, ...scan }: OfflineScan,
  { door, scannedBy, keptSince, found, at }: Known,
) {
  const claim = readCode(code)
  const shown = genuine(claim, claim && found.get(claim.ticketId))
  const { direction } = scan
  const accepted = refusedFor === null
  return {
    id: newId(),
    eventId: door.id,
    scannedBy,
    ...scan,
    codeHash: hashOfCode(code),
    ticketId: shown?.id ?? null,
    accepted,
    reason: refusedFor ?? reasonAgainstTicket({ shown, codeVersion: claim?.codeVersion ?? 0, direction }, door),
    offline: true,
    at: timeOfScan(scannedAt, { doorsAt: door.doorsAt, keptSince, at }),
    uploadedAt: at,
  }
}

interface Settling {
  readonly door: DoorRow
  readonly through: readonly CheckInRow[]
  readonly found: ReadonlyMap<string, ShownRow>
}

/** Makes each ticket what its timeline says. */
async function settleTickets(tx: Transaction, { door, through, found }: Settling): Promise<void> {
  const good = through.filter(({ reason }) => reason === null)
  for (const [ticketId, passages] of Map.groupBy(good, (row) => row.ticketId)) {
    const known = ticketId === null ? undefined : found.get(ticketId)
    const { inside, firstEntry } = timelineOf(passages)
    if (!known || !firstEntry) continue
    const { at: usedAt, gate: usedGate } = firstEntry
    if (known.inside === inside && known.usedAt?.getTime() === usedAt.getTime()) continue
    const ticket = await correctTicket(tx, { ticketId: known.id, inside, usedAt, usedGate })
    if (known.usedAt === null) await tellOfUse(tx, door, ticket)
  }
}

function resultOf(
  { nonce, codeHash }: { nonce: string; codeHash: string },
  row: CheckInRow | undefined,
  wrong: ReadonlyMap<string, CheckInReason>,
): ScanResult {
  if (!row) throw new Error('a scan was not kept')
  if (row.codeHash !== codeHash) return { nonce, status: 'NONCE_REUSED', reason: null }
  const reason = wrong.get(row.id)
  return reason ? { nonce, status: 'CONFLICT', reason } : { nonce, status: 'KEPT', reason: row.reason }
}
