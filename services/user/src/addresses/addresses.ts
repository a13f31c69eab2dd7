import type { Transaction } from '@tikitu/runtime/database'
import { Fault } from '@tikitu/runtime/fault'
import { onceIfKeyed, type IdempotencyKeyReused } from '@tikitu/runtime/idempotency'
import { isId, newId } from '@tikitu/runtime/ids'
import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import { requireOpen, userNotFound, type UserNotFound } from '../users/profiles.ts'
import { userForUpdate } from '../users/user.sql.ts'
import {
  addressOfUser,
  clearDefault,
  countAddresses,
  deleteAddress,
  insertAddress,
  setDefault,
  setOldestDefault,
  updateAddressRow,
  type AddressChanges,
  type AddressKey,
  type AddressRow,
} from './address.sql.ts'

/** There is no such address among the caller's. */
export type AddressNotFound = Refusal<'AddressNotFound', { addressId: string }>

/** A user may keep only so many addresses. */
export type TooManyAddresses = Refusal<'TooManyAddresses', { addressesMax: number }>

const addressNotFound = (addressId: string): AddressNotFound =>
  refuse('AddressNotFound', 'You have no such address.', { addressId })

/** A new address. */
export interface AddAddress {
  readonly userId: string
  readonly address: Omit<AddressRow, 'id' | 'userId' | 'isDefault' | 'createdAt'>
  readonly isDefault: boolean
  readonly addressesMax: number
  /** Under which it is done once; null when each time is another address. */
  readonly idempotencyKey: string | null
  readonly at: Date
}

/** Adds an address. The first one is the default, whatever was asked. Repeated after it was removed, the fault CONFLICT. */
export async function addAddress(
  tx: Transaction,
  command: AddAddress,
): Promise<Outcome<AddressRow, UserNotFound | TooManyAddresses | IdempotencyKeyReused>> {
  const { userId, address, isDefault, idempotencyKey: key } = command
  const wish = { caller: userId, key, operation: 'addAddress', request: { address, isDefault } }
  const outcome = await onceIfKeyed(tx, wish, () => addOnce(tx, command))
  if (!outcome.ok) return outcome
  const added = await addressOfUser(tx, { addressId: outcome.value.id, userId })
  if (!added) throw new Fault('CONFLICT', 'This address was added, and has been removed since.')
  return accept(added)
}

async function addOnce(
  tx: Transaction,
  { userId, address, isDefault, addressesMax, at }: AddAddress,
): Promise<Outcome<AddressRow, UserNotFound | TooManyAddresses>> {
  if (!(await takeAddresses(tx, userId))) return userNotFound(userId)
  const kept = await countAddresses(tx, userId)
  if (kept >= addressesMax) {
    return refuse('TooManyAddresses', `You can keep at most ${addressesMax} addresses.`, { addressesMax })
  }

  if (isDefault) await clearDefault(tx, userId)
  const added = { id: newId(), userId, ...address, isDefault: isDefault || kept === 0, createdAt: at }
  await insertAddress(tx, added)
  return accept(added)
}

/** Changes an address of the user. */
export async function updateAddress(
  tx: Transaction,
  { changes, ...key }: AddressKey & { changes: AddressChanges },
): Promise<Outcome<AddressRow, AddressNotFound>> {
  if (!(await mayTouch(tx, key))) return addressNotFound(key.addressId)
  const isEmpty = Object.values(changes).every((value) => value === undefined)
  const address = isEmpty ? await addressOfUser(tx, key) : await updateAddressRow(tx, key, changes)
  return address ? accept(address) : addressNotFound(key.addressId)
}

/** Removes an address of the user and answers with what it was. The oldest of the others takes over when it was the default. */
export async function removeAddress(tx: Transaction, key: AddressKey): Promise<Outcome<AddressRow, AddressNotFound>> {
  const removed = (await mayTouch(tx, key)) ? await deleteAddress(tx, key) : null
  if (!removed) return addressNotFound(key.addressId)
  if (removed.isDefault) await setOldestDefault(tx, key.userId)
  return accept(removed)
}

/** Makes an address of the user the default one. */
export async function makeDefaultAddress(
  tx: Transaction,
  key: AddressKey,
): Promise<Outcome<AddressRow, AddressNotFound>> {
  if (!(await mayTouch(tx, key))) return addressNotFound(key.addressId)
  await clearDefault(tx, key.userId)
  const address = await setDefault(tx, key)
  return address ? accept(address) : addressNotFound(key.addressId)
}

/** An id that is no UUID is nobody's address. */
async function mayTouch(tx: Transaction, { addressId, userId }: AddressKey): Promise<boolean> {
  return isId(addressId) && (await takeAddresses(tx, userId))
}

/** Keeps the account for this transaction, so that two changes of one user's addresses come one after the other; false when there is no account. */
async function takeAddresses(tx: Transaction, userId: string): Promise<boolean> {
  const user = await userForUpdate(tx, userId)
  if (user) requireOpen(user)
  return user !== null
}
