import { and, desc, eq, inArray, sql, type SQL } from 'drizzle-orm'
import type { Database, Queryable, Transaction } from '@tikitu/runtime/database'
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

/** Somebody was here; `signedInAt` when their token says so. */
export interface Sighting {
  readonly userId: string
  readonly signedInAt: Date | null
}

/**
 * Writes down that users were here, and the sign-ins that were not counted yet. Touches a row at most once in `seconds` for
 * the same sign-in. Nobody may be among them twice.
 */
export async function touchUsers(
  { pool }: Database,
  sightings: readonly Sighting[],
  { seconds }: { seconds: number },
): Promise<void> {
  await pool.query(
    `update users set
       last_seen_at = greatest(last_seen_at, now()),
       sign_in_count = sign_in_count + coalesce(users.signed_in_at < seen.signed_in_at, false)::int,
       signed_in_at = greatest(users.signed_in_at, seen.signed_in_at)
     from unnest($1::uuid[], $2::timestamptz[]) as seen (id, signed_in_at)
     where users.id = seen.id
       and (last_seen_at < now() - make_interval(secs => $3) or users.signed_in_at < seen.signed_in_at)`,
    [sightings.map(({ userId }) => userId), sightings.map(({ signedInAt }) => signedInAt), seconds],
  )
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
