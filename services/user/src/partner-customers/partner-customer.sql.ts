import { and, inArray } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { partnerCustomers } from '../tables.ts'

/** Remembers that the user has, or had, a booking with the partner. Repeating it changes nothing. */
export async function insertPartnerCustomer(
  tx: Transaction,
  customer: { partnerId: string; userId: string; since: Date },
): Promise<void> {
  await tx.insert(partnerCustomers).values(customer).onConflictDoNothing()
}

/** Those of the users who have, or had, a booking with one of the partners; one row for each pair. */
export function customersOfPartners(
  db: Queryable,
  { partnerIds, userIds }: { partnerIds: readonly string[]; userIds: readonly string[] },
): Promise<{ userId: string }[]> {
  return db
    .select({ userId: partnerCustomers.userId })
    .from(partnerCustomers)
    .where(and(inArray(partnerCustomers.userId, [...userIds]), inArray(partnerCustomers.partnerId, [...partnerIds])))
}
