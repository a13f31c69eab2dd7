/** Why a code is not let in. */
export type CheckInReason = 'UNKNOWN' | 'WRONG_EVENT' | 'ALREADY_USED' | 'CANCELLED' | 'NOT_YET' | 'EXPIRED'

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
}

/**
 * Why this ticket is not let in at this door now; null when it is. `shown` is null when the code is not ours or was
 * tampered with. What is wrong with the ticket comes before what is wrong with the hour.
 */
export function reasonAgainst(shown: Shown | null, codeVersion: number, door: Door, at: Date): CheckInReason | null {
  if (shown === null || shown.codeVersion !== codeVersion) return 'UNKNOWN'
  if (shown.eventId !== door.id) return 'WRONG_EVENT'
  if (shown.status === 'CANCELLED' || door.status === 'CANCELLED') return 'CANCELLED'
  if (shown.status === 'USED') return 'ALREADY_USED'
  if (shown.status === 'EXPIRED' || at >= door.endsAt) return 'EXPIRED'
  return at < door.doorsAt ? 'NOT_YET' : null
}

const SENTENCES: Readonly<Record<CheckInReason, string>> = {
  UNKNOWN: 'This is not a valid ticket.',
  WRONG_EVENT: 'This ticket is for another event.',
  ALREADY_USED: 'This ticket was used already.',
  CANCELLED: 'This ticket was cancelled.',
  NOT_YET: 'The doors are not open yet.',
  EXPIRED: 'The event is over.',
}

/** The reason in words for the person at the door. */
export function sentenceFor(reason: CheckInReason): string {
  return SENTENCES[reason]
}
