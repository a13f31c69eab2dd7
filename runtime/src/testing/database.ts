import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceName } from '@tikitu/schema/services'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, expect, inject, type RunnerTestSuite, type RunnerTask } from 'vitest'
import { migrateDatabase, openDatabase, type Database } from '../database.ts'

/** The server that the whole test run shares. */
export interface TestPostgres {
  /** The superuser in `postgres`. */
  readonly adminUrl: string
  /** The role that owns each service's databases, as in production; the name of the database in it is of no use. */
  readonly ownerUrls: Readonly<Record<ServiceName, string>>
  /** The role that carries events into inboxes, likewise. */
  readonly relayUrl: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Put there by the global set-up in scripts/src/test. */
    postgres: TestPostgres
  }
}

/** A service's database for one test file, empty but for what its migrations put there. */
export interface TestDatabase {
  /** As the service's own role, who owns it and may connect to no other service's. */
  readonly url: string
  /** As the role that may only insert into the inbox. */
  readonly relayUrl: string
  /** Opened at `url`. */
  readonly database: Database
  /** Runs before the database goes away, the last one first: close here what holds connections of its own. */
  readonly beforeDrop: (close: () => Promise<unknown>) => void
}

interface Opened {
  readonly name: string
  readonly closers: (() => Promise<unknown>)[]
}

const opened: Opened[] = []

/**
 * Makes a database from the newest migrations of the service; it is gone after the file's last test. When a test of
 * the file failed it stays, and its name is printed. May be called anywhere in a file and as often as databases are needed.
 */
export async function testDatabase(service: ServiceName): Promise<TestDatabase> {
  const { ownerUrls, relayUrl } = inject('postgres')
  const template = await migratedTemplate(service)
  const file = basename(expect.getState().testPath ?? 'unknown').replace(/\.test\.ts$/, '')
  const name = `test_${service}_${file.replaceAll(/\W/g, '_').slice(0, 30)}_${randomBytes(4).toString('hex')}`
  await asAdmin(async (admin) => {
    await admin.query(`create database ${name} template ${template} owner ${new URL(ownerUrls[service]).username}`)
    await admin.query(`revoke all on database ${name} from public`)
    await admin.query(`grant connect on database ${name} to ${new URL(relayUrl).username}`)
  })
  const url = inDatabase(ownerUrls[service], name)
  const database = openDatabase({ url, log: pino({ level: 'silent' }) })
  const closers: Opened['closers'] = [() => database.close()]
  opened.push({ name, closers })
  return { url, relayUrl: inDatabase(relayUrl, name), database, beforeDrop: (close) => closers.push(close) }
}

/** The name of a database with every migration applied. Made once for each state of the migrations, whoever comes first. */
async function migratedTemplate(service: ServiceName): Promise<string> {
  const folder = fileURLToPath(new URL(`../../../drizzle/${service}`, import.meta.url))
  const name = `template_${service}_${digestOf(folder)}`
  const owner = inject('postgres').ownerUrls[service]
  await asAdmin(async (admin) => {
    await admin.query('select pg_advisory_lock(hashtext($1))', [`template_${service}`])
    const { rows } = await admin.query<{ datname: string; datistemplate: boolean }>(
      'select datname, datistemplate from pg_database where datname like $1',
      [`template\\_${service}\\_%`],
    )
    // It becomes a template when it is complete: one that is not is what a killed run left.
    if (rows.some((row) => row.datname === name && row.datistemplate)) return
    for (const { datname } of rows) {
      await admin.query(`alter database ${datname} is_template false`)
      await admin.query(`drop database ${datname}`)
    }
    await admin.query(`create database ${name} owner ${new URL(owner).username}`)
    await migrateDatabase(inDatabase(owner, name), folder)
    await admin.query(`alter database ${name} is_template true`)
  })
  return name
}

function digestOf(folder: string): string {
  const digest = createHash('sha256')
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  for (const file of files.toSorted()) digest.update(file).update(readFileSync(join(folder, file)))
  return digest.digest('hex').slice(0, 12)
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

function inDatabase(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href
}

// Registered as this module is imported, hence for the file's whole life: a hook inside `beforeAll` would be ignored.
// oxlint-disable-next-line no-empty-pattern -- Vitest insists on a pattern here
afterAll(async ({}, file) => {
  for (const { name, closers } of opened) {
    for (const close of closers.toReversed()) await close()
    if (hasFailed(file))
      console.log(`${file.name} failed: its database ${name} is kept; look at it with pnpm test:databases`)
    else await asAdmin(async (admin) => void (await admin.query(`drop database ${name} with (force)`)))
  }
})

function hasFailed(task: RunnerTask | Readonly<RunnerTestSuite>): boolean {
  return task.result?.state === 'fail' || ('tasks' in task && task.tasks.some(hasFailed))
}
