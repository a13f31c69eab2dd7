import type { CheckInReason } from './check-in.rules.ts'
import { timelineOf, type Passage } from './timeline.rules.ts'

/** Somebody whom a door let through, as it was kept. */
export interface LetThrough extends Passage {
  readonly ticketId: string | null
  /** Why they should not have been, whoever else came. */
  readonly reason: CheckInReason | null
}

/** Somebody was let through who should not have been. */
export interface Conflict<Through extends LetThrough> {
  readonly reason: CheckInReason
  readonly scan: Through
  /** With ALREADY_USED: who was inside with the ticket. */
  readonly first: Through | null
}

/**
 * What is wrong with those who were let through. Doors without network decide alone, so two may come in with one ticket,
 * or one with a ticket that is worth nothing; it is found out when they tell, and the same whatever the order.
 */
export function conflictsAmong<Through extends LetThrough>(all: readonly Through[]): Conflict<Through>[] {
  const wrong = all.flatMap((scan) => (scan.reason === null ? [] : [{ reason: scan.reason, scan, first: null }]))
  const byTicket = Map.groupBy(
    all.filter(({ reason }) => reason === null),
    ({ ticketId }) => ticketId,
  )
  const doubles = [...byTicket.values()].flatMap((passages) => timelineOf(passages).doubles)
  const twice = doubles.map(({ passage, first }) => ({ reason: 'ALREADY_USED' as const, scan: passage, first }))
  return [...wrong, ...twice].toSorted((left, right) => (left.scan.id < right.scan.id ? -1 : 1))
}
