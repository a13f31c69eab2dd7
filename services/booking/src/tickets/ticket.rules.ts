import { accept, refuse } from '@tikitu/runtime/outcome'

/** Why a ticket stays whose it is, with the name that is on it. */
export type TicketChangeProblem = 'USED' | 'CANCELLED' | 'EXPIRED' | 'CHANGED_TOO_OFTEN'

/** A ticket, and what decides whether it may be changed. */
export interface Changeable {
  readonly id: string
  readonly status: 'ACTIVE' | 'USED' | 'CANCELLED' | 'EXPIRED'
  readonly codeVersion: number
  /** When its event ends. */
  readonly endsAt: Date
}

/** Codes have two bytes for the version, and the database's smallest integer half of that. */
const CODE_VERSION_MAX = 32_767

/** May this ticket get another name or holder, and so another code? Not once somebody came in with it, nor when it is worth nothing. */
export function decideTicketChange({ id, status, codeVersion, endsAt }: Changeable, at: Date) {
  if (status === 'USED') return notChangeable(id, 'USED')
  if (status === 'CANCELLED') return notChangeable(id, 'CANCELLED')
  if (status === 'EXPIRED' || at >= endsAt) return notChangeable(id, 'EXPIRED')
  return codeVersion >= CODE_VERSION_MAX ? notChangeable(id, 'CHANGED_TOO_OFTEN') : accept()
}

const CHANGE_SENTENCES: Readonly<Record<TicketChangeProblem, string>> = {
  USED: 'Somebody came in with this ticket already.',
  CANCELLED: 'This ticket was cancelled.',
  EXPIRED: 'The event of this ticket is over.',
  CHANGED_TOO_OFTEN: 'This ticket was changed too often.',
}

const notChangeable = (ticketId: string, reason: TicketChangeProblem) =>
  refuse('TicketNotChangeable', CHANGE_SENTENCES[reason], { ticketId, reason })

/** Says that there is no such ticket, or that it is not the caller's. */
export const ticketNotFound = (ticketId: string) => refuse('TicketNotFound', 'You have no such ticket.', { ticketId })

/** Why nobody gets a ticket by a claim link. */
export type ClaimProblem = 'UNKNOWN' | 'CLAIMED' | 'WITHDRAWN' | 'EXPIRED' | 'OWN'

/** An offer, and what decides whether it may be claimed. */
export interface Claimable {
  readonly status: 'OFFERED' | 'CLAIMED' | 'WITHDRAWN'
  readonly fromUserId: string
  readonly expiresAt: Date
}

/** May this user have what was offered? Null is an offer that there is not, or whose token was not brought. */
export function decideClaim(offer: Claimable | null, userId: string, at: Date) {
  if (offer === null) return notClaimable('UNKNOWN')
  if (offer.status !== 'OFFERED') return notClaimable(offer.status)
  if (at >= offer.expiresAt) return notClaimable('EXPIRED')
  return offer.fromUserId === userId ? notClaimable('OWN') : accept()
}

const CLAIM_SENTENCES: Readonly<Record<ClaimProblem, string>> = {
  UNKNOWN: 'This link gives no ticket.',
  CLAIMED: 'Somebody has this ticket already.',
  WITHDRAWN: 'This ticket is not offered any more.',
  EXPIRED: 'This offer has expired. Ask for another one.',
  OWN: 'This is your own ticket: send the link to somebody else.',
}

const notClaimable = (reason: ClaimProblem) => refuse('TransferNotClaimable', CLAIM_SENTENCES[reason], { reason })
