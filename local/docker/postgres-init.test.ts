import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type Postgres } from '../src/postgres/server.ts'

let dataDir: string
let postgres: Postgres

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tikitu-docker-'))
  postgres = await startPostgres({ dataDir, port: 0, durable: false, databases: [] })
  await query(
    postgres.adminUrl('template1'),
    'drop extension pg_trgm, btree_gist, citext, earthdistance, cube, pg_stat_statements',
  )
  const script = await readFile(new URL('postgres-init.sql', import.meta.url), 'utf8')
  for (const part of script.split(/^\\connect /m).slice(1)) {
    const [database = '', ...statements] = part.split('\n')
    // Statement by statement, as psql does: a database cannot be created inside the transaction of several.
    for (const statement of statements.join('\n').split(';').slice(0, -1))
      await query(postgres.adminUrl(database), statement)
  }
})

afterAll(async () => {
  await postgres.stop()
  await rm(dataDir, { recursive: true })
})

async function query(connectionString: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

const as = (role: string, database: string) => `postgres://${role}:tikitu@127.0.0.1:${postgres.port}/${database}`

test.each(SERVICE_NAMES)('%s owns its database, and its role may enter no other', async (service) => {
  const role = `tikitu_${service}`
  await expect(query(as(role, `${service}_db`), 'create table seats (id int)')).resolves.toEqual([])
  for (const other of ['postgres', ...SERVICE_NAMES.filter((it) => it !== service).map((it) => `${it}_db`)]) {
    await expect(query(as(role, other), 'select 1')).rejects.toMatchObject({ code: '42501' })
  }
})

test('the role that carries events may enter all six', async () => {
  for (const service of SERVICE_NAMES) await query(as('tikitu_relay', `${service}_db`), 'select 1')
})

test('the containers have the extensions that the embedded server has', async () => {
  const embedded = await mkdtemp(join(tmpdir(), 'tikitu-docker-'))
  const other = await startPostgres({ dataDir: embedded, port: 0, durable: false, databases: [] })
  const extensions = 'select extname from pg_extension order by 1'
  const expected = await query(other.adminUrl('template1'), extensions)
  await other.stop()
  await rm(embedded, { recursive: true })
  expect(await query(postgres.adminUrl('booking_db'), extensions)).toEqual(expected)
})
