import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { admins, type AdminRow } from '../tables.ts'

export type { AdminRow } from '../tables.ts'

/** All active SUPER_ADMINs, kept for this transaction: none of them can step down meanwhile. */
export function superAdminsForUpdate(tx: Transaction): Promise<AdminRow[]> {
  return (
    tx
      .select()
      .from(admins)
      .where(and(eq(admins.role, 'SUPER_ADMIN'), admins.isActive))
      // In one order, so that two who want them cannot deadlock.
      .orderBy(asc(admins.id))
      .for('update')
  )
}

/** All admins by name. */
export function allAdmins(db: Queryable): Promise<AdminRow[]> {
  return db
    .select()
    .from(admins)
    .orderBy(sql`lower(${admins.name})`, asc(admins.id))
}

/** These admins, in no order. */
export function adminsByIds(db: Queryable, ids: readonly string[]): Promise<AdminRow[]> {
  return db
    .select()
    .from(admins)
    .where(inArray(admins.id, [...ids]))
}

/** The admin, active or not; null when there is none. */
export async function adminById(db: Queryable, id: string): Promise<AdminRow | null> {
  const [admin] = await db.select().from(admins).where(eq(admins.id, id))
  return admin ?? null
}

/** The subject as an admin, active or not; null when they never were one. */
export async function adminBySubject(db: Queryable, subject: string): Promise<AdminRow | null> {
  const [admin] = await db.select().from(admins).where(eq(admins.cognitoSub, subject))
  return admin ?? null
}

/** Makes the subject an admin, or makes a former one an admin again. */
export async function upsertAdmin(tx: Transaction, admin: AdminRow): Promise<AdminRow> {
  const { email, name, role, isActive } = admin
  const written = await tx
    .insert(admins)
    .values(admin)
    .onConflictDoUpdate({ target: admins.cognitoSub, set: { email, name, role, isActive } })
    .returning()
  return only(written)
}

/** Changes what an admin may do. */
export async function updateAdmin(
  tx: Transaction,
  id: string,
  change: Partial<Pick<AdminRow, 'role' | 'isActive'>>,
): Promise<AdminRow> {
  return only(await tx.update(admins).set(change).where(eq(admins.id, id)).returning())
}

/** The number has no meaning; it must not change. */
const BOOTSTRAP_LOCK = 7_215_430_102

/** Lets one instance at a time see to it that there is a SUPER_ADMIN. */
export async function takeBootstrap(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${BOOTSTRAP_LOCK})`)
}

function only(rows: readonly AdminRow[]): AdminRow {
  const [row] = rows
  if (!row) throw new Error('the admin who was read is gone')
  return row
}
