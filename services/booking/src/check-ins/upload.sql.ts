import { and, asc, eq, inArray, or, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { checkIns, tickets } from '../tables.ts'
import type { TicketRow } from '../tickets/ticket.sql.ts'
import type { CheckInRow } from './check-in.sql.ts'

/** The scans of this scanner at this event under these nonces. */
export function checkInsByNonces(
  tx: Transaction,
  { eventId, scannedBy, nonces }: { eventId: string; scannedBy: string; nonces: readonly string[] },
): Promise<CheckInRow[]> {
  return tx
    .select()
    .from(checkIns)
    .where(and(eq(checkIns.eventId, eventId), eq(checkIns.scannedBy, scannedBy), inArray(checkIns.nonce, [...nonces])))
}

/** Everybody who was let through a door of this event with one of these tickets, rightly or not. */
export function letThroughWith(
  db: Queryable,
  { eventId, ticketIds }: { eventId: string; ticketIds: readonly string[] },
): Promise<CheckInRow[]> {
  return db
    .select()
    .from(checkIns)
    .where(and(eq(checkIns.eventId, eventId), eq(checkIns.accepted, true), inArray(checkIns.ticketId, [...ticketIds])))
    .orderBy(asc(checkIns.at), asc(checkIns.id))
}

/** Everybody who was let through a door of the event with something wrong, or with a ticket that more than one came in with. */
export function suspicious(db: Queryable, eventId: string): Promise<CheckInRow[]> {
  const shared = db
    .select({ ticketId: checkIns.ticketId })
    .from(checkIns)
    .where(
      and(
        eq(checkIns.eventId, eventId),
        eq(checkIns.accepted, true),
        eq(checkIns.direction, 'ENTRY'),
        sql`${checkIns.reason} is null`,
      ),
    )
    .groupBy(checkIns.ticketId)
    .having(sql`count(*) > 1`)
  return db
    .select()
    .from(checkIns)
    .where(
      and(
        eq(checkIns.eventId, eventId),
        eq(checkIns.accepted, true),
        or(sql`${checkIns.reason} is not null`, inArray(checkIns.ticketId, shared)),
      ),
    )
    .orderBy(asc(checkIns.at), asc(checkIns.id))
}

/** What all doors together know of a ticket. */
export interface Whereabouts {
  readonly ticketId: string
  readonly inside: boolean
  readonly usedAt: Date
  readonly usedGate: string
}

/** Corrects where a ticket's holder is, and when and where they came in first. Returns the ticket. */
export async function correctTicket(
  tx: Transaction,
  { ticketId, inside, usedAt, usedGate }: Whereabouts,
): Promise<TicketRow> {
  const [ticket] = await tx
    .update(tickets)
    .set({
      status: sql`case when ${tickets.status} = 'CANCELLED' then ${tickets.status} else 'USED' end`,
      inside,
      usedAt,
      usedGate,
    })
    .where(eq(tickets.id, ticketId))
    .returning()
  if (!ticket) throw new Error(`ticket ${ticketId} is gone`)
  return ticket
}
