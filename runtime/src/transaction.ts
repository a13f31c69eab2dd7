import { drizzle } from 'drizzle-orm/node-postgres'
import type { PoolClient } from 'pg'
import type { Database, Transaction } from './database.ts'

/** Something to do once a transaction has committed: never before, and not at all when it rolls back. */
export type AfterCommit = (database: Database) => void

interface OpenTransaction {
  readonly database: Database
  readonly connection: PoolClient
  readonly afterCommit: Set<AfterCommit>
}

/** By Drizzle's session, which a transaction shares with its savepoints. */
const openTransactions = new WeakMap<object, OpenTransaction>()

/**
 * Runs `work` in one transaction of its own connection: commits what it returns, rolls back when it throws.
 * Verbs are called through `transact`, which adds the clock, refusals and retries; this is the floor below it.
 *
 * Drizzle is given a connection instead of the pool, because over a pool it never gives the connection back
 * when `begin` fails, as it does on each idle connection after the server was restarted.
 */
export async function inTransaction<Value>(
  database: Database,
  work: (tx: Transaction, connection: PoolClient) => Promise<Value>,
): Promise<Value> {
  const connection = await database.pool.connect()
  const orm = drizzle(connection)
  const open: OpenTransaction = { database, connection, afterCommit: new Set() }
  openTransactions.set(orm._.session, open)
  let value: Value
  try {
    value = await orm.transaction((tx) => work(tx, connection))
  } finally {
    openTransactions.delete(orm._.session)
    // A connection that broke is thrown away by the pool, whatever state its transaction was in.
    connection.release()
  }
  for (const callback of open.afterCommit) callback(database)
  return value
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
