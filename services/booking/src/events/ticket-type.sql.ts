import type { Transaction } from '@tikitu/runtime/database'
import { eq, sql } from 'drizzle-orm'
import { ticketTypes } from '../tables.ts'
import { copyRowHints } from './event.sql.ts'

/** Changes columns of a ticket type. */
export async function updateTicketType(
  tx: Transaction,
  id: string,
  columns: Partial<typeof ticketTypes.$inferInsert>,
): Promise<void> {
  if (Object.keys(columns).length === 0) return
  await tx.update(ticketTypes).set(columns).where(eq(ticketTypes.id, id))
}

/** How many holds that have run out are ended at once before their units are counted. */
const EXPIRE_AT_MOST = 10_000

/**
 * Locks the stock of a general-admission type until the transaction ends and returns how many of its tickets are held or
 * sold, those of holds that have run out aside.
 */
export async function takenUnits(tx: Transaction, ticketTypeId: string): Promise<number> {
  await tx.execute(sql`select expire_admission(${ticketTypeId}, ${EXPIRE_AT_MOST})`)
  const { rows } = await tx.execute<{ taken: number }>(sql`
    select capacity - available as taken from admission_stock where ticket_type_id = ${ticketTypeId} for update`)
  if (!rows[0]) throw new Error(`ticket type ${ticketTypeId} is sold and has no stock`)
  return rows[0].taken
}

/** Gives a general-admission type, whose stock is locked, another capacity, which is not less than what is taken. */
export async function restock(tx: Transaction, ticketTypeId: string, capacity: number): Promise<void> {
  await tx.execute(sql`
    update admission_stock
       set capacity = ${capacity}, available = ${capacity} - (capacity - available)
     where ticket_type_id = ${ticketTypeId}`)
}

/** Puts the seats of a category that no ticket type has sold on sale with one that was added. */
export async function sellCategory(tx: Transaction, eventId: string, ticketTypeNo: number): Promise<void> {
  await tx.execute(sql`
    update event_seats s
       set ticket_type_no = t.no
      from events e, plan_seats p, ticket_types t
     where e.id = ${eventId} and s.event_id = e.id
       and p.plan_id = e.seating_plan_id and p.seat_no = s.seat_no
       and t.event_id = e.id and t.no = ${ticketTypeNo} and t.seated and p.category = t.category
       and s.ticket_type_no is null`)
  await copyRowHints(tx, eventId, ticketTypeNo)
}
