import type { UserRow } from './tables.ts'

/** What the resolvers of `User` are given: the whole row, of which each shows only what the caller may see. */
export type UserSource = UserRow
