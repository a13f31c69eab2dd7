import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { assertPortFree, freePort } from '../ports.ts'
import { processAlive } from '../process-alive.ts'
import { waitUntil } from '../wait.ts'
import { nativeDirectory } from './binaries.ts'
import { initialise, serverEnvironment } from './initdb.ts'
import { loadPasswords } from './passwords.ts'
import { livePostmaster } from './pid-file.ts'
import { provision, RELAY_ROLE, type DatabaseSpec } from './provision.ts'
import { chooseUnprivileged, type Unprivileged } from './unprivileged.ts'

export type { DatabaseSpec }

/** How long a fast shutdown may take before the server is told to leave at once, in milliseconds. Nothing committed is lost by that. */
const STOP_TIMEOUT_MS = 10_000
/** How long the processes of a killed server may hold its shared memory, in milliseconds. */
const LEFTOVER_TIMEOUT_MS = 10_000

/** How long a server that is up may take to let us in, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000
/** A connection to a server that is gone, going or coming: broken off, or refused with "cannot connect now" and its kin (SQLSTATE class 57P). */
const SERVER_IN_BETWEEN = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03'])

/** What the embedded server should be. */
export interface PostgresOptions {
  /** The server's own directory, made if missing: data and passwords lie below it. */
  dataDir: string
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: number
  /** False trades safety against power failure for speed; for tests only. */
  durable: boolean
  /** Databases to have, each with the role that owns it. May be empty: `adminUrl()` can create what a test needs. */
  databases: readonly DatabaseSpec[]
  maxConnections?: number
  /** Gets every line the server writes to its log. */
  log?: (line: string) => void
  /** False behaves as on a machine where root may not make user namespaces. */
  userNamespaces?: boolean
}

/** A running server. */
export interface Postgres {
  port: number
  /** True if the server was running already, left by a process that was killed. */
  adopted: boolean
  /** URL of the superuser, who may do everything. */
  adminUrl(database?: string): string
  /** URL of the owner of one of the databases asked for. */
  url(database: string): string
  /** URL of the role that carries events into this database. */
  relayUrl(database: string): string
  /** Resolves with the reason when the server ends without `stop()`. Never resolves for an adopted one. */
  ended: Promise<string>
  /** Ends all sessions and stops the server; resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL 18 on 127.0.0.1 as root or not, makes its data directory the first time, and sees that the
 * databases, roles and extensions exist. A live server of the same directory is taken over, at the port it has.
 *
 * On Linux the server stops by itself as soon as the *thread* that called this is gone, so call it from a main thread.
 * Throws `PortTaken` if something else listens on the port.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const unprivileged = chooseUnprivileged({
    native: nativeDirectory(),
    home: resolve(options.dataDir),
    userNamespaces: options.userNamespaces ?? true,
  })
  const dataDirectory = join(unprivileged.home, 'pgdata')
  const dataExists = existsSync(dataDirectory)
  const owners = options.databases.map(({ owner }) => owner)
  const passwords = await loadPasswords(join(unprivileged.home, 'passwords.json'), {
    roles: owners.length > 0 ? [...owners, RELAY_ROLE] : [],
    dataExists,
  })

  const server = await adoptOrLaunch(options, {
    unprivileged,
    dataDirectory,
    dataExists,
    password: passwords.superuser,
  })
  const adminUrl = (database?: string) => superuserUrl({ port: server.port, password: passwords.superuser, database })
  const roleUrl = (role: string, database: string) =>
    urlOf({ role, password: passwords.roles[role] ?? '', port: server.port, database })
  try {
    await provision({ adminUrl, databases: options.databases, passwords: passwords.roles })
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    ...server,
    adminUrl,
    url: (database) => {
      const spec = options.databases.find(({ name }) => name === database)
      if (!spec) throw new Error(`This server was started without a database ${database}.`)
      return roleUrl(spec.owner, database)
    },
    relayUrl: (database) => roleUrl(RELAY_ROLE, database),
  }
}

interface Address {
  port: number
  password: string
  database?: string | undefined
}

const superuserUrl = (address: Address) => urlOf({ role: 'postgres', ...address })

function urlOf({ role, password, port, database = 'postgres' }: Address & { role: string }): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${database}`
}

type Server = Pick<Postgres, 'port' | 'adopted' | 'ended' | 'stop'>
interface Place {
  unprivileged: Unprivileged
  dataDirectory: string
  dataExists: boolean
  password: string
}

async function adoptOrLaunch(options: PostgresOptions, place: Place): Promise<Server> {
  const { unprivileged, dataDirectory, dataExists, password } = place
  const live = dataExists ? await livePostmaster(dataDirectory, (port) => answersAt({ port, password })) : undefined
  if (live) {
    return { port: live.port, adopted: true, ended: new Promise(() => {}), stop: () => stopStranger(live.pid) }
  }
  const durable = options.durable
  if (dataExists) unprivileged.handOver(dataDirectory)
  else await initialise(dataDirectory, { unprivileged, password, durable })

  const port = options.port === 0 ? await freePort() : options.port
  await assertPortFree(port, 'embedded PostgreSQL')
  const child = await launchAfterLeftovers(() => launch(options, { unprivileged, dataDirectory, port }))
  let stopping = false
  const exited = new Promise<string>((gone) => {
    child.once('exit', (code, signal) => gone(`PostgreSQL ended with ${signal ?? `code ${code}`}`))
  })
  return {
    port,
    adopted: false,
    ended: exited.then((reason) => (stopping ? new Promise<never>(() => {}) : reason)),
    stop: async () => {
      stopping = true
      await stopChild(child)
    },
  }
}

/** False if the connection breaks off, or if the server says that it is starting or stopping. Other refusals are thrown. */
async function answersAt({ port, password }: { port: number; password: string }): Promise<boolean> {
  const client = new Client({
    connectionString: superuserUrl({ port, password }),
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
  })
  // The end of a server reaches an open connection whenever it likes.
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (SERVER_IN_BETWEEN.has(code ?? '') || /terminated unexpectedly|timeout expired/i.test(message)) return false
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}

/** The processes of a server that was killed hold its shared memory for a moment longer, and PostgreSQL waits for nobody. */
async function launchAfterLeftovers(attempt: () => Promise<ChildProcess>): Promise<ChildProcess> {
  const deadline = performance.now() + LEFTOVER_TIMEOUT_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const leftover = /pre-existing shared memory block/.test((error as Error).message)
      if (!leftover || performance.now() > deadline) throw error
      await delay(100)
    }
  }
}

function launch(
  { durable, maxConnections = 200, log = () => {} }: PostgresOptions,
  { unprivileged, dataDirectory, port }: { unprivileged: Unprivileged; dataDirectory: string; port: number },
): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: maxConnections,
    shared_preload_libraries: 'pg_stat_statements',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const { file, args, options } = unprivileged.command('postgres', [
    '-D',
    dataDirectory,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  return new Promise((ready, reject) => {
    // Detached, because a terminal's Ctrl-C must reach the services first and the database last.
    const child = spawn(file, args, {
      ...options,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: serverEnvironment(),
    })
    const lastLines: string[] = []
    const refused = (code: number | null, signal: string | null) => {
      reject(new Error(`PostgreSQL did not start (${signal ?? `code ${code}`}):\n${lastLines.join('\n')}`))
    }
    child.once('error', reject)
    child.once('close', refused)
    createInterface({ input: child.stderr }).on('line', (line) => {
      log(line)
      lastLines.push(line)
      if (lastLines.length > 20) lastLines.shift()
      if (!line.includes('database system is ready to accept connections')) return
      child.off('close', refused)
      ready(child)
    })
  })
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolveGone) => {
    child.once('exit', resolveGone)
  })
  child.kill('SIGINT')
  const patience = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS)
  await gone
  clearTimeout(patience)
}

async function stopStranger(pid: number): Promise<void> {
  if (!processAlive(pid)) return
  process.kill(pid, 'SIGINT')
  await waitUntil(() => !processAlive(pid), { what: `PostgreSQL ${pid} does not stop`, timeoutMs: STOP_TIMEOUT_MS })
}
