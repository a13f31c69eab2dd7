import { accessSync, constants, mkdirSync } from 'node:fs'
import type { Settings } from '../settings.ts'
import { waitUntil } from '../wait.ts'
import { runToEnd, type ProcessSpec } from './child-process.ts'
import type { Databases } from './database.ts'
import { lockDataDir } from './lock.ts'
import { Parts } from './parts.ts'
import type { SystemPlan } from './plan.ts'
import { assertPortsFree } from './preflight.ts'
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
  // Nobody needs a helper before the first request.
  const helpers = Promise.all(plan.helpers.map((spec) => parts.start(spec, 'helper')))
  const startServices = async () => {
    const embedded = await parts.startDatabases()
    const databases = { ...settings.externalDatabases, ...embedded?.databases } as Databases
    await Promise.all([
      parts.start(plan.gateway, 'gateway'),
      ...plan.services(databases).map((spec) => parts.start(spec, 'service')),
    ])
    return embedded
  }
  const [embedded] = await Promise.all([startServices(), helpers])
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
