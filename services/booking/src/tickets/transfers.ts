import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { onceForKey, onceIfKeyed } from '@tikitu/runtime/idempotency'
import { isId, newId } from '@tikitu/runtime/ids'
import { tellOfChanges } from '@tikitu/runtime/live'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { TicketTransferred } from '@tikitu/schema/events/booking'
import { hashOfBearer, isSecret, readBearer, type BearerSecrets } from './bearer.ts'
import { TICKETS_TOPIC } from './naming.ts'
import { decideClaim, decideTicketChange, ticketNotFound } from './ticket.rules.ts'
import {
  insertTransfer,
  markClaimed,
  renewTicket,
  ticketForUpdate,
  transferById,
  withdrawOffers,
} from './transfer.sql.ts'

/** Somebody wants to give their ticket away. */
export interface Offer {
  readonly ticketId: string
  readonly userId: string
  readonly idempotencyKey: string
  /** How long it may be claimed. */
  readonly hours: number
  readonly secrets: BearerSecrets
  readonly at: Date
}

/**
 * Offers a ticket of the caller to whoever brings its claim token. Until then nothing changes: the ticket lets its holder
 * in. An earlier offer of it ends, and its token with it.
 */
export async function transferTicket(tx: Transaction, command: Offer) {
  const { ticketId, userId, idempotencyKey, hours, secrets, at } = command
  const wish = { caller: userId, key: idempotencyKey, operation: 'transferTicket', request: { ticketId } }
  return onceForKey(tx, wish, async () => {
    const ticket = isId(ticketId) ? await ticketForUpdate(tx, ticketId) : null
    if (ticket?.userId !== userId) return ticketNotFound(ticketId)
    const decision = decideTicketChange(ticket, at)
    if (!decision.ok) return decision
    await withdrawOffers(tx, ticketId, at)
    const id = newId()
    const expiresAt = new Date(Math.min(at.getTime() + hours * 3_600_000, ticket.endsAt.getTime()))
    const tokenHash = hashOfBearer(secrets('transfer', id))
    await insertTransfer(tx, { id, ticketId, fromUserId: userId, tokenHash, expiresAt, createdAt: at })
    return accept({ id })
  })
}

/** Somebody does not want to give their ticket away after all. */
export interface Withdrawal {
  readonly transferId: string
  readonly userId: string
  readonly idempotencyKey: string | null
  readonly at: Date
}

/** Ends an offer of the caller. Again it changes nothing; what was claimed is claimed. */
export async function withdrawTransfer(tx: Transaction, withdrawal: Withdrawal) {
  const { transferId, userId, idempotencyKey: key } = withdrawal
  const wish = { caller: userId, key, operation: 'withdrawTransfer', request: { transferId } }
  return onceIfKeyed(tx, wish, () => withdrawOnce(tx, withdrawal))
}

async function withdrawOnce(tx: Transaction, { transferId, userId, at }: Withdrawal) {
  const seen = isId(transferId) ? await transferById(tx, transferId) : null
  if (seen?.fromUserId !== userId) return refuse('TransferNotFound', 'You have no such offer.', { transferId })
  await ticketForUpdate(tx, seen.ticketId)
  const offer = await transferById(tx, transferId)
  if (offer?.status === 'CLAIMED')
    return refuse('TransferAlreadyClaimed', 'Somebody has this ticket already.', { transferId })
  if (offer?.status === 'OFFERED') await withdrawOffers(tx, offer.ticketId, at)
  return accept({ id: transferId })
}

/** Somebody brings a claim token. */
export interface Claim {
  readonly token: string
  /** The name to put on the ticket; none unless said. */
  readonly holderName: string | null
  readonly userId: string
  readonly idempotencyKey: string
  readonly at: Date
}

/**
 * Makes the caller the holder of a ticket that was offered. The old code is worth nothing from now on, and the name that
 * was on the ticket is gone. The booking, and what a refund of it is worth, stays with its buyer.
 */
export async function claimTicket(tx: Transaction, { token, holderName, userId, idempotencyKey, at }: Claim) {
  const tokenHash = hashOfBearer(token)
  const wish = { caller: userId, key: idempotencyKey, operation: 'claimTicket', request: { tokenHash, holderName } }
  return onceForKey(tx, wish, async () => {
    const brought = readBearer('transfer', token)
    const seen = brought && (await transferById(tx, brought.id))
    // The ticket is what a scan, a cancellation and another claim lock, so what is read after it stays.
    const ticket = seen && isSecret(brought, seen.tokenHash) ? await ticketForUpdate(tx, seen.ticketId) : null
    const offer = seen && ticket && (await transferById(tx, seen.id))
    const decision = decideClaim(offer, userId, at)
    if (!decision.ok) return decision
    if (!offer || !ticket) throw new Error('an offer that there is not was claimed')
    const change = decideTicketChange(ticket, at)
    if (!change.ok) return change

    await markClaimed(tx, offer.id, userId, at)
    await renewTicket(tx, ticket.id, { userId, holderName })
    const { id: ticketId, bookingId, eventId, partnerId, event } = ticket
    await emit(tx, TicketTransferred, {
      ticketId,
      bookingId,
      eventId,
      partnerId,
      fromUserId: offer.fromUserId,
      toUserId: userId,
      event,
      at: at.toISOString(),
    })
    await tellOfChanges(tx, { topic: TICKETS_TOPIC, id: bookingId })
    return accept({ id: ticketId })
  })
}
