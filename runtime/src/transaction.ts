import type { PoolClient, QueryResult } from 'pg'
import type { Database, Transaction } from './database.ts'
import { transactionOver } from './prepared-session.ts'

/** Something to do once a transaction has committed: never before, and not at all when it rolls back. */
export type AfterCommit = (database: Database) => void

interface OpenTransaction {
  readonly database: Database
  readonly connection: PoolClient
  readonly afterCommit: Set<AfterCommit>
  /** SQL that is run with the commit. */
  readonly closing: string[]
}

/** By Drizzle's session, which a transaction shares with its savepoints. */
const openTransactions = new WeakMap<object, OpenTransaction>()

/** What a transaction has beside `tx`. */
export interface Begun {
  readonly connection: PoolClient
  /** The database's clock when it began. */
  readonly at: Date
  /** What the statements of `opening` answered, in their order. */
  readonly opened: readonly QueryResult<Record<string, unknown>>[]
}

/**
 * One round trip for what every transaction begins with. The plans of prepared statements are kept, and one that was made
 * while a table was young must not read all of it for ever.
 */
const BEGIN = 'begin; set local enable_seqscan = off; select now() as at'
const BEGIN_STATEMENTS = 3

/**
 * Runs `work` in one transaction of its own connection: commits what it returns, rolls back when it throws.
 * Verbs are called through `transact`, which adds refusals and retries; this is the floor below it.
 * `opening` is SQL that is run with the beginning, in the same round trip.
 */
export async function inTransaction<Value>(
  database: Database,
  work: (tx: Transaction, begun: Begun) => Promise<Value>,
  opening = '',
): Promise<Value> {
  const connection = await database.pool.connect()
  const tx = transactionOver(connection)
  const open: OpenTransaction = { database, connection, afterCommit: new Set(), closing: [] }
  openTransactions.set(tx._.session, open)
  let isLost = false
  let value: Value
  try {
    const results = await runAll(connection, opening === '' ? BEGIN : `${BEGIN}; ${opening}`)
    value = await work(tx, { connection, at: timeIn(results), opened: results.slice(BEGIN_STATEMENTS) })
    await connection.query([...open.closing, 'commit'].join('; '))
  } catch (error) {
    // A connection that broke has rolled back, and is of no use to anybody.
    await connection.query('rollback').catch(() => (isLost = true))
    throw error
  } finally {
    openTransactions.delete(tx._.session)
    connection.release(isLost)
  }
  for (const callback of open.afterCommit) callback(database)
  return value
}

type Result = QueryResult<Record<string, unknown>>

/** Several statements in one text have several results, which the types of the driver do not know. */
async function runAll(connection: PoolClient, text: string): Promise<Result[]> {
  const answer: Result | Result[] = await connection.query(text)
  return [answer].flat()
}

function timeIn(results: readonly Result[]): Date {
  const at = results[BEGIN_STATEMENTS - 1]?.rows[0]?.['at']
  if (!(at instanceof Date)) throw new Error('the database did not tell the time')
  return at
}

/** Runs SQL without parameters at the end of the transaction, in the round trip of its commit, and undoes all when it fails. */
export function withCommit(tx: Transaction, statement: string): void {
  openOf(tx).closing.push(statement)
}

/** Calls `callback` after the transaction has committed; asked twice for the same function, calls it once. */
export function afterCommit(tx: Transaction, callback: AfterCommit): void {
  openOf(tx).afterCommit.add(callback)
}

/**
 * Where the transaction is open: its database, and the connection for statements that are not Drizzle's.
 * Throws when it was not opened by `inTransaction` or `transact`.
 */
export function placeOf(tx: Transaction): { readonly database: Database; readonly connection: PoolClient } {
  return openOf(tx)
}

function openOf(tx: Transaction): OpenTransaction {
  const open = openTransactions.get(tx._.session)
  if (!open) throw new Error('this transaction was not opened by transact() or inTransaction()')
  return open
}
