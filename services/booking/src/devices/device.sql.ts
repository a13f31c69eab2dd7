import { and, desc, eq, isNull, lt } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { doorDevices } from '../tables.ts'

/** A scanner as it is stored. */
export type DeviceRow = typeof doorDevices.$inferSelect

/** Adds a scanner that may be registered. */
export async function insertDevice(
  tx: Transaction,
  device: Omit<DeviceRow, 'registeredAt' | 'credentialHash' | 'revokedAt'>,
): Promise<void> {
  await tx.insert(doorDevices).values(device)
}

/** A scanner by its id. */
export async function deviceById(db: Queryable, id: string): Promise<DeviceRow | null> {
  const [device] = await db.select().from(doorDevices).where(eq(doorDevices.id, id))
  return device ?? null
}

/** The same, and nobody else registers or revokes it until the transaction ends. */
export async function deviceForUpdate(tx: Transaction, id: string): Promise<DeviceRow | null> {
  const [device] = await tx.select().from(doorDevices).where(eq(doorDevices.id, id)).for('update')
  return device ?? null
}

/** Writes down that the scanner has its credential; its token is used up. */
export async function markRegistered(tx: Transaction, id: string, credentialHash: string, at: Date): Promise<void> {
  await tx.update(doorDevices).set({ registeredAt: at, credentialHash }).where(eq(doorDevices.id, id))
}

/** Ends a scanner, and the token of one that was never registered. False when that was done before. */
export async function markRevoked(tx: Transaction, id: string, at: Date): Promise<boolean> {
  const revoked = await tx
    .update(doorDevices)
    .set({ revokedAt: at })
    .where(and(eq(doorDevices.id, id), isNull(doorDevices.revokedAt)))
    .returning({ id: doorDevices.id })
  return revoked.length > 0
}

/** A page of a partner's scanners, newest first. */
export function devicesOfPartner(
  db: Queryable,
  { partnerId, before, limit }: { partnerId: string; before: string | null; limit: number },
): Promise<DeviceRow[]> {
  return db
    .select()
    .from(doorDevices)
    .where(and(eq(doorDevices.partnerId, partnerId), before === null ? undefined : lt(doorDevices.id, before)))
    .orderBy(desc(doorDevices.id))
    .limit(limit)
}
