import { and, asc, eq, getTableColumns, inArray, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { checkIns, eventKeys, events, tickets } from '../tables.ts'
import type { TicketRow } from '../tickets/ticket.sql.ts'
import type { Direction } from './check-in.rules.ts'

/** A scan as it is kept. */
export type CheckInRow = typeof checkIns.$inferSelect

/** The event at whose door somebody stands, with whom it belongs to. */
export type DoorRow = NonNullable<Awaited<ReturnType<typeof doorOf>>>

/** The event as a door needs it; null when there is none. */
export async function doorOf(tx: Queryable, eventId: string) {
  const { id, partnerId, status, doorsAt, endsAt } = events
  const [door] = await tx.select({ id, partnerId, status, doorsAt, endsAt }).from(events).where(eq(id, eventId))
  return door ?? null
}

/** A ticket with the public key of its event. */
export type ShownRow = NonNullable<Awaited<ReturnType<typeof shownTicket>>>

/** The ticket that a code names, whatever its event; null when there is none. */
export async function shownTicket(tx: Transaction, ticketId: string) {
  const [shown] = await withKey(tx, ticketId)
  return shown ?? null
}

/** The same, and nobody else uses or cancels it until the transaction ends. */
export async function shownTicketForUpdate(tx: Transaction, ticketId: string): Promise<ShownRow | null> {
  const [shown] = await withKey(tx, ticketId).for('update', { of: tickets })
  return shown ?? null
}

/** Tickets by id, none of which anybody uses or cancels until the transaction ends. */
export async function shownTicketsForUpdate(tx: Transaction, ids: readonly string[]): Promise<Map<string, ShownRow>> {
  // In one order, so that two devices that tell of the same tickets do not wait for each other.
  const rows = await ticketsWithKeys(tx)
    .where(inArray(tickets.id, [...ids]))
    .orderBy(asc(tickets.id))
    .for('update', { of: tickets })
  return new Map(rows.map((row) => [row.id, row]))
}

function withKey(tx: Transaction, ticketId: string) {
  return ticketsWithKeys(tx).where(eq(tickets.id, ticketId)).$dynamic()
}

function ticketsWithKeys(tx: Transaction) {
  return tx
    .select({ ...getTableColumns(tickets), publicKey: eventKeys.publicKey })
    .from(tickets)
    .innerJoin(eventKeys, eq(eventKeys.eventId, tickets.eventId))
}

/** What names a scan: repetitions have the same. */
export type ScanKey = Pick<CheckInRow, 'eventId' | 'scannedBy' | 'nonce'>

/** Makes repetitions of a scan wait for the first, which they then find. */
export async function lockNonce(tx: Transaction, { eventId, scannedBy, nonce }: ScanKey): Promise<void> {
  const key = [eventId, scannedBy, nonce].join('\n')
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 2))`)
}

/** The scan of this scanner at this event that was kept under this nonce. */
export async function checkInByNonce(
  tx: Transaction,
  { eventId, scannedBy, nonce }: ScanKey,
): Promise<CheckInRow | null> {
  const [row] = await tx
    .select()
    .from(checkIns)
    .where(and(eq(checkIns.eventId, eventId), eq(checkIns.scannedBy, scannedBy), eq(checkIns.nonce, nonce)))
  return row ?? null
}

/** Keeps scans for ever, and returns the ids of those that are new: not of one whose nonce its scanner used before. */
export async function insertCheckIns(
  tx: Transaction,
  scans: readonly (typeof checkIns.$inferInsert)[],
): Promise<Set<string>> {
  const rows = await tx
    .insert(checkIns)
    .values([...scans])
    .onConflictDoNothing()
    .returning({ id: checkIns.id })
  return new Set(rows.map(({ id }) => id))
}

/** Somebody who goes through a door with a ticket. */
export interface Through {
  readonly ticketId: string
  readonly direction: Direction
  /** Counts the passages of the ticket. */
  readonly passage: number
  readonly gate: string
  readonly at: Date
}

/** Writes down where the ticket's holder is now, and when and where they came in first. Returns the ticket. */
export async function passTicket(
  tx: Transaction,
  { ticketId, direction, passage, gate, at }: Through,
): Promise<TicketRow> {
  const [ticket] = await tx
    .update(tickets)
    .set({
      status: sql`case when ${tickets.status} = 'CANCELLED' then ${tickets.status} else 'USED' end`,
      inside: direction === 'ENTRY',
      passages: passage,
      usedAt: sql`coalesce(${tickets.usedAt}, ${at.toISOString()}::timestamptz)`,
      usedGate: sql`coalesce(${tickets.usedGate}, ${gate})`,
    })
    .where(eq(tickets.id, ticketId))
    .returning()
  if (!ticket) throw new Error(`ticket ${ticketId} is gone`)
  return ticket
}
