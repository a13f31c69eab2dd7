import { sql, type SQL } from 'drizzle-orm'

/** Whether a text in small letters contains what somebody typed, in any case; `%` and `_` mean themselves. */
export function containing(smallLetters: SQL | SQL.Aliased | { getSQL(): SQL }, typed: string): SQL {
  return sql`${smallLetters} like lower(${`%${typed.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`})`
}
