import pg, { type Notification, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg'
import type { Database } from '../database.ts'

/** A connection of its own beside the pool, for `LISTEN` and for locks that live as long as the connection. */
export interface Session {
  /** Runs a statement after those that were asked for before it. Rejects once the connection is lost. */
  query<Row extends QueryResultRow>(statement: QueryConfig | string, values?: unknown[]): Promise<QueryResult<Row>>
  /** Ends the connection, and with it its locks. Never rejects. */
  end(): Promise<void>
}

interface SessionOptions {
  /** How the connection is called in `pg_stat_activity`. */
  readonly name: string
  /** Called at every notification of a channel that the session listens to. */
  readonly onNotification: (message: Notification) => void
  /** Called when the connection is lost or was ended; perhaps twice. */
  readonly onLost: () => void
}

/** Connects. */
export async function openSession(
  database: Database,
  { name, onNotification, onLost }: SessionOptions,
): Promise<Session> {
  const client = new pg.Client({ ...database.pool.options, application_name: name, keepAlive: true })
  client.on('notification', onNotification)
  client.on('error', onLost)
  client.once('end', onLost)
  await client.connect()
  let before: Promise<unknown> = Promise.resolve()
  return {
    query<Row extends QueryResultRow>(statement: QueryConfig | string, values?: unknown[]) {
      const result = before.then(() => client.query<Row>(statement, values))
      before = result.catch(() => undefined)
      return result
    },
    end: () => client.end().catch(() => undefined),
  }
}
