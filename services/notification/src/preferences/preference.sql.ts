import { eq } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { preferences } from '../tables.ts'
import type { Category, Channel } from './preference.rules.ts'

/** What a person has said about what they want. */
export async function wishesOf(db: Queryable, userId: string) {
  const { category, channel, enabled } = preferences
  return db.select({ category, channel, enabled }).from(preferences).where(eq(preferences.userId, userId))
}

/** Remembers a wish. */
export async function saveWish(
  tx: Transaction,
  wish: { userId: string; category: Category; channel: Channel; enabled: boolean },
): Promise<void> {
  await tx
    .insert(preferences)
    .values(wish)
    .onConflictDoUpdate({
      target: [preferences.userId, preferences.category, preferences.channel],
      set: { enabled: wish.enabled },
    })
}
