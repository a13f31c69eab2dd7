import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { eq } from 'drizzle-orm'
import { eventImages } from '../tables.ts'

/** A picture as it is kept. */
export type ImageRow = typeof eventImages.$inferSelect

/** Keeps a picture; false when there is one under its id, which stays. */
export async function insertImage(tx: Transaction, image: ImageRow): Promise<boolean> {
  const inserted = await tx.insert(eventImages).values(image).onConflictDoNothing().returning({ id: eventImages.id })
  return inserted.length > 0
}

/** A picture; undefined when there is none. */
export async function imageById(db: Queryable, id: string): Promise<ImageRow | undefined> {
  const [image] = await db.select().from(eventImages).where(eq(eventImages.id, id))
  return image
}
