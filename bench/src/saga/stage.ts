import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tikituPlan } from '@tikitu/local/plan'
import { freePortBase } from '@tikitu/local/ports'
import { startPostgres, type Postgres } from '@tikitu/local/postgres'
import { loadSecrets } from '@tikitu/local/secrets'
import { readSettings, REPOSITORY } from '@tikitu/local/settings'
import { IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { SERVICE_NAMES, servicePort, type ServiceName } from '@tikitu/schema/services'
import pg from 'pg'
import { openPool, type Stage as BookingStage } from '../booking/stage.ts'
import { startProgram } from '../gateways/processes.ts'
import type { BenchContext } from '../harness.ts'

/** Every process of a system on one machine: a leash, and a start in a third of the time. */
const PRELOADED = ['local/src/runner/leash.ts', 'runtime/src/quick-drizzle.ts'].flatMap((path) => [
  '--import',
  join(REPOSITORY, path),
])

/** A whole system as it is deployed on one machine, over a durable server that remembers when each commit was. */
export interface Stage {
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
  const settings = readSettings({
    PORT_BASE: String(await freePortBase()),
    DATA_DIR: directory,
    LOG_LEVEL: 'warn',
  })
  const secrets = await loadSecrets(directory)
  const { portBase, ports } = settings
  const postgres = await startWithCommitTimes(directory, ports.postgres)
  cleanUp(() => postgres.stop())
  const postmaster = readFileSync(join(directory, 'postgres/pgdata/postmaster.pid'), 'utf8').split('\n')[0]
  const pids = new Map([['postgres', Number(postmaster)]])

  const plan = tikituPlan(settings, secrets)
  const databases = Object.fromEntries(
    SERVICE_NAMES.map((service) => {
      const name = databaseOf(service)
      return [service, { url: postgres.url(name), relayUrl: postgres.relayUrl(name) }]
    }),
  ) as Parameters<typeof plan.services>[0]
  const profile = process.env['BENCH_CPU_PROF'] ? ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_CPU_PROF']}`] : []
  const doors: Readonly<Record<string, number>> = { ...ports, mail: ports.inbox, stripe: ports.sandbox }
  const isUp = new Set(['issuer', 'mail'])
  for (const { name, entry, env } of [...plan.helpers, ...plan.services(databases), plan.gateway]) {
    const program = await startProgram(
      {
        name,
        args: [...PRELOADED, ...profile, entry],
        env,
        port: doors[name] ?? 0,
        // Helpers have nothing to get ready: that they answer at all is enough.
        isReady: async (origin) =>
          isUp.has(name) ? fetch(origin).then(() => new Response()) : fetch(`${origin}/readyz`),
      },
      directory,
    )
    cleanUp(() => program.stop())
    pids.set(name, program.pid)
  }
  const pool = openPool(postgres.url(databaseOf('booking')))
  cleanUp(() => pool.end())
  say('the server, the provider, the services and the gateway are up')
  return {
    portBase,
    identitySecret: secrets.identity,
    pids,
    booking: {
      pool,
      ask: (identity, query, variables) =>
        ask(servicePort(portBase, 'booking'), signIdentity(identity, secrets.identity), query, variables),
    },
    asAdmin: (database, statement, values) => asAdmin(postgres, database, statement, values),
  }
}

async function asAdmin<Row extends pg.QueryResultRow>(
  postgres: Postgres,
  database: string,
  statement: string,
  values: unknown[] = [],
) {
  const client = new pg.Client({ connectionString: postgres.adminUrl(database) })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(statement, values)
    return rows
  } finally {
    await client.end()
  }
}

/** The name of a service's database. */
export const databaseOf = (service: ServiceName) => `${service}_db`

/** A server that remembers when each transaction was committed; the setting needs a start of its own. */
async function startWithCommitTimes(directory: string, port: number): Promise<Postgres> {
  const databases = SERVICE_NAMES.map((service) => ({ name: databaseOf(service), owner: `tikitu_${service}` }))
  const options = { dataDir: join(directory, 'postgres'), port, durable: true, databases }
  const first = await startPostgres(options)
  await asAdmin(first, 'postgres', 'alter system set track_commit_timestamp = on')
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
