import type { Database, Transaction } from '@tikitu/runtime/database'
import type { Money } from '@tikitu/runtime/money'
import { takeTurn } from '../turns/turn.sql.ts'
import { addToCounter, allCounters, insertVerifiedPartner } from './counter.sql.ts'

/** What is counted by number. */
export const COUNTERS = [
  'users',
  'partnersRegistered',
  'partners',
  'holds',
  'bookingsConfirmed',
  'bookingsExpired',
  'bookingsCancelled',
  'ticketsIssued',
  'ticketsUsed',
  'paymentsFailed',
] as const

/** What is counted in money. */
export const MONEY_COUNTERS = ['gross', 'refunded'] as const

/** The name of a counter. */
export type Counter = (typeof COUNTERS)[number]

/** The name of a counter of money. */
export type MoneyCounter = (typeof MONEY_COUNTERS)[number]

/** Counts that something happened, once or several times. That it is counted once for each event is the inbox' promise. */
export async function count(tx: Transaction, name: Counter, times = 1): Promise<void> {
  await takeTurn(tx)
  await addToCounter(tx, { name, currency: '', value: times })
}

/** Adds up money, each currency for itself. */
export async function countMoney(tx: Transaction, name: MoneyCounter, sums: readonly Money[]): Promise<void> {
  await takeTurn(tx)
  for (const [currency, ofCurrency] of Map.groupBy(sums, ({ currency }) => currency)) {
    await addToCounter(tx, { name, currency, value: ofCurrency.reduce((total, { amount }) => total + amount, 0) })
  }
}

/** Counts the partner, unless it is one that was verified before. */
export async function countPartner(tx: Transaction, partnerId: string): Promise<void> {
  await takeTurn(tx)
  if (await insertVerifiedPartner(tx, partnerId)) await count(tx, 'partners')
}

/** Everything counted so far; what never happened is zero. */
export type Counters = Readonly<Record<Counter, number> & Record<MoneyCounter, Money[]>>

/** The platform's counters so far. Does not know who asks. */
export async function readCounters({ orm }: Database): Promise<Counters> {
  const rows = await allCounters(orm)
  const numbers = COUNTERS.map((name) => [name, rows.find((row) => row.name === name)?.value ?? 0] as const)
  const sums = MONEY_COUNTERS.map((name) => [name, moneyIn(rows.filter((row) => row.name === name))] as const)
  return { ...Object.fromEntries(numbers), ...Object.fromEntries(sums) } as Counters
}

const moneyIn = (rows: readonly { value: number; currency: string }[]): Money[] =>
  rows.map(({ value, currency }) => ({ amount: value, currency }))
