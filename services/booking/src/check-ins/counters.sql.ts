import { sql } from 'drizzle-orm'
import type { Queryable } from '@tikitu/runtime/database'

/** How many tickets there are, and where their holders are. */
export interface TicketCounts {
  readonly tickets: number
  readonly arrived: number
  readonly inside: number
}

/** Counts the tickets of an event that are worth something, or were when they were used. */
export async function countTickets(db: Queryable, eventId: string): Promise<TicketCounts & { at: Date }> {
  const { rows } = await db.execute<{ tickets: number; arrived: number; inside: number; at: string }>(sql`
    select count(*) filter (where status in ('ACTIVE', 'USED'))::integer as tickets,
           count(*) filter (where used_at is not null)::integer as arrived,
           count(*) filter (where inside)::integer as inside,
           now() as at
      from tickets
     where event_id = ${eventId}`)
  const [counts] = rows
  if (!counts) throw new Error('a count gave no row')
  return { ...counts, at: new Date(counts.at) }
}

/** How many went through a gate, and how many did not. */
export interface GateCounts {
  readonly gate: string
  readonly entries: number
  readonly exits: number
  readonly refused: number
}

/** Counts the scans of an event by gate, those that devices told later included. */
export async function countByGate(db: Queryable, eventId: string): Promise<GateCounts[]> {
  const { rows } = await db.execute<{ gate: string; entries: number; exits: number; refused: number }>(sql`
    select gate,
           count(*) filter (where accepted and direction = 'ENTRY')::integer as entries,
           count(*) filter (where accepted and direction = 'EXIT')::integer as exits,
           count(*) filter (where not accepted)::integer as refused
      from check_ins
     where event_id = ${eventId}
     group by gate
     order by gate`)
  return rows
}
