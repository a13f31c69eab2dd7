import { inArray, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { recipients } from '../tables.ts'

/** A person as notification knows them. */
export type Recipient = typeof recipients.$inferSelect

/** Remembers a person, unless something newer is known. */
export async function saveRecipient(
  tx: Transaction,
  person: Pick<Recipient, 'userId' | 'email' | 'firstName' | 'language' | 'timezone' | 'changedAt'>,
): Promise<void> {
  await tx
    .insert(recipients)
    .values(person)
    .onConflictDoUpdate({
      target: recipients.userId,
      set: person,
      setWhere: sql`${recipients.changedAt} <= ${person.changedAt}`,
    })
}

/** Says whether anybody may write to this person. */
export async function setReachable(tx: Transaction, userId: string, reachable: boolean): Promise<void> {
  await tx
    .update(recipients)
    .set({ reachable })
    .where(sql`${recipients.userId} = ${userId}`)
}

/** One person, or null. */
export async function recipientById(db: Queryable, userId: string): Promise<Recipient | null> {
  const [row] = await db
    .select()
    .from(recipients)
    .where(inArray(recipients.userId, [userId]))
  return row ?? null
}
