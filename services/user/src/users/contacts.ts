import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { UserRegistered, UserUpdated } from '@tikitu/schema/events/user'
import { contactChanged, type Contact } from './user.rules.ts'
import type { UserPreferenceRow, UserRow } from './user.sql.ts'

/** An account with its preferences: together, what other services copy from. */
export interface Account {
  readonly user: UserRow
  readonly preferences: UserPreferenceRow
}

/** Tells other services about a new account. */
export async function publishRegistration(tx: Transaction, account: Account, at: Date): Promise<void> {
  await emit(tx, UserRegistered, { ...messageOf(account), at: at.toISOString() })
}

/** Tells other services how to reach a user from now on, if that is any different from before. */
export async function publishChange(tx: Transaction, before: Account, after: Account, at: Date): Promise<void> {
  if (!contactChanged(contactOf(before), contactOf(after))) return
  await emit(tx, UserUpdated, { ...messageOf(after), at: at.toISOString() })
}

function contactOf({ user, preferences }: Account): Contact {
  const { email, firstName, lastName } = user
  return { email, firstName, lastName, language: preferences.language, timezone: preferences.timezone }
}

function messageOf(account: Account) {
  const { email, ...contact } = contactOf(account)
  if (email === null) throw new Error('an account without an e-mail address has nothing to tell')
  return { userId: account.user.id, email, ...contact }
}
