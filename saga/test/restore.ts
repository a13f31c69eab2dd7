import type { TestDatabase } from '@tikitu/runtime/testing'
import pg from 'pg'
import { inject } from 'vitest'
import type { Node } from './node.ts'

/** Ends every connection to a database, as a restart of its server does. */
export function endConnections({ url }: TestDatabase): Promise<void> {
  return asAdmin((admin) => endConnectionsTo(admin, nameIn(url)))
}

/**
 * Copies a service's database as it is now. What is returned puts the copy in its place, so that the service has
 * forgotten everything since. The service stops and starts for both.
 */
export async function backUp(node: Node, { url, relayUrl }: TestDatabase): Promise<() => Promise<void>> {
  const name = nameIn(url)
  const copy = `${name}_then`
  await node.stop()
  await asAdmin(async (admin) => {
    await endConnectionsTo(admin, name)
    await admin.query(`create database ${copy} template ${name} owner ${new URL(url).username}`)
    await admin.query(`revoke all on database ${copy} from public`)
    await admin.query(`grant connect on database ${copy} to ${new URL(relayUrl).username}`)
  })
  await node.start()
  return async () => {
    await node.stop()
    await asAdmin(async (admin) => {
      await admin.query(`drop database ${name} with (force)`)
      await admin.query(`alter database ${copy} rename to ${name}`)
    })
    await node.start()
  }
}

/** Has a publisher send everything to a consumer again that its outbox still has: what the consumer knows, it ignores. */
export async function sendAgain(publisher: Node, consumer: Node): Promise<void> {
  await publisher.stop()
  await publisher.database.pool.query('update outbox_cursors set position = 0 where name = $1', [consumer.name])
  await publisher.start()
}

const nameIn = (url: string) => new URL(url).pathname.slice(1)

async function endConnectionsTo(admin: pg.Client, database: string): Promise<void> {
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [database])
}

async function asAdmin(use: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('postgres').adminUrl })
  await admin.connect()
  try {
    await use(admin)
  } finally {
    await admin.end()
  }
}
