import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { eq, sql } from 'drizzle-orm'
import { partners, venues } from '../tables.ts'

/** What a partner may do from an instant on. */
export interface PartnerFact {
  readonly partnerId: string
  readonly status: 'VERIFIED' | 'SUSPENDED' | 'REJECTED'
  /** The terms in force; null when the fact does not say. */
  readonly commission: { readonly basisPoints: number; readonly fixedPerTicket: number } | null
  readonly at: Date
}

/** Writes the fact unless a later one is known. */
export async function upsertPartner(
  tx: Transaction,
  { partnerId, status, commission, at }: PartnerFact,
): Promise<void> {
  const terms = commission && {
    commissionBasisPoints: commission.basisPoints,
    commissionFixedPerTicket: commission.fixedPerTicket,
  }
  await tx
    .insert(partners)
    .values({ partnerId, status, commissionBasisPoints: 0, commissionFixedPerTicket: 0, ...terms, changedAt: at })
    .onConflictDoUpdate({
      target: partners.partnerId,
      set: { status, ...terms, changedAt: at },
      setWhere: sql`${partners.changedAt} <= excluded.changed_at`,
    })
}

/** Writes the venue unless this version or a later one is known. */
export async function upsertVenue(tx: Transaction, venue: typeof venues.$inferInsert): Promise<void> {
  const { venueId, partnerId, name, city, country, latitude, longitude, timezone, capacity, isActive, version } = venue
  const facts = { partnerId, name, city, country, latitude, longitude, timezone, capacity, isActive, version }
  await tx
    .insert(venues)
    .values({ venueId, ...facts })
    .onConflictDoUpdate({
      target: venues.venueId,
      set: facts,
      setWhere: sql`${venues.version} < excluded.version`,
    })
}

/** A venue as it is known; undefined when it is not. */
export async function venueById(db: Queryable, venueId: string): Promise<typeof venues.$inferSelect | undefined> {
  const [venue] = await db.select().from(venues).where(eq(venues.venueId, venueId))
  return venue
}

/** A partner as it is known; undefined before it was ever verified, suspended or rejected. */
export async function partnerById(db: Queryable, partnerId: string): Promise<typeof partners.$inferSelect | undefined> {
  const [partner] = await db.select().from(partners).where(eq(partners.partnerId, partnerId))
  return partner
}
