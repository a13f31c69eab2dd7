import type { Transaction } from '@tikitu/runtime/database'
import { badInput, Fault } from '@tikitu/runtime/fault'
import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import { publishChange, type Account } from './contacts.ts'
import { isBirthDate } from './user.rules.ts'
import {
  preferencesOf,
  updatePreferenceRow,
  updateUser,
  userForUpdate,
  type PreferenceChanges,
  type UserChanges,
  type UserRow,
} from './user.sql.ts'

/** There is no such user, or the caller may not know. */
export type UserNotFound = Refusal<'UserNotFound', { userId: string }>

/** Says that there is no such user. */
export function userNotFound(userId: string): UserNotFound {
  return refuse('UserNotFound', 'There is no such user.', { userId })
}

/** Changes the profile of an account that is in use. */
export async function updateProfile(
  tx: Transaction,
  { userId, changes, at }: { userId: string; changes: UserChanges; at: Date },
): Promise<Outcome<UserRow, UserNotFound>> {
  if (changes.dateOfBirth != null && !isBirthDate(changes.dateOfBirth, at)) {
    throw badInput('input.dateOfBirth', 'must be in the past and not before 1900')
  }
  const before = await openAccount(tx, userId)
  if (!before) return userNotFound(userId)
  if (isEmpty(changes)) return accept(before.user)

  const user = await updateUser(tx, userId, changes)
  await publishChange(tx, before, { ...before, user }, at)
  return accept(user)
}

/** Changes the preferences of an account that is in use. */
export async function updatePreferences(
  tx: Transaction,
  { userId, changes, at }: { userId: string; changes: PreferenceChanges; at: Date },
): Promise<Outcome<UserRow, UserNotFound>> {
  const before = await openAccount(tx, userId)
  if (!before) return userNotFound(userId)
  if (isEmpty(changes)) return accept(before.user)

  const preferences = await updatePreferenceRow(tx, userId, changes)
  await publishChange(tx, before, { ...before, preferences }, at)
  return accept(before.user)
}

const isEmpty = (changes: object) => Object.values(changes).every((value) => value === undefined)

/** The account, kept for this transaction. The gateway may have known a moment too long that it was in use. */
async function openAccount(tx: Transaction, userId: string): Promise<Account | null> {
  const user = await userForUpdate(tx, userId)
  if (!user) return null
  requireOpen(user)
  const [preferences] = await preferencesOf(tx, [userId])
  if (!preferences) throw new Error('an account without preferences')
  return { user, preferences }
}

/** Makes sure that the account may be used; a suspended or erased one is FORBIDDEN to its holder. */
export function requireOpen(user: Pick<UserRow, 'status'>): void {
  if (user.status !== 'ACTIVE') throw new Fault('FORBIDDEN', 'This account is closed.')
}
