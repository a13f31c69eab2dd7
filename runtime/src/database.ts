import { drizzle, type NodePgDatabase, type NodePgTransaction } from 'drizzle-orm/node-postgres'
import type { ExtractTablesWithRelations } from 'drizzle-orm'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import type { Logger } from './log.ts'

/** A service's own database: the pool, and Drizzle over it. */
export interface Database {
  /** Drizzle over the pool, for single statements; several that belong together go through `transact`. */
  readonly orm: NodePgDatabase
  /** The pool itself, for `LISTEN`, health and the hottest statements. */
  readonly pool: pg.Pool
  /** For what nobody who asks is told. */
  readonly log: Logger
  /** Waits for running statements and closes every connection. */
  close(): Promise<void>
}

/** An open transaction, the required first argument of every verb and statement that writes. */
export type Transaction = NodePgTransaction<Record<string, never>, ExtractTablesWithRelations<Record<string, never>>>

/** Where a single statement may run: inside a transaction, or on its own. */
export type Queryable = Transaction | NodePgDatabase

/** How a database is opened. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`. Never logged. */
  readonly url: string
  /** Connections at most; 10 unless said. More than 16 makes a sell-out slower, not faster. */
  readonly connectionsMax?: number
  readonly log: Logger
}

/** Opens the pool. Nothing is connected yet, so this cannot fail because the server is down. */
export function openDatabase({ url, connectionsMax = 10, log }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    // A statement that hangs must not hold its seat locks until somebody notices.
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 15_000,
  })
  // Without a listener, a server that stops would crash the process through its idle connections.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'))
  // The pool listens only while a connection is idle: one that is lost in the middle of a transaction would crash
  // the process just as well. Its statement fails, which is where the loss is reported.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return { orm: drizzle(pool), pool, log, close: () => pool.end() }
}

/** The advisory lock that lets one instance migrate while the others wait. The number has no meaning; it must not change. */
const MIGRATION_LOCK = 7_215_430_001

/**
 * Brings the database to the newest migration in `folder`. Any number of instances may call it at once.
 * When the cluster has the role of the embedded event relay, that role is allowed to insert into `inbox`, and nothing else.
 */
export async function migrateDatabase(url: string, folder: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await migrate(drizzle(client), { migrationsFolder: folder })
    await client.query(GRANT_RELAY)
  } finally {
    await client.end()
  }
}

/** `tikitu_relay` carries events from the outboxes of its peers into this database's inbox. */
const GRANT_RELAY = `
  do $$ begin
    if to_regclass('public.inbox') is not null and exists (select 1 from pg_roles where rolname = 'tikitu_relay') then
      grant insert on public.inbox to tikitu_relay;
    end if;
  end $$`

/** The SQLSTATE of an error thrown by Drizzle (which wraps the driver's) or by the driver itself. */
export function sqlState(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && /^[0-9A-Z]{5}$/.test(cause.code)) return cause.code
  }
  return undefined
}

/** The constraint that an error thrown by Drizzle or the driver violated, if it was one. */
export function violatedConstraint(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('constraint' in cause && typeof cause.constraint === 'string') return cause.constraint
  }
  return undefined
}
