import { and, desc, eq, getTableColumns, inArray, lt, lte, ne, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { containing } from '../like.sql.ts'
import { commissionTerms, partners } from '../tables.ts'
import type { PartnerStatus } from './partner.rules.ts'

/** A partner as it is stored. */
export type PartnerRow = typeof partners.$inferSelect

/** What a partner pays us from an instant on. */
export type TermsRow = typeof commissionTerms.$inferSelect

/** Adds a partner, unless its owner has one of the same name that was not rejected: then nothing is written. */
export async function insertPartner(
  tx: Transaction,
  partner: typeof partners.$inferInsert,
): Promise<PartnerRow | undefined> {
  const [row] = await tx.insert(partners).values(partner).onConflictDoNothing().returning()
  return row
}

/** The owner's partner of this name, in any case, that was not rejected. */
export async function partnerOfName(
  tx: Transaction,
  ownerId: string,
  companyName: string,
): Promise<PartnerRow | undefined> {
  const [row] = await tx
    .select()
    .from(partners)
    .where(
      and(
        eq(partners.ownerId, ownerId),
        eq(sql`lower(${partners.companyName})`, sql`lower(${companyName})`),
        ne(partners.status, 'REJECTED'),
      ),
    )
  return row
}

/** Several partners by their ids, in no order. */
export async function partnersByIds(db: Queryable, ids: readonly string[]): Promise<PartnerRow[]> {
  return db
    .select()
    .from(partners)
    .where(inArray(partners.id, [...ids]))
}

/** The partner, which nobody can change until the transaction ends. */
export async function partnerForUpdate(tx: Transaction, id: string): Promise<PartnerRow | undefined> {
  const [row] = await tx.select().from(partners).where(eq(partners.id, id)).for('update')
  return row
}

/** The partner, whose status nobody can change until the transaction ends. */
export async function partnerForShare(tx: Transaction, id: string): Promise<PartnerRow | undefined> {
  const [row] = await tx.select().from(partners).where(eq(partners.id, id)).for('share')
  return row
}

/** What may be changed about a partner beside its status. */
export type PartnerChanges = {
  readonly [Field in 'companyName' | 'contactEmail' | 'contactPhone' | 'taxId']?: PartnerRow[Field] | undefined
}

/** Changes a partner's name and contact, and returns it as it is now. Needs at least one change. */
export async function changePartner(tx: Transaction, id: string, changes: PartnerChanges): Promise<PartnerRow> {
  const [row] = await tx.update(partners).set(changes).where(eq(partners.id, id)).returning()
  if (!row) throw new Error('a locked partner is gone')
  return row
}

/** A change of status. */
export interface Move {
  readonly id: string
  readonly from: readonly PartnerStatus[]
  readonly to: PartnerStatus
  readonly reason: string | null
}

/** Moves a partner that stands in one of `from`, and returns it with where it stood. Nothing comes back if it does not. */
export async function movePartner(
  tx: Transaction,
  { id, from, to, reason }: Move,
): Promise<(PartnerRow & { before: PartnerStatus }) | undefined> {
  const [row] = await tx
    .update(partners)
    .set({ status: to, statusReason: reason })
    .where(and(eq(partners.id, id), inArray(partners.status, [...from])))
    .returning({ ...getTableColumns(partners), before: sql<PartnerStatus>`old.status` })
  return row
}

/** The terms in force at an instant, if any are. */
export async function termsAt(tx: Transaction, partnerId: string, at: Date): Promise<TermsRow | undefined> {
  const [row] = await tx
    .select()
    .from(commissionTerms)
    .where(and(eq(commissionTerms.partnerId, partnerId), lte(commissionTerms.effectiveFrom, at)))
    .orderBy(desc(commissionTerms.effectiveFrom))
    .limit(1)
  return row
}

/** Adds terms. */
export async function insertTerms(tx: Transaction, terms: TermsRow): Promise<void> {
  await tx.insert(commissionTerms).values(terms)
}

/** The terms of several partners, newest first. */
export async function termsOfPartners(db: Queryable, partnerIds: readonly string[]): Promise<TermsRow[]> {
  return db
    .select()
    .from(commissionTerms)
    .where(inArray(commissionTerms.partnerId, [...partnerIds]))
    .orderBy(desc(commissionTerms.effectiveFrom))
}

/** Which partners are looked for. */
export interface PartnerSearch {
  /** Part of the name, in any case. */
  readonly text?: string | null | undefined
  readonly status?: PartnerStatus | null | undefined
  /** Only those before this one in the list. */
  readonly after: string | null
  readonly limit: number
}

/** A page of partners, newest first: ids are made in the order of time. */
export async function findPartners(
  db: Queryable,
  { text, status, after, limit }: PartnerSearch,
): Promise<PartnerRow[]> {
  return db
    .select()
    .from(partners)
    .where(
      and(
        text ? containing(sql`lower(${partners.companyName})`, text) : undefined,
        status ? eq(partners.status, status) : undefined,
        after ? lt(partners.id, after) : undefined,
      ),
    )
    .orderBy(desc(partners.id))
    .limit(limit)
}
