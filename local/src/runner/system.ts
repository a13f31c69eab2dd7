import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import { waitUntil } from '../wait.ts'
import { runToEnd, startProcess, type ProcessSpec } from './child-process.ts'
import { embeddedServices, startEmbeddedDatabases, type Databases } from './database.ts'
import { keepRunning } from './keep-running.ts'
import { openOutput, type Output } from './output.ts'
import type { SystemPlan } from './plan.ts'
import { assertPortsFree } from './preflight.ts'
import { lockDataDir } from './lock.ts'
import type { Terminal } from './terminal.ts'

/** How long everything behind the gateway may take to be ready once all processes are, in milliseconds. */
const SYSTEM_READY_TIMEOUT_MS = 60_000

/** How often the demo data is tried before the start has failed. */
const SEED_ATTEMPTS_MAX = 3

/** What a system is run with. */
export interface RunOptions {
  settings: Settings
  /** The processes; they are made when the data directory is ours. */
  plan: () => Promise<SystemPlan>
  terminal: Terminal
  /** True shows every line of every process. */
  verbose: boolean
  /** False leaves the databases empty. */
  demoData: boolean
  /** Aborted when the system is to stop; the reason is told. */
  signal: AbortSignal
  /** Called once, when everything can be used. */
  ready: (embeddedPort: number | undefined) => void
}

/**
 * Runs a system from start to stop. Resolves when it was asked to stop and everything is gone; throws when it could not
 * be started or not be kept running, and then, too, everything is gone.
 */
export async function runSystem(options: RunOptions): Promise<void> {
  const { settings, terminal, signal } = options
  makeDataDir(settings.dataDir)
  const lock = await lockDataDir(settings.dataDir, settings.portBase)
  const parts = new Parts(options)
  try {
    await assertPortsFree(settings, lock)
    await Promise.race([startAll(parts, options), parts.over])
    await parts.over
  } finally {
    lock.markStopping()
    if (signal.aborted) terminal.say(`Stopping: ${String(signal.reason)}.`)
    await parts.stop()
    lock.release()
  }
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(`DATA_DIR: ${dataDir} cannot be written: ${(error as Error).message}`, { cause: error })
  }
}

async function startAll(parts: Parts, options: RunOptions): Promise<void> {
  const { settings, terminal } = options
  const plan = await options.plan()
  const [embedded] = await parts.together(
    parts.startDatabases(),
    ...plan.helpers.map((spec) => parts.start(spec, 'helper')),
  )
  const databases = { ...settings.externalDatabases, ...embedded?.databases } as Databases
  await parts.together(
    parts.start(plan.gateway, 'gateway'),
    ...plan.services(databases).map((spec) => parts.start(spec, 'service')),
  )
  await answers(plan.readyUrl, parts.signal)

  if (options.demoData) await bringDemoData(plan.seed(), parts, terminal)
  parts.signal.throwIfAborted()
  options.ready(embedded?.port)
}

/** What is there already stays, so after a failure, of a service that had to come back for instance, it goes on. */
async function bringDemoData(seed: ProcessSpec | undefined, parts: Parts, terminal: Terminal): Promise<void> {
  if (!seed) {
    terminal.step('no demo data: there is no scripts/seed.ts')
    return
  }
  const output = parts.output(seed.name, { verbose: true })
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runToEnd(seed, output, parts.signal)
      terminal.step('demo data')
      return
    } catch (error) {
      if (attempt === SEED_ATTEMPTS_MAX || parts.signal.aborted) throw error
      terminal.step(`demo data: attempt ${attempt} of ${SEED_ATTEMPTS_MAX} failed; trying again`)
    }
  }
}

/** What stops first; those of one kind stop together. */
const STOP_ORDER = ['gateway', 'service', 'helper', 'database'] as const
type Kind = (typeof STOP_ORDER)[number]

/** Everything that was started, so that it can be stopped in order. */
class Parts {
  /** Resolves when the system is asked to stop; rejects when a part of it cannot be kept running. */
  readonly over: Promise<void>
  /** Aborted when nothing is to be started any more. */
  readonly signal: AbortSignal
  readonly #options: RunOptions
  readonly #noMore = new AbortController()
  readonly #stops: { kind: Kind; stop: () => Promise<void> }[] = []
  readonly #outputs: Output[] = []
  readonly #starts: Promise<unknown>[] = []
  readonly #fail: (error: Error) => void

  constructor(options: RunOptions) {
    this.#options = options
    this.signal = AbortSignal.any([options.signal, this.#noMore.signal])
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.over = promise
    this.#fail = reject
    options.signal.addEventListener('abort', () => resolve())
    if (options.signal.aborted) resolve()
  }

  /** Starts the embedded server; undefined when all databases are elsewhere. */
  async startDatabases() {
    const { settings, terminal } = this.#options
    if (embeddedServices(settings).length === 0) return undefined
    const embedded = await startEmbeddedDatabases(settings, this.#keeping('postgres'))
    this.#stops.push({ kind: 'database', stop: () => embedded.stop() })
    terminal.step(`postgres: PostgreSQL 18 on 127.0.0.1:${embedded.port}`)
    return embedded
  }

  /** Starts a process and keeps it running. */
  async start(spec: ProcessSpec, kind: Kind): Promise<void> {
    const keeping = this.#keeping(spec.name)
    const kept = await keepRunning({
      ...keeping,
      name: spec.name,
      start: (signal) => startProcess(spec, keeping.output, signal),
    })
    this.#stops.push({ kind, stop: () => kept.stop() })
    this.#options.terminal.step(spec.name)
  }

  /** Waits for all; at the first that fails nothing more is started. */
  async together<T extends Promise<unknown>[]>(...starts: T) {
    this.#starts.push(...starts)
    try {
      return await Promise.all(starts)
    } catch (error) {
      this.#noMore.abort()
      throw error
    }
  }

  /** Opens the log of a process. */
  output(name: string, { verbose = this.#options.verbose } = {}): Output {
    const { settings, terminal } = this.#options
    const output = openOutput(name, { directory: join(settings.dataDir, 'logs'), terminal, verbose })
    this.#outputs.push(output)
    return output
  }

  /** Stops everything, also what is still starting. */
  async stop(): Promise<void> {
    this.#noMore.abort()
    await Promise.allSettled(this.#starts)
    for (const kind of STOP_ORDER) {
      await Promise.all(this.#stops.filter((part) => part.kind === kind).map((part) => part.stop()))
    }
    await Promise.all(this.#outputs.map((output) => output.close()))
  }

  #keeping(name: string) {
    return { output: this.output(name), failed: this.#fail, signal: this.signal }
  }
}

/** Waits until the address answers 200. */
async function answers(url: string, signal: AbortSignal): Promise<void> {
  let last = 'nothing'
  const ask = async () => {
    signal.throwIfAborted()
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
      last = `${response.status} ${await response.text()}`
      return response.status === 200
    } catch (error) {
      last = String((error as Error).cause ?? error)
      return false
    }
  }
  try {
    await waitUntil(ask, { what: 'ready', timeoutMs: SYSTEM_READY_TIMEOUT_MS, everyMs: 50 })
  } catch (error) {
    if (signal.aborted) throw error
    throw new Error(`${url} does not answer 200. Its last answer: ${last}`, { cause: error })
  }
}
