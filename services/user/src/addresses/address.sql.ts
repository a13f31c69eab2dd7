import { and, asc, count, desc, eq, inArray } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { addresses, type AddressRow } from '../tables.ts'

export type { AddressRow } from '../tables.ts'

/** The addresses of these users, the default first and then the oldest. */
export function addressesOf(db: Queryable, userIds: readonly string[]): Promise<AddressRow[]> {
  return db
    .select()
    .from(addresses)
    .where(inArray(addresses.userId, [...userIds]))
    .orderBy(desc(addresses.isDefault), asc(addresses.createdAt), asc(addresses.id))
}

/** How many addresses the user has. */
export async function countAddresses(tx: Transaction, userId: string): Promise<number> {
  const [counted] = await tx.select({ number: count() }).from(addresses).where(eq(addresses.userId, userId))
  return counted?.number ?? 0
}

/** An address of this user; null when it is nobody's or somebody else's. */
export async function addressOfUser(tx: Transaction, { addressId, userId }: AddressKey): Promise<AddressRow | null> {
  const [address] = await tx.select().from(addresses).where(ofUser({ addressId, userId }))
  return address ?? null
}

/** Adds an address. */
export async function insertAddress(tx: Transaction, address: AddressRow): Promise<void> {
  await tx.insert(addresses).values(address)
}

/** What can be changed of an address; what is undefined stays. */
export type AddressChanges = Partial<{
  [Field in 'type' | 'line1' | 'line2' | 'city' | 'state' | 'postalCode' | 'country']: AddressRow[Field] | undefined
}>

/** Changes an address of this user; null when it is nobody's or somebody else's. At least one field must be given. */
export async function updateAddressRow(
  tx: Transaction,
  key: AddressKey,
  changes: AddressChanges,
): Promise<AddressRow | null> {
  const [address] = await tx.update(addresses).set(changes).where(ofUser(key)).returning()
  return address ?? null
}

/** Removes an address of this user and returns it as it was; null when it is nobody's or somebody else's. */
export async function deleteAddress(tx: Transaction, key: AddressKey): Promise<AddressRow | null> {
  const [address] = await tx.delete(addresses).where(ofUser(key)).returning()
  return address ?? null
}

/** Leaves the user without a default address. */
export async function clearDefault(tx: Transaction, userId: string): Promise<void> {
  await tx
    .update(addresses)
    .set({ isDefault: false })
    .where(and(eq(addresses.userId, userId), eq(addresses.isDefault, true)))
}

/** Makes this address of the user, who has no default now, the default; null when it is nobody's or somebody else's. */
export async function setDefault(tx: Transaction, key: AddressKey): Promise<AddressRow | null> {
  const [address] = await tx.update(addresses).set({ isDefault: true }).where(ofUser(key)).returning()
  return address ?? null
}

/** Makes the oldest address of the user, who has no default now, the default, if there is any. */
export async function setOldestDefault(tx: Transaction, userId: string): Promise<void> {
  const oldest = tx
    .select({ id: addresses.id })
    .from(addresses)
    .where(eq(addresses.userId, userId))
    .orderBy(asc(addresses.createdAt), asc(addresses.id))
    .limit(1)
  await tx.update(addresses).set({ isDefault: true }).where(inArray(addresses.id, oldest))
}

/** An address, and whose it must be. */
export interface AddressKey {
  readonly addressId: string
  readonly userId: string
}

const ofUser = ({ addressId, userId }: AddressKey) => and(eq(addresses.id, addressId), eq(addresses.userId, userId))
