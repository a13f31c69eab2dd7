import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { onceForKey } from '@tikitu/runtime/idempotency'
import { isId } from '@tikitu/runtime/ids'
import { tellOfChanges } from '@tikitu/runtime/live'
import { accept } from '@tikitu/runtime/outcome'
import { TicketRenamed } from '@tikitu/schema/events/booking'
import { decideTicketChange, ticketNotFound } from './ticket.rules.ts'
import { renewTicket, ticketForUpdate } from './transfer.sql.ts'

/** What those who follow a booking watch, as its tickets belong to it. */
export const TICKETS_TOPIC = 'booking'

/** Somebody wants another name on their ticket. */
export interface Rename {
  readonly ticketId: string
  /** Null takes the name off. */
  readonly holderName: string | null
  readonly userId: string
  readonly idempotencyKey: string
  readonly at: Date
}

/**
 * Puts a name on a ticket of the caller. Its code is another one from now on and the old one is worth nothing, so that a
 * name that was sold with a picture of the code does not let in. The name that it has already changes nothing.
 */
export async function renameTicket(tx: Transaction, command: Rename) {
  const { ticketId, holderName, userId, idempotencyKey, at } = command
  const wish = { caller: userId, key: idempotencyKey, operation: 'renameTicket', request: { ticketId, holderName } }
  return onceForKey(tx, wish, async () => {
    const ticket = isId(ticketId) ? await ticketForUpdate(tx, ticketId) : null
    if (ticket?.userId !== userId) return ticketNotFound(ticketId)
    const decision = decideTicketChange(ticket, at)
    if (!decision.ok) return decision
    if (ticket.holderName === holderName) return accept({ id: ticketId })
    await renewTicket(tx, ticketId, { holderName })
    const { bookingId, eventId, partnerId } = ticket
    await emit(tx, TicketRenamed, { ticketId, bookingId, eventId, partnerId, userId, at: at.toISOString() })
    await tellOfChanges(tx, { topic: TICKETS_TOPIC, id: bookingId })
    return accept({ id: ticketId })
  })
}
