import type { Database } from '@tikitu/runtime/database'
import { and, asc, eq } from 'drizzle-orm'
import {
  disputes,
  ledgerEntries,
  outbox,
  paymentCancellations,
  paymentLog,
  paymentRequests,
  payments,
  refunds,
  settlements,
} from '../src/tables.ts'
import { askSandbox } from './sandbox.ts'

/** What the database says about an attempt. */
export async function paymentRow({ orm }: Database, id: string) {
  const [row] = await orm.select().from(payments).where(eq(payments.id, id))
  if (!row) throw new Error(`there is no payment ${id}`)
  return row
}

/** The attempts of a booking, oldest first. */
export function attemptsOf({ orm }: Database, bookingId: string) {
  return orm.select().from(payments).where(eq(payments.bookingId, bookingId)).orderBy(asc(payments.attempt))
}

/** What the database says about what a booking asks for. */
export async function requestRow({ orm }: Database, bookingId: string) {
  const [row] = await orm.select().from(paymentRequests).where(eq(paymentRequests.bookingId, bookingId))
  return row
}

/** Whether booking has said that it no longer wants money. */
export async function isGivenUp({ orm }: Database, bookingId: string): Promise<boolean> {
  const found = await orm.select().from(paymentCancellations).where(eq(paymentCancellations.bookingId, bookingId))
  return found.length > 0
}

/** What the database says about a refund. */
export async function refundRow({ orm }: Database, id: string) {
  const [row] = await orm.select().from(refunds).where(eq(refunds.id, id))
  return row
}

/** The refunds of a booking, oldest first. */
export function refundsOf({ orm }: Database, bookingId: string) {
  return orm.select().from(refunds).where(eq(refunds.bookingId, bookingId)).orderBy(asc(refunds.createdAt))
}

/** What was told about a booking, oldest first: types, or the data of those of one type. */
export async function told({ orm }: Database, bookingId: string): Promise<string[]> {
  const rows = await orm.select().from(outbox).where(eq(outbox.key, bookingId)).orderBy(asc(outbox.sequence))
  return rows.map(({ type }) => type)
}

/** The data of the events of one type about a booking, oldest first. */
export async function toldOf({ orm }: Database, bookingId: string, type: string) {
  const rows = await orm
    .select()
    .from(outbox)
    .where(and(eq(outbox.key, bookingId), eq(outbox.type, type)))
    .orderBy(asc(outbox.sequence))
  return rows.map(({ data }) => data)
}

/** What was said between us and the provider about an attempt, in order: `REQUEST create`. */
export async function saidAbout({ orm }: Database, paymentId: string): Promise<string[]> {
  const rows = await orm
    .select()
    .from(paymentLog)
    .where(eq(paymentLog.paymentId, paymentId))
    .orderBy(asc(paymentLog.id))
  return rows.map(({ kind, operation }) => `${kind} ${operation}`)
}

/** The balances of the ledger about one payment, by account; accounts at zero are left out. */
export async function balances({ orm }: Database, paymentId: string): Promise<Record<string, number>> {
  const rows = await orm.select().from(ledgerEntries).where(eq(ledgerEntries.paymentId, paymentId))
  const sums = [...Map.groupBy(rows, ({ account }) => account)].map(
    ([account, entries]) => [account, entries.reduce((sum, { amount }) => sum + amount, 0)] as const,
  )
  return Object.fromEntries(sums.filter(([, sum]) => sum !== 0))
}

/** What the sandbox says it took and gave back for an attempt of ours, in its own books. */
export async function sandboxMoney(_ours: Database, paymentId: string) {
  const query = `metadata['payment_id']:'${paymentId}'`
  const [intent] = (await askSandbox('GET', 'payment_intents/search', { query })).data
  if (!intent) return { taken: 0, returned: 0, state: null }
  const refunds = (await askSandbox('GET', 'refunds', { payment_intent: intent.id, limit: '100' })).data
  const given = refunds.filter(({ status }: { status: string }) => status === 'succeeded')
  return {
    taken: intent.amount_received,
    returned: given.reduce((sum: number, { amount }: { amount: number }) => sum + amount, 0),
    state: intent.status,
  }
}

/** The disputes of a payment that are not decided. */
export function openDisputesOf({ orm }: Database, paymentId: string) {
  return orm
    .select()
    .from(disputes)
    .where(and(eq(disputes.paymentId, paymentId), eq(disputes.status, 'OPEN')))
}

/** What a partner was settled with, oldest first. */
export function settlementsOf({ orm }: Database, partnerId: string) {
  return orm.select().from(settlements).where(eq(settlements.partnerId, partnerId)).orderBy(asc(settlements.dueAt))
}
