import { and, asc, eq, inArray, ne } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { apiClients, partners, staff } from '../tables.ts'
import type { Role } from './access.rules.ts'

/** Somebody who works for a partner. */
export type StaffRow = typeof staff.$inferSelect

/** Somebody's part in a partner. */
export interface Part {
  readonly partnerId: string
  readonly role: Role
}

/** Adds a member of a partner's staff. */
export async function insertStaff(tx: Transaction, row: StaffRow): Promise<void> {
  await tx.insert(staff).values(row)
}

/** What a registered user is to which partners, whatever their status. */
export async function partsOfUser(db: Queryable, userId: string): Promise<Part[]> {
  return db.select({ partnerId: staff.partnerId, role: staff.role }).from(staff).where(eq(staff.userId, userId))
}

/** The partner whose machine this app client is, as a list of none or one. */
export async function partsOfClient(db: Queryable, clientId: string): Promise<Part[]> {
  const rows = await db
    .select({ partnerId: apiClients.partnerId })
    .from(apiClients)
    .where(eq(apiClients.clientId, clientId))
  return rows.map(({ partnerId }) => ({ partnerId, role: 'MACHINE' }))
}

/** What the owner of this subject, a person or an app client, is to partners that were not rejected. */
export async function partsOfSubject(db: Queryable, subject: string): Promise<Part[]> {
  const people = await db
    .select({ partnerId: staff.partnerId, role: staff.role })
    .from(staff)
    .innerJoin(partners, eq(partners.id, staff.partnerId))
    .where(and(eq(staff.subject, subject), ne(partners.status, 'REJECTED')))
    .orderBy(asc(staff.partnerId))
  const machines = await db
    .select({ partnerId: apiClients.partnerId })
    .from(apiClients)
    .innerJoin(partners, eq(partners.id, apiClients.partnerId))
    .where(and(eq(apiClients.clientId, subject), ne(partners.status, 'REJECTED')))
  return [...people, ...machines.map(({ partnerId }) => ({ partnerId, role: 'MACHINE' as const }))]
}

/** The staff of several partners, longest there first. */
export async function staffOfPartners(db: Queryable, partnerIds: readonly string[]): Promise<StaffRow[]> {
  return db
    .select()
    .from(staff)
    .where(inArray(staff.partnerId, [...partnerIds]))
    .orderBy(asc(staff.since), asc(staff.userId))
}

/** The owner's subject in the user pool. */
export async function subjectOfOwner(tx: Transaction, partnerId: string): Promise<string | undefined> {
  const [owner] = await tx
    .select({ subject: staff.subject })
    .from(staff)
    .where(and(eq(staff.partnerId, partnerId), eq(staff.role, 'OWNER')))
  return owner?.subject
}
