import { PgDialect } from 'drizzle-orm/pg-core'
import { NodePgSession, NodePgTransaction } from 'drizzle-orm/node-postgres/session'
import type { PoolClient } from 'pg'
import type { Transaction } from './database.ts'

/** A statement that was built so often is run by name, so that PostgreSQL parses and plans it once for each connection. */
const NAMED_AFTER = 3

/** How many statements have a name at most, and how long such a text is at most: a list of any length in it makes many texts. */
const NAMED_MAX = 400
const NAMED_TEXT_MAX = 4_000

/** How many texts are counted at most. */
const COUNTED_MAX = 2_000

const dialect = new PgDialect()
const names = new Map<string, string>()
const counts = new Map<string, number>()

/** The name under which a statement is prepared on every connection; undefined for one that is seldom run. */
function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined) return known
  if (text.length > NAMED_TEXT_MAX || names.size >= NAMED_MAX) return undefined
  const count = (counts.get(text) ?? 0) + 1
  if (count < NAMED_AFTER) {
    if (counts.size >= COUNTED_MAX) counts.clear()
    counts.set(text, count)
    return undefined
  }
  counts.delete(text)
  const name = `orm_${names.size}`
  names.set(text, name)
  return name
}

type Session = NodePgSession<Record<string, never>, Record<string, never>>

/** Drizzle's session over one connection, which prepares what is run again and again. */
class PreparedSession extends NodePgSession<Record<string, never>, Record<string, never>> {
  override prepareQuery: Session['prepareQuery'] = (query, fields, name, ...rest) =>
    super.prepareQuery(query, fields, name ?? (query.params.length > 0 ? nameOf(query.sql) : undefined), ...rest)
}

/** Drizzle over a connection on which a transaction has begun. */
export function transactionOver(connection: PoolClient): Transaction {
  return new NodePgTransaction(dialect, new PreparedSession(connection, dialect, undefined), undefined)
}
