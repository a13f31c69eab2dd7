import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readFileIfPresent } from '../files.ts'
import { freePortBase } from '../ports.ts'
import { processAlive } from '../process-alive.ts'
import { startPostgres } from '../postgres/server.ts'
import { waitUntil } from '../wait.ts'
import { processesOf } from './spawn-system.ts'

const START = join(import.meta.dirname, '../../test/fake-system/start.ts')
const PNPM = join(import.meta.dirname, '../../test/fake-system/pnpm.mjs')
const services = ['admin', 'partner', 'payment', 'notification', 'booking', 'user']
const isLinux = process.platform === 'linux'

/** The data of a system that was started once and stopped: copying it is faster than making it for every test. */
const template = mkdtempSync(join(tmpdir(), 'tikitu-system-template-'))
let portBase: number
let dataDir: string
let cleanUp: (() => unknown)[]

// Every one of these starts a dozen processes.
vi.setConfig({ testTimeout: 60_000 })

beforeAll(async () => {
  await begin(template)
  await stop(await start())
}, 60_000)
afterAll(() => rmSync(template, { recursive: true, force: true }))

/** Ports and directory of the next system. */
async function begin(directory: string): Promise<void> {
  portBase = await freePortBase()
  dataDir = directory
  cleanUp = []
}

async function beginEmpty(): Promise<void> {
  await begin(mkdtempSync(join(tmpdir(), 'tikitu-system-test-')))
  cleanUp.push(() => rmSync(dataDir, { recursive: true, force: true }), nothingLeft)
}

async function beginWithCopy(): Promise<void> {
  await beginEmpty()
  cpSync(template, dataDir, { recursive: true })
  chmodSync(join(dataDir, 'postgres/pgdata'), 0o700)
}

async function end(): Promise<void> {
  for (const step of cleanUp.toReversed()) await step()
}

interface System {
  runner: ChildProcess
  /** Everything it printed so far, both streams. */
  printed(): string
}

/** Starts a system; does not wait for anything. */
function launch(env: Record<string, string> = {}, command: string[] = [START]): System {
  const runner = spawn(process.execPath, command, {
    env: { PATH: process.env['PATH'], PORT_BASE: String(portBase), DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [runner.stdout, runner.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  }
  cleanUp.push(() => {
    runner.kill('SIGKILL')
    // With pnpm in between, that was pnpm, and the runner may have failed to notice.
    const lock = readFileIfPresent(join(dataDir, 'runner.lock'))
    const holder = lock === undefined ? undefined : (JSON.parse(lock) as { pid: number }).pid
    if (holder !== undefined && processAlive(holder)) process.kill(holder, 'SIGKILL')
  })
  return { runner, printed: () => printed }
}

const saysReady = (system: System, times = 1) =>
  waitUntil(
    () => {
      if (system.runner.exitCode !== null) throw new Error(`The system ended:\n${system.printed()}`)
      return system.printed().split('Tikitu is ready').length > times
    },
    { what: 'the system is ready', timeoutMs: 30_000 },
  )

async function start(env?: Record<string, string>, command?: string[]): Promise<System> {
  const system = launch(env, command)
  await saysReady(system)
  return system
}

async function stop({ runner }: System): Promise<number | null> {
  runner.kill('SIGTERM')
  return exitCode(runner)
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

const processes = () => processesOf(dataDir)

const nothingLeft = () =>
  waitUntil(() => processes().length === 0, { what: 'all processes are gone', timeoutMs: 15_000 })

const urlOf = (service: number) => `http://127.0.0.1:${portBase + service}`
const settingsOf = async (service: number) => (await (await fetch(urlOf(service))).json()) as Record<string, string>

/** How often the demo data was brought, asked with the service's own eyes. */
async function timesSeeded(): Promise<number> {
  const client = new Client({ connectionString: (await settingsOf(1))['DATABASE_URL_ADMIN'] ?? '' })
  await client.connect()
  const { rowCount } = await client.query('select from seeded')
  await client.end()
  return rowCount ?? 0
}

describe('a running system', () => {
  let system: System
  beforeAll(async () => {
    await beginWithCopy()
    system = await start({ FAKE_SERVICES: services.join(','), LOG_LEVEL: 'debug', QUERY_DEPTH_MAX: '7' })
  }, 60_000)
  afterAll(end)

  it('says where everything is, shows warnings, and keeps the rest in files', () => {
    const printed = system.printed()

    expect(printed).toContain(`http://localhost:${portBase}/graphiql`)
    expect(printed).toContain('pnpm run token buyer')
    expect(printed).toContain(dataDir)
    expect(printed).toContain('booking      warn: booking warns')
    expect(printed).not.toContain('booking is up')
    expect(readFileSync(join(dataDir, 'logs/booking.log'), 'utf8')).toContain('"msg":"booking is up"')
  })

  it('gives each process the settings it needs, and no database but its own', async () => {
    const booking = await settingsOf(5)

    expect(booking).toMatchObject({
      PORT_BASE: String(portBase),
      LOG_LEVEL: 'debug',
      QUERY_DEPTH_MAX: '7',
      COGNITO_JWKS_ORIGIN: `http://127.0.0.1:${portBase + 11}`,
      DATABASE_URL_BOOKING: expect.stringMatching(/^postgres:\/\/tikitu_booking:.*\/booking_db$/),
      RELAY_URL_PAYMENT: expect.stringMatching(/^postgres:\/\/tikitu_relay:.*\/payment_db$/),
      IDENTITY_SECRET: expect.stringMatching(/^.{32,}$/),
    })
    for (const name of ['DATABASE_URL_PAYMENT', 'COGNITO_ADMIN_SECRET', 'SMTP_URL']) {
      expect(booking).not.toHaveProperty(name)
    }
    expect(await settingsOf(2)).toHaveProperty('COGNITO_ADMIN_SECRET')
    expect(await settingsOf(4)).toHaveProperty('SMTP_URL', `smtp://127.0.0.1:${portBase + 12}`)
    expect(await settingsOf(0)).not.toHaveProperty('RELAY_URL_PAYMENT')
  })

  it('brings a process back that ended', async () => {
    await fetch(`${urlOf(5)}/crash`).catch(() => {})

    await waitUntil(() => system.printed().includes('booking is ready again'), {
      what: 'booking is back',
      timeoutMs: 10_000,
    })
    expect(system.printed()).toContain('booking ended with code 3; starting it again in 0.25 s')
    expect((await fetch(urlOf(5))).status).toBe(200)
  })

  it('brings the database back, with its data', async () => {
    const before = await timesSeeded()
    process.kill(
      Number(readFileSync(join(dataDir, 'postgres/pgdata/postmaster.pid'), 'utf8').split('\n')[0]),
      'SIGKILL',
    )

    await waitUntil(() => system.printed().includes('PostgreSQL is ready again'), {
      what: 'it is back',
      timeoutMs: 20_000,
    })
    expect(await timesSeeded()).toBe(before)
  })
})

describe('a system that ends', () => {
  beforeEach(beginWithCopy)
  afterEach(end)

  it('stops when asked, leaves nothing running, and finds its data again', async () => {
    const first = await start()
    const before = await timesSeeded()
    expect(await stop(first)).toBe(0)
    if (isLinux) expect(processes()).toEqual([])

    await start()
    expect(await timesSeeded()).toBe(before + 1)
  })

  it('passes on what a process says that cannot start, and stops the rest', async () => {
    const system = launch({ FAKE_BOOKING: 'bad setting' })

    expect(await exitCode(system.runner)).toBe(1)
    expect(system.printed()).toContain('booking      FAKE_SETTING: expected something else')
    expect(system.printed()).toContain('booking ended with code 1 before it was ready.')
    expect(system.printed()).not.toContain('is ready,')
    await nothingLeft()
  })

  // It waits for each restart, ten seconds in all: `SOAK=1` asks for it.
  it.runIf(process.env['SOAK'])('stops when a process ends again and again, and says which', async () => {
    const system = launch({ FAKE_BOOKING: 'crash loop' })

    expect(await exitCode(system.runner)).toBe(1)
    expect(system.printed()).toMatch(/booking ended with code 3, for the 6th time in a minute/)
    await nothingLeft()
  })
})

describe('a runner that is gone', () => {
  beforeEach(beginWithCopy)
  afterEach(end)

  it.runIf(isLinux)('leaves no process behind when it is killed, and the next one starts at once', async () => {
    const first = await start()
    const before = await timesSeeded()
    first.runner.kill('SIGKILL')
    await exitCode(first.runner)

    await start()
    expect(await timesSeeded()).toBe(before + 1)
  })

  it.runIf(isLinux)('leaves no process behind when it is killed while they still load', async () => {
    const system = launch({ FAKE_BOOKING: 'slow to load', FAKE_ADMIN: 'stubborn' })
    await waitUntil(() => /s {2}admin\n/.test(system.printed()), { what: 'a part has started', timeoutMs: 15_000 })
    expect(processes().length).toBeGreaterThan(4)
    system.runner.kill('SIGKILL')

    await nothingLeft()
  })

  it('stops when the command that started it is gone, which passes no signal on', async () => {
    const system = await start({}, [PNPM, START])
    system.runner.kill('SIGTERM')

    await waitUntil(() => system.printed().includes('the command that started it is gone'), {
      what: 'the runner notices',
      timeoutMs: 10_000,
    })
    await nothingLeft()
  })
})

describe('a second start', () => {
  beforeEach(beginWithCopy)
  afterEach(end)

  it('is refused while another system runs in the same directory, which goes on', async () => {
    const first = await start()
    portBase = await freePortBase()
    const second = launch()

    expect(await exitCode(second.runner)).toBe(1)
    expect(second.printed()).toMatch(
      new RegExp(`A system is running in ${dataDir} already \\(process ${first.runner.pid}, .*DATA_DIR and PORT_BASE`),
    )
    expect(first.runner.exitCode).toBe(null)
  })
})

describe('the demo data', () => {
  const timesSeededInTemplate = 1
  beforeEach(beginWithCopy)
  afterEach(end)

  it('is tried again when it was interrupted', async () => {
    const system = await start({ FAKE_SEED_FAILURES: String(timesSeededInTemplate + 2) })
    expect(system.printed()).toContain('demo data: attempt 2 of 3 failed; trying again')
    expect(await timesSeeded()).toBe(timesSeededInTemplate + 3)
  })

  it('that cannot be brought ends the start', async () => {
    const system = launch({ FAKE_SEED_FAILURES: String(timesSeededInTemplate + 3) })
    expect(await exitCode(system.runner)).toBe(1)
    expect(system.printed()).toContain('seed ended with code 1.')
    expect(system.printed()).not.toContain('Tikitu is ready')
  })

  it('is left out when asked', async () => {
    const system = await start({}, [START, '--no-demo-data'])
    expect(system.printed()).not.toContain('demo data')
  })
})

describe('a start that cannot be', () => {
  beforeEach(beginEmpty)
  afterEach(end)

  it.each([
    [0, 'gateway'],
    [5, 'booking service'],
    [10, 'embedded PostgreSQL'],
    [11, 'development Cognito issuer'],
    [13, 'mail inbox'],
  ])('names port +%i when it is taken, before anything is started', async (offset, purpose) => {
    const other = createServer().listen(portBase + offset, '127.0.0.1')
    await once(other, 'listening')
    cleanUp.push(() => other.close())
    const system = launch()

    expect(await exitCode(system.runner)).toBe(1)
    expect(system.printed()).toContain(`Port ${portBase + offset} (${purpose}) is taken.`)
    expect(system.printed()).toContain('PORT_BASE')
    expect(existsSync(join(dataDir, 'logs'))).toBe(false)
  })

  it('names a setting that cannot be used', async () => {
    const system = launch({ PORT_BASE: 'many' })

    expect(await exitCode(system.runner)).toBe(1)
    expect(system.printed()).toContain('PORT_BASE: expected a port number')
  })

  it('names a data directory that cannot be written', async () => {
    writeFileSync(join(dataDir, 'file'), '')
    const system = launch({ DATA_DIR: join(dataDir, 'file') })

    expect(await exitCode(system.runner)).toBe(1)
    expect(system.printed()).toMatch(/DATA_DIR: .*file cannot be written/)
  })
})

describe('the real thing instead', () => {
  beforeEach(beginWithCopy)
  afterEach(end)

  it('runs no database server when all databases are elsewhere, and no issuer with a real user pool', async () => {
    const databases = services.map((name) => ({ name: `${name}_db`, owner: `tikitu_${name}` }))
    // The copy has all that a server needs, so that none has to be made.
    const elsewhere = await startPostgres({ dataDir: join(dataDir, 'postgres'), port: 0, durable: false, databases })
    cleanUp.push(() => elsewhere.stop())
    const urls = services.map((name) => [`DATABASE_URL_${name.toUpperCase()}`, elsewhere.url(`${name}_db`)])
    const pool = { COGNITO_USER_POOL_ID: 'eu-west-1_AbCdEfGhI', COGNITO_CLIENT_IDS: 'one,two' }
    const system = await start({ ...Object.fromEntries(urls), ...pool })

    expect(system.printed()).toContain('at DATABASE_URL_*')
    expect(system.printed()).toContain('eu-west-1_AbCdEfGhI')
    expect(await settingsOf(5)).toMatchObject({ ...pool, DATABASE_URL_BOOKING: elsewhere.url('booking_db') })
    expect(await settingsOf(5)).not.toHaveProperty('COGNITO_JWKS_ORIGIN')
    for (const port of [10, 11]) await expect(fetch(urlOf(port))).rejects.toThrow(/fetch failed/)
    expect(await stop(system)).toBe(0)
  })

  it('switches one database alone', async () => {
    const url = 'postgres://tikitu_booking:secret@db.example.com:5432/booking_db'
    await start({ FAKE_SERVICES: 'payment,booking', DATABASE_URL_BOOKING: url }, [START, '--no-demo-data'])

    expect(await settingsOf(5)).toMatchObject({ DATABASE_URL_BOOKING: url, RELAY_URL_BOOKING: url })
    const payment = await settingsOf(3)
    expect(payment['DATABASE_URL_PAYMENT']).toContain(`127.0.0.1:${portBase + 10}/payment_db`)
    expect(payment).not.toHaveProperty('DATABASE_URL_BOOKING')
  })
})
