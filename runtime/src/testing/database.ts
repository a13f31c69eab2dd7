import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@tikitu/schema/services'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { migrateDatabase, openDatabase, type Database } from '../database.ts'
import { createLog } from '../log.ts'
import { migrationsFolder } from '../serve.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's address of the server that the test run started. */
    postgresUrl: string
  }
}

/** What the launcher of the embedded server creates in every database. */
const EXTENSIONS = ['pg_trgm', 'btree_gist', 'citext', 'cube', 'earthdistance']

/** Nothing but tests on 127.0.0.1 knows this role. */
const PASSWORD = 'test'

/** A database of a test file's own. */
export interface TestDatabase {
  /** As the service's own role, which is not a superuser. */
  readonly url: string
  /** As the superuser, for planting what the service itself could never write. */
  readonly adminUrl: string
  readonly database: Database
  /** Runs before the database is dropped, the last one first. */
  beforeDrop(close: () => Promise<void>): void
}

/**
 * A freshly migrated database for this test file, copied from a template that is migrated once for each state of
 * `drizzle/<service>`. Dropped after the file's last test; when one failed, it is kept and its address printed.
 */
export async function testDatabase(service: ServiceName): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const template = await ensureTemplate(server, service)
  const name = `${service}_${randomUUID().slice(0, 8)}`
  const role = roleOf(service)
  await asAdmin(server, (admin) => admin.query(`create database ${name} template ${template} owner ${role} strategy wal_log`))
  const url = addressOf(server, name, role)
  const database = openDatabase({ url, log: createLog('test', 'fatal') })
  const closers: (() => Promise<void>)[] = []

  afterAll(async (_context, suite) => {
    for (const close of closers.toReversed()) await close()
    await database.close()
    if (suite.tasks.some(hasFailed)) process.stderr.write(`The database of the failed file is kept: ${url}\n`)
    else await asAdmin(server, (admin) => admin.query(`drop database ${name} with (force)`))
  })
  return { url, adminUrl: addressOf(server, name), database, beforeDrop: (close) => closers.push(close) }
}

interface Task {
  readonly result?: { readonly state: string } | undefined
  readonly tasks?: readonly Task[]
}

function hasFailed(task: Task): boolean {
  return task.result?.state === 'fail' || (task.tasks ?? []).some(hasFailed)
}

const roleOf = (service: ServiceName) => `tikitu_${service}`

/** Two files of one service may come here at once; the second finds what the first has made. */
async function ensureTemplate(server: string, service: ServiceName): Promise<string> {
  const template = `template_${service}_${hashOf(migrationsFolder(service))}`
  await asAdmin(server, async (admin) => {
    await admin.query('select pg_advisory_lock(hashtext($1))', [template])
    const known = await admin.query('select from pg_database where datname = $1', [template])
    if (known.rowCount) return
    const unfinished = `${template}_unfinished`
    await ensureRole(admin, service)
    await admin.query(`drop database if exists ${unfinished}`)
    await admin.query(`create database ${unfinished} owner ${roleOf(service)}`)
    await asAdmin(addressOf(server, unfinished), async (owner) => {
      for (const extension of EXTENSIONS) await owner.query(`create extension if not exists ${extension}`)
    })
    await migrateDatabase(addressOf(server, unfinished, roleOf(service)), migrationsFolder(service))
    await admin.query(`alter database ${unfinished} rename to ${template}`)
  })
  return template
}

async function ensureRole(admin: pg.Client, service: ServiceName): Promise<void> {
  const known = await admin.query('select from pg_roles where rolname = $1', [roleOf(service)])
  if (!known.rowCount) await admin.query(`create role ${roleOf(service)} login password '${PASSWORD}'`)
}

function hashOf(folder: string): string {
  const hash = createHash('sha256')
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (file.endsWith('.sql')) hash.update(file).update(readFileSync(join(folder, file)))
  }
  return hash.digest('hex').slice(0, 12)
}

function addressOf(server: string, database: string, role?: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  if (role) {
    url.username = role
    url.password = PASSWORD
  }
  return url.href
}

async function asAdmin<Value>(url: string, work: (admin: pg.Client) => Promise<Value>): Promise<Value> {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

