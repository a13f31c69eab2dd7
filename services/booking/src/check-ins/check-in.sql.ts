import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import type { Transaction } from '@tikitu/runtime/database'
import { checkIns, eventKeys, events, tickets } from '../tables.ts'

/** A scan as it is kept. */
export type CheckInRow = typeof checkIns.$inferSelect

/** The event at whose door somebody stands, with whom it belongs to. */
export type DoorRow = NonNullable<Awaited<ReturnType<typeof doorOf>>>

/** The event as a door needs it; null when there is none. */
export async function doorOf(tx: Transaction, eventId: string) {
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

function withKey(tx: Transaction, ticketId: string) {
  return tx
    .select({ ...getTableColumns(tickets), publicKey: eventKeys.publicKey })
    .from(tickets)
    .innerJoin(eventKeys, eq(eventKeys.eventId, tickets.eventId))
    .where(eq(tickets.id, ticketId))
    .$dynamic()
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

/** Keeps a scan for ever. */
export async function insertCheckIn(tx: Transaction, scan: CheckInRow): Promise<void> {
  await tx.insert(checkIns).values(scan)
}

/** Writes down when and where a ticket let its holder in. */
export async function useTicket(tx: Transaction, ticketId: string, usedAt: Date, usedGate: string): Promise<void> {
  await tx.update(tickets).set({ status: 'USED', usedAt, usedGate }).where(eq(tickets.id, ticketId))
}
