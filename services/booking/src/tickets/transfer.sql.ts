import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { events, tickets, ticketTransfers, venues } from '../tables.ts'
import type { TicketRow } from './ticket.sql.ts'

/** An offer as it is stored. */
export type TransferRow = typeof ticketTransfers.$inferSelect

/** A ticket, which nobody else uses, changes or cancels until the transaction ends. */
export async function ticketForUpdate(tx: Transaction, ticketId: string) {
  const [row] = await tx
    .select({
      ticket: tickets,
      endsAt: events.endsAt,
      partnerId: events.partnerId,
      title: events.title,
      startsAt: events.startsAt,
      timezone: events.timezone,
      venueName: venues.name,
      city: venues.city,
    })
    .from(tickets)
    .innerJoin(events, eq(events.id, tickets.eventId))
    .innerJoin(venues, eq(venues.venueId, events.venueId))
    .where(eq(tickets.id, ticketId))
    .for('update', { of: tickets })
  if (!row) return null
  const { ticket, endsAt, partnerId, startsAt, ...event } = row
  return { ...ticket, endsAt, partnerId, event: { ...event, startsAt: startsAt.toISOString() } }
}

/** Gives a ticket another name, another holder, or both, and with that another code: the old one is worth nothing. */
export async function renewTicket(
  tx: Transaction,
  ticketId: string,
  changes: Partial<Pick<TicketRow, 'holderName' | 'userId'>>,
): Promise<void> {
  await tx
    .update(tickets)
    .set({ ...changes, codeVersion: sql`${tickets.codeVersion} + 1` })
    .where(eq(tickets.id, ticketId))
}

/** Adds an offer. The ticket has no other, or `withdrawOffers` was called before. */
export async function insertTransfer(
  tx: Transaction,
  offer: Omit<TransferRow, 'toUserId' | 'status' | 'endedAt'>,
): Promise<void> {
  await tx.insert(ticketTransfers).values({ ...offer, status: 'OFFERED' })
}

/** Ends whatever offer there is of a ticket. */
export async function withdrawOffers(tx: Transaction, ticketId: string, at: Date): Promise<void> {
  await tx
    .update(ticketTransfers)
    .set({ status: 'WITHDRAWN', endedAt: at })
    .where(and(eq(ticketTransfers.ticketId, ticketId), eq(ticketTransfers.status, 'OFFERED')))
}

/** An offer by its id. Lock its ticket before anything follows from it. */
export async function transferById(db: Queryable, id: string): Promise<TransferRow | null> {
  const [row] = await db.select().from(ticketTransfers).where(eq(ticketTransfers.id, id))
  return row ?? null
}

/** Writes down who has taken an offer. */
export async function markClaimed(tx: Transaction, id: string, toUserId: string, at: Date): Promise<void> {
  await tx.update(ticketTransfers).set({ status: 'CLAIMED', toUserId, endedAt: at }).where(eq(ticketTransfers.id, id))
}

/** The offers of tickets that can be claimed now. */
export function liveOffers(db: Queryable, ticketIds: readonly string[]): Promise<TransferRow[]> {
  return db
    .select()
    .from(ticketTransfers)
    .where(
      and(
        inArray(ticketTransfers.ticketId, [...ticketIds]),
        eq(ticketTransfers.status, 'OFFERED'),
        sql`${ticketTransfers.expiresAt} > now()`,
      ),
    )
}
