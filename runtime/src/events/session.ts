import pg from 'pg'
import type { Database } from '../database.ts'

/**
 * A connection of its own beside the pool, for `LISTEN` and for locks that live as long as the connection.
 * `onLost` is called once when it ends without `end()`; statements on it fail from then on.
 */
export async function openSession(
  database: Database,
  name: string,
  onLost: (error?: Error) => void,
): Promise<pg.Client> {
  const session = new pg.Client({ ...database.pool.options, application_name: name, keepAlive: true })
  session.once('end', () => onLost())
  session.on('error', onLost)
  await session.connect()
  return session
}
