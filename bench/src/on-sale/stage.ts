import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEMO_PASSWORD, demoAccounts, WEB_CLIENT_ID } from '@tikitu/local/demo-accounts'
import { startPostgres, type Postgres } from '@tikitu/local/postgres'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import pg from 'pg'
import { z } from 'zod'
import type { BenchContext } from '../harness.ts'

/** Above the services, where a system has its issuer. */
const ISSUER_PORT = 11

/** The whole system over a server of its own, with the demo data. */
export interface Stage {
  readonly system: SpawnedSystem
  readonly postgres: Postgres
  readonly dataDir: string
  /** Of the database server; what works in it are its children. */
  readonly postmaster: number
  /** Asks the graph as somebody of the demo. Throws when there are errors. */
  ask(who: 'promoter' | 'operator', query: string, variables?: object): Promise<Record<string, unknown>>
  /** Begins or ends a profile of each process, when the environment names a directory for them. */
  profile(): void
}

/** Starts it all; what was started is stopped at the end of the bench. */
export async function setUp({ say, cleanUp }: BenchContext, portBase?: number): Promise<Stage> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tikitu-bench-on-sale-'))
  cleanUp(() => rmSync(dataDir, { recursive: true, force: true }))
  const databases = SERVICE_NAMES.map((name) => ({ name: `${name}_db`, owner: `tikitu_${name}` }))
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), port: 0, durable: true, databases })
  cleanUp(() => postgres.stop())
  const env: Record<string, string> = {}
  for (const service of SERVICE_NAMES) {
    env[`DATABASE_URL_${service.toUpperCase()}`] = postgres.url(`${service}_db`)
    env[`RELAY_URL_${service.toUpperCase()}`] = postgres.relayUrl(`${service}_db`)
  }
  const profiles = process.env['BENCH_CPU_PROF']
  if (profiles) env['NODE_OPTIONS'] = `--import ${join(import.meta.dirname, 'profiler.main.ts')}`
  const system = await startSystem(dataDir, { env, ...(portBase !== undefined && { portBase }) })
  cleanUp(() => system.stop())
  say(`the system is up, with the demo data, after ${system.secondsToReady.toFixed(1)} s`)
  const ask: Stage['ask'] = async (who, query, variables = {}) => {
    const token = await signIn(system.portBase + ISSUER_PORT, demoAccounts[who].email)
    return askAs(system.gateway, token, query, variables)
  }
  const profile = () => {
    // Whoever does not listen for this signal does not mind it.
    if (profiles) for (const pid of system.children().values()) process.kill(pid, 'SIGWINCH')
  }
  return { system, postgres, dataDir, postmaster: await postmasterOf(postgres), ask, profile }
}

async function postmasterOf(postgres: Postgres): Promise<number> {
  const client = new pg.Client({ connectionString: postgres.adminUrl() })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>(
      `select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::integer as pid`,
    )
    return rows[0]?.pid ?? NaN
  } finally {
    await client.end()
  }
}

const signedIn = z.object({ AuthenticationResult: z.object({ AccessToken: z.string() }) })

async function signIn(port: number, email: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' },
    body: JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: WEB_CLIENT_ID,
      AuthParameters: { USERNAME: email, PASSWORD: DEMO_PASSWORD },
    }),
  })
  return signedIn.parse(await response.json()).AuthenticationResult.AccessToken
}

const answer = z.object({ data: z.record(z.string(), z.unknown()).nullish(), errors: z.unknown().optional() })

async function askAs(gateway: string, token: string, query: string, variables: object) {
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = answer.parse(await response.json())
  if (!data || errors) throw new Error(`the gateway answered ${JSON.stringify(errors)}`)
  return data
}
