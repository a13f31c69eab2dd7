import { and, desc, eq, inArray, lt, or, sql, type SQL } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { userPreferences, users, type UserPreferenceRow, type UserRow } from '../tables.ts'

export type { UserPreferenceRow, UserRow } from '../tables.ts'

/** A new account, with whatever Cognito said about the person. */
export type NewUser = typeof users.$inferInsert

/** Creates the account, or returns null when the subject or the e-mail address has one already. Waits for others who try the same. */
export async function insertUser(tx: Transaction, user: NewUser): Promise<UserRow | null> {
  const [created] = await tx.insert(users).values(user).onConflictDoNothing().returning()
  return created ?? null
}

/** The preferences of a new account. */
export async function insertPreferences(tx: Transaction, userId: string): Promise<UserPreferenceRow> {
  const [created] = await tx.insert(userPreferences).values({ userId }).returning()
  if (!created) throw new Error('no preferences were written')
  return created
}

/** The subject's account, kept for this transaction; null when there is none. */
export async function userBySubjectForUpdate(tx: Transaction, subject: string): Promise<UserRow | null> {
  const [user] = await tx.select().from(users).where(eq(users.cognitoSub, subject)).for('no key update')
  return user ?? null
}

/** The account, kept for this transaction; null when there is none. */
export async function userForUpdate(tx: Transaction, userId: string): Promise<UserRow | null> {
  const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('no key update')
  return user ?? null
}

/** These accounts, in no order. */
export function usersByIds(db: Queryable, ids: readonly string[]): Promise<UserRow[]> {
  return db
    .select()
    .from(users)
    .where(inArray(users.id, [...ids]))
}

/** The preferences of these users, in no order. */
export function preferencesOf(db: Queryable, userIds: readonly string[]): Promise<UserPreferenceRow[]> {
  return db
    .select()
    .from(userPreferences)
    .where(inArray(userPreferences.userId, [...userIds]))
}

/** What a user or an admin may change of an account; what is undefined stays. */
export type UserChanges = Partial<{
  [Field in 'firstName' | 'lastName' | 'phone' | 'dateOfBirth' | 'avatarUrl' | 'bio']: UserRow[Field] | undefined
}>

/** Changes a profile. At least one field must be given. */
export async function updateUser(tx: Transaction, userId: string, changes: UserChanges): Promise<UserRow> {
  return only(await tx.update(users).set(changes).where(eq(users.id, userId)).returning())
}

/** What a sign-in tells about an account. */
export interface SignIn {
  readonly email: string | null
  readonly isEmailVerified: boolean
  readonly claimsAt: Date
  readonly signedInAt: Date
  readonly at: Date
}

/** Writes down what a sign-in told. Violates `users_one_per_email` when another account has the address. */
export async function updateAtSignIn(tx: Transaction, userId: string, signIn: SignIn): Promise<UserRow> {
  const { email, isEmailVerified, claimsAt, signedInAt, at } = signIn
  const changed = await tx
    .update(users)
    .set({ email, isEmailVerified, claimsAt, ...seen(signedInAt, at) })
    .where(eq(users.id, userId))
    .returning()
  return only(changed)
}

/**
 * Writes down that the user was here, and the sign-in when it is one that was not counted yet. Touches the row at most
 * once in `seconds` for the same sign-in.
 */
export async function touchUser(
  db: Queryable,
  userId: string,
  { signedInAt, seconds }: { signedInAt: Date | null; seconds: number },
): Promise<void> {
  const isStale = sql`${users.lastSeenAt} < now() - make_interval(secs => ${seconds})`
  const isNewSignIn = signedInAt ? lt(users.signedInAt, signedInAt) : undefined
  await db
    .update(users)
    .set(seen(signedInAt, sql`now()`))
    .where(and(eq(users.id, userId), or(isStale, isNewSignIn)))
}

function seen(signedInAt: Date | null, at: Date | SQL) {
  return {
    lastSeenAt: sql`greatest(${users.lastSeenAt}, ${at}::timestamptz)`,
    signInCount: sql`${users.signInCount} + coalesce(${users.signedInAt} < ${signedInAt}::timestamptz, false)::int`,
    signedInAt: sql`greatest(${users.signedInAt}, ${signedInAt}::timestamptz)`,
  }
}

/** Opens or closes an account. */
export async function updateStatus(tx: Transaction, userId: string, status: UserRow['status']): Promise<UserRow> {
  return only(await tx.update(users).set({ status }).where(eq(users.id, userId)).returning())
}

/** What a user may change about how they want to be addressed; what is undefined stays. */
export type PreferenceChanges = Partial<{
  [Field in Exclude<keyof UserPreferenceRow, 'userId'>]: UserPreferenceRow[Field] | undefined
}>

/** Changes preferences. At least one field must be given. */
export async function updatePreferenceRow(
  tx: Transaction,
  userId: string,
  changes: PreferenceChanges,
): Promise<UserPreferenceRow> {
  return only(await tx.update(userPreferences).set(changes).where(eq(userPreferences.userId, userId)).returning())
}

/** What `users` asks for. */
export interface UserSearch {
  /** Part of a name or e-mail address, in any case; undefined or empty for all. */
  readonly text?: string | undefined
  readonly status?: UserRow['status'] | undefined
  readonly after: { readonly signUpAt: Date; readonly id: string } | null
  readonly limit: number
}

/** Accounts, newest first. */
export function usersBySearch(db: Queryable, { text, status, after, limit }: UserSearch): Promise<UserRow[]> {
  return db
    .select()
    .from(users)
    .where(
      and(
        text ? sql`${users.searchText} like '%' || lower(${escapeLike(text)}) || '%'` : undefined,
        status ? eq(users.status, status) : undefined,
        after ? sql`(${users.signUpAt}, ${users.id}) < (${after.signUpAt}::timestamptz, ${after.id}::uuid)` : undefined,
      ),
    )
    .orderBy(desc(users.signUpAt), desc(users.id))
    .limit(limit)
}

/** So that somebody who looks for `100%` does not find everybody. */
const escapeLike = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows
  if (!row) throw new Error('the row that was kept for update is gone')
  return row
}
