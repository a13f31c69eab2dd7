import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Database, Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { isId, newId } from '@tikitu/runtime/ids'
import type { Logger } from '@tikitu/runtime/log'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { SettlementDue, SettlementPaid } from '@tikitu/schema/events/payment'
import {
  creditors,
  insertEndedEvent,
  markPaid,
  settlementById,
  settlementForUpdate,
  settleOpen,
  type Creditor,
} from './settlement.sql.ts'

/** An event that is over. */
export interface EndedEvent {
  readonly eventId: string
  readonly partnerId: string
  readonly endedAt: Date
}

/** Remembers that an event is over: what its bookings brought in is settled from now on. */
export function noteEndedEvent(tx: Transaction, event: EndedEvent): Promise<void> {
  return insertEndedEvent(tx, event)
}

/** How many settlements one run makes; the rest is the next one's. */
const BATCH_MAX = 500

/**
 * Settles with every partner whose events are over, in each currency by itself. What a partner owes us, because a
 * payment went back after it was settled, is taken off; while it is more than what is open, nothing is settled.
 */
export async function settleAll({ database, log }: { readonly database: Database; readonly log: Logger }) {
  for (const creditor of await creditors(database.orm, BATCH_MAX)) {
    await transact(database, async (tx, at) => accept(await settle(tx, creditor, at))).catch((error: unknown) =>
      log.error({ err: error, ...creditor }, 'a partner could not be settled with; it is tried again'),
    )
  }
}

/** Settles with one partner in one currency, and says so; does nothing when nothing is to be paid. */
export async function settle(tx: Transaction, creditor: Creditor, at: Date): Promise<void> {
  const id = newId()
  if (!(await settleOpen(tx, { ...creditor, id, at }))) return
  const due = await settlementById(tx, id)
  if (!due) throw new Error(`settlement ${id} is gone`)
  const { partnerId, amount, currency } = due
  await emit(tx, SettlementDue, { settlementId: id, partnerId, amount, currency, at: at.toISOString() })
}

/** An admin of money matters says that a partner was paid. */
export interface MarkSettlementPaid {
  readonly settlementId: string
  /** The bank's name for the transfer. */
  readonly bankReference: string
  readonly idempotencyKey: string
  readonly identity: Identity
  readonly at: Date
}

/** Writes down that a partner was paid what was due, by which transfer. */
export async function markSettlementPaid(tx: Transaction, command: MarkSettlementPaid) {
  const { settlementId, bankReference, idempotencyKey, identity, at } = command
  const paidBy = actorOf(identity).id
  const request = { settlementId, bankReference }
  const wish = { caller: paidBy, key: idempotencyKey, operation: 'markSettlementPaid', request }
  return onceForKey(tx, wish, async () => {
    const settlement = isId(settlementId) ? await settlementForUpdate(tx, settlementId) : null
    if (!settlement) return refuse('SettlementNotFound', 'There is no such settlement.', { settlementId })
    if (settlement.paidAt !== null)
      return refuse('SettlementAlreadyPaid', 'This settlement was paid before.', { paidAt: settlement.paidAt })
    await markPaid(tx, settlementId, { paidAt: at, paidBy, bankReference })
    const { partnerId, amount, currency } = settlement
    await emit(tx, SettlementPaid, { settlementId, partnerId, amount, currency, bankReference, at: at.toISOString() })
    await recordAudit(tx, identity, {
      action: 'markSettlementPaid',
      resource: { type: 'Settlement', id: settlementId },
      before: { status: 'DUE' },
      after: { status: 'PAID', amount, currency, bankReference },
      at,
    })
    return accept({ id: settlementId })
  })
}
