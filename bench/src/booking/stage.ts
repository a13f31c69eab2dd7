import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startPostgres, type Postgres } from '@tikitu/local/postgres'
import { REPOSITORY } from '@tikitu/local/settings'
import { anonymous, IDENTITY_HEADER, signIdentity, type Identity } from '@tikitu/runtime/identity'
import { servicePort } from '@tikitu/schema/services'
import pg from 'pg'
import { startProgram, type Running } from '../gateways/processes.ts'
import type { BenchContext } from '../harness.ts'

/** Ends a process whose parent is gone. */
const LEASH = ['--import', join(REPOSITORY, 'local/src/runner/leash.ts')]

const DATABASE = 'booking_db'

/** What the service may have of connections: the goal for 1,000 clients says 8 to 16. */
const SERVICE_CONNECTIONS = 16

/** A server as durable as it comes, and the booking service as it is deployed. */
export interface Stage {
  readonly postgres: Postgres
  /** As the service's own role. */
  readonly url: string
  readonly pool: pg.Pool
  readonly port: number
  readonly identitySecret: string
  /** For what is written on the way. */
  readonly directory: string
  /** Asks the service's graph as somebody. Throws when there are errors. */
  ask(identity: Identity, query: string, variables: object): Promise<Record<string, unknown>>
  /** Does something while the service is not there, and starts it again. */
  withoutService(work: () => Promise<void>): Promise<void>
  /** Until the service has told all that happened: thousands of facts of one measurement would be told during the next. */
  settle(): Promise<void>
  /** Lets go of our own connections to the database. */
  idle(): Promise<void>
}

/** Starts it all; what was started is stopped at the end of the bench. */
export async function setUp(portBase: number, { say, cleanUp }: BenchContext): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'tikitu-bench-booking-'))
  cleanUp(() => rmSync(directory, { recursive: true, force: true }))
  const postgres = await startPostgres({
    dataDir: join(directory, 'postgres'),
    port: portBase + 10,
    durable: true,
    databases: [{ name: DATABASE, owner: 'tikitu_booking' }],
  })
  cleanUp(() => postgres.stop())
  const url = postgres.url(DATABASE)
  let pool = openPool(url)
  cleanUp(() => pool.end())

  const identitySecret = randomBytes(32).toString('hex')
  const port = servicePort(portBase, 'booking')
  const env = {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    PORT_BASE: String(portBase),
    DATABASE_URL_BOOKING: url,
    DATABASE_CONNECTIONS: String(SERVICE_CONNECTIONS),
    IDENTITY_SECRET: identitySecret,
    TICKET_KEY_SECRET: randomBytes(32).toString('hex'),
  }
  const start = () => {
    const profile = process.env['BENCH_CPU_PROF']
      ? ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_CPU_PROF']}`]
      : []
    const main = join(REPOSITORY, 'services/booking/src/main.ts')
    const isReady = (origin: string) => fetch(`${origin}/readyz`)
    return startProgram({ name: 'booking', args: [...LEASH, ...profile, main], env, port, isReady }, directory)
  }
  let service: Running = await start()
  cleanUp(() => service.stop())
  say('the server and the service are up')
  return {
    postgres,
    url,
    get pool() {
      return pool
    },
    port,
    identitySecret,
    directory,
    ask: (identity, query, variables) => ask(port, signIdentity(identity, identitySecret), query, variables),
    settle: async () => {
      const untold = 'select 1 from outbox where position is null limit 1'
      while ((await pool.query(untold)).rowCount !== 0) await setTimeout(100)
    },
    idle: async () => {
      await pool.end()
      pool = openPool(url)
    },
    withoutService: async (work) => {
      await service.stop()
      await work()
      service = await start()
    },
  }
}

/** A pool that survives the loss of an idle connection. */
export function openPool(url: string, max = 4): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max })
  pool.on('error', () => undefined)
  return pool
}

/** Somebody who sells for a partner. */
export function ownerOf(partnerId: string): Identity {
  const subject = 'owner'
  return { ...anonymous('bench'), kind: 'user', subject, groups: ['partner'], partners: [{ partnerId, role: 'OWNER' }] }
}

async function ask(port: number, identity: string, query: string, variables: object): Promise<Record<string, unknown>> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [IDENTITY_HEADER]: identity },
    body: JSON.stringify({ query, variables }),
  })
  const answer = (await response.json()) as { data?: Record<string, unknown>; errors?: unknown }
  if (!answer.data || answer.errors) throw new Error(`the service answered ${JSON.stringify(answer.errors)}`)
  return answer.data
}
