import { Client, escapeIdentifier, escapeLiteral } from 'pg'

/** One database and the role that owns it. */
export interface DatabaseSpec {
  name: string
  owner: string
}

/** The role that carries events between databases: it may connect to all of them, and the services let it write their inbox. */
export const RELAY_ROLE = 'tikitu_relay'

/** What the services' migrations may use. Only a superuser can create these, so they are there before the first migration. */
const EXTENSIONS = ['pg_trgm', 'btree_gist', 'citext', 'cube', 'earthdistance', 'pg_stat_statements']

/**
 * Brings roles, databases, extensions and rights to what they should be; run again it changes nothing. A role can
 * connect to its own database and to no other.
 */
export async function provision({
  adminUrl,
  databases,
  passwords,
}: {
  adminUrl: (database?: string) => string
  databases: readonly DatabaseSpec[]
  passwords: Readonly<Record<string, string>>
}): Promise<void> {
  // In template1, so that every database has them that is created later, by a test for instance.
  await withClient(adminUrl('template1'), createExtensions)
  await withClient(adminUrl(), async (admin) => {
    const roles = await column(admin, 'select rolname as name from pg_roles')
    for (const role of Object.keys(passwords).filter((name) => !roles.has(name))) {
      const password = escapeLiteral(passwords[role] ?? '')
      await admin.query(`create role ${escapeIdentifier(role)} login password ${password}`)
    }
    const existing = await column(admin, 'select datname as name from pg_database')
    for (const { name, owner } of databases) {
      const database = escapeIdentifier(name)
      if (!existing.has(name)) await admin.query(`create database ${database} owner ${escapeIdentifier(owner)}`)
      await admin.query(`revoke all on database ${database} from public`)
      await admin.query(`grant connect on database ${database} to ${escapeIdentifier(RELAY_ROLE)}`)
    }
    await admin.query('revoke connect on database postgres, template1 from public')
  })
  // A database of an earlier version lacks the extensions that were added since.
  await Promise.all(databases.map(({ name }) => withClient(adminUrl(name), createExtensions)))
}

async function createExtensions(client: Client): Promise<void> {
  const installed = await column(client, 'select extname as name from pg_extension')
  for (const extension of EXTENSIONS.filter((name) => !installed.has(name))) {
    await client.query(`create extension ${escapeIdentifier(extension)}`)
  }
}

async function column(client: Client, statement: string): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(statement)
  return new Set(rows.map(({ name }) => name))
}

async function withClient(connectionString: string, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await use(client)
  } finally {
    await client.end()
  }
}
