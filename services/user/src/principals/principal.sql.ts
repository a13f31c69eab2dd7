import { eq, sql } from 'drizzle-orm'
import type { Queryable } from '@tikitu/runtime/database'
import { users, type UserRow } from '../tables.ts'

/** Who a subject is here, and when they were last seen. */
export type Principal = Pick<UserRow, 'id' | 'status' | 'signedInAt'> & { secondsSinceSeen: number }

/** Who the subject is; null when they have not registered. */
export async function principalBySubject(db: Queryable, subject: string): Promise<Principal | null> {
  const [principal] = await db
    .select({
      id: users.id,
      status: users.status,
      signedInAt: users.signedInAt,
      secondsSinceSeen: sql<number>`extract(epoch from now() - ${users.lastSeenAt})::float8`,
    })
    .from(users)
    .where(eq(users.cognitoSub, subject))
  return principal ?? null
}
