import type { Transaction } from '@tikitu/runtime/database'
import { apiClients } from '../tables.ts'

/** A partner's own program. */
export type ApiClientRow = typeof apiClients.$inferSelect

/** Makes an app client the machine of a partner, unless it is one already: then nothing is written. */
export async function insertApiClient(tx: Transaction, client: ApiClientRow): Promise<ApiClientRow | undefined> {
  const [row] = await tx.insert(apiClients).values(client).onConflictDoNothing().returning()
  return row
}
