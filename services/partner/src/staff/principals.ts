import type { Queryable } from '@tikitu/runtime/database'
import { partsOfSubject, type Part } from './staff.sql.ts'

/** What the gateway is told about a person or an app client: its part in each partner that was not rejected. */
export async function principalOf(db: Queryable, subject: string): Promise<Part[]> {
  return partsOfSubject(db, subject)
}
