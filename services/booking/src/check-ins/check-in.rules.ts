/** Why a code is not let through. */
export type CheckInReason =
  | 'UNKNOWN'
  | 'WRONG_EVENT'
  | 'ALREADY_USED'
  | 'CANCELLED'
  | 'NOT_YET'
  | 'EXPIRED'
  | 'NOT_INSIDE'

/** Which way somebody goes through a door. */
export type Direction = 'ENTRY' | 'EXIT'

/** The event at whose door somebody stands. */
export interface Door {
  readonly id: string
  readonly status: 'DRAFT' | 'PUBLISHED' | 'CANCELLED' | 'COMPLETED'
  readonly doorsAt: Date
  readonly endsAt: Date
}

/** The ticket that a genuine code names. */
export interface Shown {
  readonly eventId: string
  readonly status: 'ACTIVE' | 'USED' | 'CANCELLED' | 'EXPIRED'
  readonly codeVersion: number
  /** Whether its holder is in the house. */
  readonly inside: boolean
}

/** What somebody shows at a door, going one way. */
export interface Showing {
  /** Null when the code is not ours or was tampered with. */
  readonly shown: Shown | null
  /** The version that the code names. */
  readonly codeVersion: number
  readonly direction: Direction
}

/**
 * Why this ticket is not let through at this door now; null when it is. Who went out may come in again with the same
 * ticket; who is inside may leave at any time. What is wrong with the ticket comes before what is wrong with the hour.
 */
export function reasonAgainst(showing: Showing, door: Door, at: Date): CheckInReason | null {
  const { shown, direction } = showing
  const wrong = reasonAgainstTicket(showing, door)
  if (shown === null || wrong === 'UNKNOWN' || wrong === 'WRONG_EVENT') return wrong
  if (direction === 'EXIT') return shown.inside ? null : 'NOT_INSIDE'
  if (wrong !== null) return wrong
  if (shown.inside) return 'ALREADY_USED'
  if (shown.status === 'EXPIRED' || at >= door.endsAt) return 'EXPIRED'
  return at < door.doorsAt ? 'NOT_YET' : null
}

/**
 * What is wrong with the ticket itself, whatever the hour and whoever else came with it: all that can be held against
 * somebody whom a device without network has let through, because its clock is its own.
 */
export function reasonAgainstTicket({ shown, codeVersion, direction }: Showing, door: Door): CheckInReason | null {
  if (shown === null || shown.codeVersion !== codeVersion) return 'UNKNOWN'
  if (shown.eventId !== door.id) return 'WRONG_EVENT'
  const isCancelled = shown.status === 'CANCELLED' || door.status === 'CANCELLED'
  return isCancelled && direction === 'ENTRY' ? 'CANCELLED' : null
}

/** How long before its doors open somebody may be let in at an event, in milliseconds: doors open early, and clocks are off. */
const EARLY_MILLISECONDS = 3 * 3_600_000

/**
 * When a scan without network is taken to have been. A device's clock is believed when the scan is not of the future,
 * not from before the device was registered and not from long before the doors opened; what is not to be believed
 * happened when it was told, so that a clock that is far behind does not win against everybody.
 */
export function timeOfScan(
  scannedAt: Date,
  { doorsAt, keptSince, at }: { readonly doorsAt: Date; readonly keptSince: Date | null; readonly at: Date },
): Date {
  const earliest = Math.max(doorsAt.getTime() - EARLY_MILLISECONDS, keptSince?.getTime() ?? 0)
  return scannedAt.getTime() < earliest || scannedAt > at ? at : scannedAt
}

const SENTENCES: Readonly<Record<CheckInReason, string>> = {
  UNKNOWN: 'This is not a valid ticket.',
  WRONG_EVENT: 'This ticket is for another event.',
  ALREADY_USED: 'This ticket was used already.',
  CANCELLED: 'This ticket was cancelled.',
  NOT_YET: 'The doors are not open yet.',
  EXPIRED: 'The event is over.',
  NOT_INSIDE: 'Nobody is inside with this ticket.',
}

/** The reason in words for the person at the door. */
export function sentenceFor(reason: CheckInReason): string {
  return SENTENCES[reason]
}
