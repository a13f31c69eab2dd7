import { accept, refuse } from '@tikitu/runtime/outcome'
import type { CheckedOutStatus } from './booking.rules.ts'

/** So many tickets of one type, as they were bought. */
export interface BoughtLine {
  readonly ticketTypeId: string
  readonly quantity: number
  readonly unitPrice: number
  readonly fees?: number
  readonly taxes?: number
}

/** A ticket of the booking. */
export interface RefundableTicket {
  readonly id: string
  readonly ticketTypeId: string
  readonly status: 'ACTIVE' | 'USED' | 'CANCELLED' | 'EXPIRED'
}

/** A booking, and what decides whether a part of it may be given back. */
export interface RefundFacts {
  readonly status: CheckedOutStatus
  readonly currency: string
  readonly lines: readonly BoughtLine[]
  readonly tickets: readonly RefundableTicket[]
  /** What was paid and not promised back. */
  readonly left: number
  readonly event: { readonly endsAt: Date }
}

/** What is to be given back: tickets, which are worth nothing then, or an amount, for which none is taken. */
export interface RefundPart {
  readonly ticketIds?: readonly string[] | null | undefined
  readonly amount?: number | null | undefined
}

/** What giving it back comes to. */
export type RefundPlan =
  | { readonly kind: 'WHOLE'; readonly amount: number }
  | { readonly kind: 'TICKETS'; readonly amount: number; readonly ticketIds: readonly string[] }
  | { readonly kind: 'GOODWILL'; readonly amount: number }

/**
 * May this part be given back now, and how much is it? Tickets until the event ends, since their places go back on sale;
 * an amount also afterwards. All the tickets that are left are the whole booking. Never more than is left.
 */
export function decideRefund(booking: RefundFacts, { ticketIds, amount }: RefundPart, at: Date) {
  const { status, left, event } = booking
  if (ticketIds != null) {
    if (status !== 'CONFIRMED' || at >= event.endsAt)
      return notRefundable(status, 'Tickets of this booking cannot be taken back any more.')
    return decideTickets(booking, [...new Set(ticketIds)])
  }
  if (status !== 'CONFIRMED' && status !== 'COMPLETED')
    return notRefundable(status, 'Nothing of this booking can be given back.')
  if (amount == null || amount > left) return tooLarge(booking)
  return accept<RefundPlan>({ kind: 'GOODWILL', amount })
}

function decideTickets(booking: RefundFacts, ticketIds: readonly string[]) {
  const { tickets, lines, left } = booking
  const live = tickets.filter(({ status }) => status !== 'CANCELLED')
  const missing = ticketIds.find((ticketId) => !live.some(({ id }) => id === ticketId))
  if (missing !== undefined)
    return refuse('TicketNotFound', 'There is no such ticket of this booking.', { ticketId: missing })
  if (left === 0) return tooLarge(booking)
  if (ticketIds.length === live.length) return accept<RefundPlan>({ kind: 'WHOLE', amount: left })
  const amount = Math.min(left, worthOf(lines, tickets, new Set(ticketIds)))
  if (amount === 0) return tooLarge(booking)
  return accept<RefundPlan>({ kind: 'TICKETS', amount, ticketIds })
}

/**
 * What was paid for these tickets: their prices, and their part of the fees and taxes of their line. That is reckoned
 * from how many of the line have gone before, so that one by one they come to exactly what was paid for all.
 */
export function worthOf(
  lines: readonly BoughtLine[],
  tickets: readonly RefundableTicket[],
  chosen: ReadonlySet<string>,
): number {
  let worth = 0
  for (const { ticketTypeId, quantity, unitPrice, fees = 0, taxes = 0 } of lines) {
    const ofLine = tickets.filter((ticket) => ticket.ticketTypeId === ticketTypeId)
    const gone = ofLine.filter(({ status }) => status === 'CANCELLED').length
    const going = ofLine.filter(({ id }) => chosen.has(id)).length
    const addedOf = (count: number) => Number((BigInt(fees + taxes) * BigInt(count)) / BigInt(quantity))
    worth += going * unitPrice + addedOf(gone + going) - addedOf(gone)
  }
  return worth
}

const notRefundable = (status: CheckedOutStatus, message: string) => refuse('BookingNotRefundable', message, { status })

const tooLarge = ({ left, currency }: RefundFacts) =>
  refuse('RefundTooLarge', 'There is not as much left of the payment.', { left: { amount: left, currency } })
