import type { Database } from '@tikitu/runtime/database'
import pg from 'pg'
import { inject } from 'vitest'

/** Runs SQL as the superuser in the same database, the triggers switched off: what only somebody with the keys to the server can do. */
export async function asSuperuser(database: Database, ...statements: string[]): Promise<void> {
  const { rows } = await database.pool.query<{ name: string }>('select current_database() as name')
  const url = new URL(inject('postgres').adminUrl)
  url.pathname = `/${rows[0]?.name}`
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    await client.query('set session_replication_role = replica')
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
