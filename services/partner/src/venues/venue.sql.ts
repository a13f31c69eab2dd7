import { and, asc, eq, inArray, or, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { containing } from '../like.sql.ts'
import { venues } from '../tables.ts'

/** A venue as it is stored. */
export type VenueRow = typeof venues.$inferSelect

/** Adds a venue. */
export async function insertVenue(tx: Transaction, venue: typeof venues.$inferInsert): Promise<VenueRow> {
  const [row] = await tx.insert(venues).values(venue).returning()
  if (!row) throw new Error('an inserted venue did not come back')
  return row
}

/** Several venues by their ids, in no order. */
export async function venuesByIds(db: Queryable, ids: readonly string[]): Promise<VenueRow[]> {
  return db
    .select()
    .from(venues)
    .where(inArray(venues.id, [...ids]))
}

/** The venue, which nobody can change, nor add a plan to, until the transaction ends. */
export async function venueForUpdate(tx: Transaction, id: string): Promise<VenueRow | undefined> {
  const [row] = await tx.select().from(venues).where(eq(venues.id, id)).for('no key update')
  return row
}

/** What may be changed about a venue. */
export type VenueChanges = {
  readonly [Field in 'name' | 'address' | 'description' | 'capacity' | 'isActive']?: VenueRow[Field] | undefined
}

/** Changes a venue, counts the version up, and returns it as it is now. */
export async function changeVenue(tx: Transaction, id: string, changes: VenueChanges): Promise<VenueRow> {
  const [row] = await tx
    .update(venues)
    .set({ ...changes, version: sql`${venues.version} + 1` })
    .where(eq(venues.id, id))
    .returning()
  if (!row) throw new Error('a locked venue is gone')
  return row
}

/** Which venues are looked for; conditions are combined with and. */
export interface VenueSearch {
  /** Part of the name or of the city, in any case. */
  readonly text?: string | null | undefined
  /** The whole name of the city, in any case. */
  readonly city?: string | null | undefined
  readonly country?: string | null | undefined
  readonly partnerId?: string | null | undefined
  /** Whose inactive venues are found too. */
  readonly inactiveOf: 'everybody' | readonly string[]
  /** Only those after this one in the list. */
  readonly after: { readonly nameKey: string; readonly id: string } | null
  readonly limit: number
}

/** A page of venues by name. */
export async function findVenues(db: Queryable, search: VenueSearch): Promise<VenueRow[]> {
  const { text, city, country, partnerId, after, limit } = search
  return db
    .select()
    .from(venues)
    .where(
      and(
        visible(search.inactiveOf),
        text ? or(containing(venues.nameKey, text), containing(sql`lower(${venues.city})`, text)) : undefined,
        city ? sql`lower(${venues.city}) = lower(${city})` : undefined,
        country ? eq(venues.country, country) : undefined,
        partnerId ? eq(venues.partnerId, partnerId) : undefined,
        after ? sql`(${venues.nameKey}, ${venues.id}) > (${after.nameKey}, ${after.id})` : undefined,
      ),
    )
    .orderBy(asc(venues.nameKey), asc(venues.id))
    .limit(limit)
}

function visible(inactiveOf: VenueSearch['inactiveOf']) {
  if (inactiveOf === 'everybody') return undefined
  // Without an `or` the index on active venues can serve the list.
  if (inactiveOf.length === 0) return sql`${venues.isActive}`
  return or(sql`${venues.isActive}`, inArray(venues.partnerId, [...inactiveOf]))
}
