import type { Transaction } from '@tikitu/runtime/database'
import { insertEventKey, type EventKeyRow } from './event-key.sql.ts'
import { sealOf } from './seal.ts'
import { newKeyPair, writeCode } from './ticket-code.ts'

/** Makes events' keys and signs ticket codes with them: the only holder of the secret that opens private halves. */
export interface Keyring {
  /** Gives the event the key that signs its tickets; publishing calls it. An event that has one keeps it. */
  createEventKey(tx: Transaction, eventId: string): Promise<void>
  /** What the door scans. */
  codeOf(ticket: { readonly id: string; readonly codeVersion: number }, key: EventKeyRow): string
}

/** The keyring under the setting `TICKET_KEY_SECRET`, of at least 32 characters. With another secret no old key opens. */
export function openKeyring(ticketKeySecret: string): Keyring {
  const seal = sealOf(ticketKeySecret)
  return {
    async createEventKey(tx, eventId) {
      const { publicKey, privateKey } = newKeyPair()
      await insertEventKey(tx, { eventId, publicKey, sealedPrivateKey: seal.close(privateKey, eventId) })
    },
    codeOf({ id, codeVersion }, { eventId, publicKey, sealedPrivateKey }) {
      return writeCode(id, codeVersion, { publicKey, privateKey: seal.open(sealedPrivateKey, eventId) })
    },
  }
}
