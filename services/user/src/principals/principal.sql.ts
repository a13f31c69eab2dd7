import type { Database } from '@tikitu/runtime/database'
import type { UserRow } from '../tables.ts'

/** Who a subject is here, and when they were last seen. */
export type Principal = Pick<UserRow, 'id' | 'status' | 'signedInAt'> & { secondsSinceSeen: number }

/** Prepared and without Drizzle, whose builder takes as long as the rest: everybody who comes is asked about. */
const PRINCIPALS = {
  name: 'principals',
  text: `
    select cognito_sub as subject, id, status, signed_in_at as "signedInAt",
           extract(epoch from now() - last_seen_at)::float8 as "secondsSinceSeen"
      from users
     where cognito_sub = any($1::text[])`,
}

/** Who the subjects are; those who have not registered are left out. */
export async function principalsBySubjects(
  { pool }: Database,
  subjects: readonly string[],
): Promise<Map<string, Principal>> {
  const { rows } = await pool.query<Principal & { subject: string }>({ ...PRINCIPALS, values: [subjects] })
  return new Map(rows.map(({ subject, ...principal }) => [subject, principal]))
}
