import type { Transaction } from '@tikitu/runtime/database'
import { issueTickets } from '../tickets/ticket.sql.ts'
import { announce, type News } from './announce.ts'
import { transitionFrom, type Condition, type SagaEvent } from './booking.saga.ts'
import { moveBooking, type Changes, type SagaBooking } from './booking.sql.ts'

/** One step of a booking through the saga. */
export interface Step {
  readonly booking: SagaBooking
  readonly on: SagaEvent
  readonly when?: Condition
  readonly at: Date
  /** What is written beside the state. */
  readonly changes?: Changes
  /** What there is to say about it, as far as the row of the saga says anything. */
  readonly news?: Pick<News, 'reason' | 'refund'>
}

/**
 * Carries out the row of the saga: the state by compare-and-set, tickets when the booking is sold, and the
 * facts that the row publishes. The caller has locked the booking, so a row that does not fit is a mistake and throws.
 */
export async function take(tx: Transaction, step: Step): Promise<void> {
  const moved = await tryToTake(tx, step)
  if (!moved) throw new Error(`booking ${step.booking.id} cannot go from ${step.booking.status} by ${step.on}`)
}

/** The same, when the booking is not locked: false, and nothing is done, when somebody else has moved it meanwhile. */
export async function tryToTake(
  tx: Transaction,
  { booking, on, when, at, changes = {}, news = {} }: Step,
): Promise<boolean> {
  const transition = transitionFrom(booking.status, on, when)
  if (!transition) return false
  const status = transition.to === 'same' ? booking.status : transition.to
  const confirms = status === 'CONFIRMED' && booking.status !== 'CONFIRMED'
  const written = confirms ? { ...changes, confirmedAt: at, endedAt: null, endReason: null } : changes
  if (transition.to !== 'same' && !(await moveBooking(tx, booking.id, transition, written))) return false
  // Those that a dispute took are given back by whoever knows which they were.
  if (confirms && on !== 'payment.dispute_closed') await issueTickets(tx, booking.id)
  await announce(tx, transition, { ...news, at, booking: { ...booking, ...written, status } })
  return true
}
