import type { Database } from '@tikitu/runtime/database'
import { usersBySearch, type UserRow, type UserSearch } from './user.sql.ts'

/** Accounts that fit the search, newest first. Does not know who asks. */
export function findUsers({ orm }: Database, search: UserSearch): Promise<UserRow[]> {
  return usersBySearch(orm, search)
}
