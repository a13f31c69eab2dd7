import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePortBase } from '@tikitu/local/ports'
import { startPostgres, type Postgres } from '@tikitu/local/postgres'
import { REPOSITORY } from '@tikitu/local/settings'
import { IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { servicePort, type ServiceName } from '@tikitu/schema/services'
import pg from 'pg'
import { openPool, type Stage as BookingStage } from '../booking/stage.ts'
import { startProgram } from '../gateways/processes.ts'
import type { BenchContext } from '../harness.ts'

/** Ends a process whose parent is gone. */
const LEASH = ['--import', join(REPOSITORY, 'local/src/runner/leash.ts')]

/** The services that a purchase goes through. */
const SELLERS = ['booking', 'payment'] as const

/** Where the sandbox of payments listens, above the services. */
const SANDBOX_PORT = 14

/** Everything that a purchase goes through, as it is deployed: booking, payment and its provider over a durable server. */
export interface Stage {
  readonly postgres: Postgres
  readonly portBase: number
  readonly identitySecret: string
  /** Every process that takes part, by name, to see what each has cost. */
  readonly pids: ReadonlyMap<string, number>
  /** What puts an event on sale asks. */
  readonly booking: Pick<BookingStage, 'pool' | 'ask'>
  /** Asks a database as the superuser, who may look at when a transaction was committed. */
  asAdmin<Row extends pg.QueryResultRow>(database: string, statement: string, values?: unknown[]): Promise<Row[]>
}

/** Starts it all; what was started is stopped at the end of the bench. */
export async function setUp({ say, cleanUp }: BenchContext): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'tikitu-bench-saga-'))
  cleanUp(() => rmSync(directory, { recursive: true, force: true }))
  const portBase = await freePortBase(20)
  const postgres = await startWithCommitTimes(directory, portBase + 10)
  cleanUp(() => postgres.stop())

  const identitySecret = randomBytes(32).toString('hex')
  const env = {
    NODE_ENV: 'development',
    LOG_LEVEL: 'warn',
    PORT_BASE: String(portBase),
    DATA_DIR: directory,
    IDENTITY_SECRET: identitySecret,
    TICKET_KEY_SECRET: randomBytes(32).toString('hex'),
    SANDBOX_SECRET_KEY: `sk_test_${randomBytes(16).toString('hex')}`,
    SANDBOX_WEBHOOK_SECRET: `whsec_${randomBytes(16).toString('hex')}`,
    ...Object.fromEntries(
      SELLERS.flatMap((service) => [
        [`DATABASE_URL_${service.toUpperCase()}`, postgres.url(databaseOf(service))],
        [`RELAY_URL_${service.toUpperCase()}`, postgres.relayUrl(databaseOf(service))],
      ]),
    ),
  }
  const profile = process.env['BENCH_CPU_PROF'] ? ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_CPU_PROF']}`] : []
  const isReady = (origin: string) => fetch(`${origin}/readyz`)
  const postmaster = readFileSync(join(directory, 'postgres/pgdata/postmaster.pid'), 'utf8').split('\n')[0]
  const pids = new Map([['postgres', Number(postmaster)]])
  const start = async (name: string, main: string, port: number, before: readonly string[] = []) => {
    const args = [...LEASH, ...before, join(REPOSITORY, main)]
    const program = await startProgram({ name, args, env, port, isReady }, directory)
    cleanUp(() => program.stop())
    pids.set(name, program.pid)
  }
  const sandbox = 'local/src/stripe/main.ts'
  if (existsSync(join(REPOSITORY, sandbox))) await start('sandbox', sandbox, portBase + SANDBOX_PORT)
  for (const service of SELLERS) {
    await start(service, `services/${service}/src/main.ts`, servicePort(portBase, service), profile)
  }
  const pool = openPool(postgres.url(databaseOf('booking')))
  cleanUp(() => pool.end())
  say('the server, the provider and the services are up')
  return {
    postgres,
    portBase,
    identitySecret,
    pids,
    booking: {
      pool,
      ask: (identity, query, variables) =>
        ask(servicePort(portBase, 'booking'), signIdentity(identity, identitySecret), query, variables),
    },
    async asAdmin<Row extends pg.QueryResultRow>(database: string, statement: string, values: unknown[] = []) {
      const client = new pg.Client({ connectionString: postgres.adminUrl(database) })
      await client.connect()
      try {
        const { rows } = await client.query<Row>(statement, values)
        return rows
      } finally {
        await client.end()
      }
    },
  }
}

/** The name of a service's database. */
export const databaseOf = (service: ServiceName) => `${service}_db`

/** A server that remembers when each transaction was committed; the setting needs a start of its own. */
async function startWithCommitTimes(directory: string, port: number): Promise<Postgres> {
  const databases = SELLERS.map((service) => ({ name: databaseOf(service), owner: `tikitu_${service}` }))
  const options = { dataDir: join(directory, 'postgres'), port, durable: true, databases }
  const first = await startPostgres(options)
  const admin = new pg.Client({ connectionString: first.adminUrl('postgres') })
  await admin.connect()
  await admin.query('alter system set track_commit_timestamp = on')
  await admin.end()
  await first.stop()
  return startPostgres(options)
}

async function ask(port: number, identity: string, query: string, variables: object) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [IDENTITY_HEADER]: identity },
    body: JSON.stringify({ query, variables }),
  })
  const answer = (await response.json()) as { data?: Record<string, unknown>; errors?: unknown }
  if (!answer.data || answer.errors) throw new Error(`booking answered ${JSON.stringify(answer.errors)}`)
  return answer.data
}
