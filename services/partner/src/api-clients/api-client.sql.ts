import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { eq } from 'drizzle-orm'
import { apiClients } from '../tables.ts'

/** A partner's own program. */
export type ApiClientRow = typeof apiClients.$inferSelect

/** Makes an app client the machine of a partner, unless it is one already: then nothing is written. */
export async function insertApiClient(tx: Transaction, client: ApiClientRow): Promise<ApiClientRow | undefined> {
  const [row] = await tx.insert(apiClients).values(client).onConflictDoNothing().returning()
  return row
}

/** A program by the id of its app client. */
export async function apiClientById(db: Queryable, clientId: string): Promise<ApiClientRow | undefined> {
  const [row] = await db.select().from(apiClients).where(eq(apiClients.clientId, clientId))
  return row
}
