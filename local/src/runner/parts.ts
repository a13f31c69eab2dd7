import { join } from 'node:path'
import { startProcess, type ProcessSpec } from './child-process.ts'
import { embeddedServices, startEmbeddedDatabases } from './database.ts'
import { keepRunning } from './keep-running.ts'
import { openOutput, type Output } from './output.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from './terminal.ts'

/** What stops first; those of one kind stop together. */
const STOP_ORDER = ['gateway', 'service', 'helper', 'database'] as const
/** What a part is, which says when it stops. */
export type Kind = (typeof STOP_ORDER)[number]

/** What the parts of a system have in common. */
interface PartsOptions {
  settings: Settings
  terminal: Terminal
  /** True shows every line of every process. */
  verbose: boolean
  /** Aborted when the system is to stop. */
  signal: AbortSignal
}

/** Everything that was started, so that it can be stopped in order. */
export class Parts {
  /** Resolves when the system is asked to stop; rejects when a part of it cannot be kept running. */
  readonly over: Promise<void>
  /** Aborted when nothing is to be started any more. */
  readonly signal: AbortSignal
  readonly #options: PartsOptions
  readonly #noMore = new AbortController()
  readonly #stops: { kind: Kind; stop: () => Promise<void> }[] = []
  readonly #outputs: Output[] = []
  readonly #starts: Promise<unknown>[] = []
  readonly #fail: (error: Error) => void

  constructor(options: PartsOptions) {
    this.#options = options
    this.signal = AbortSignal.any([options.signal, this.#noMore.signal])
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.over = promise
    this.#fail = reject
    options.signal.addEventListener('abort', () => resolve())
    if (options.signal.aborted) resolve()
  }

  /** Starts the embedded server; undefined when all databases are elsewhere. */
  startDatabases() {
    return this.#starting(this.#startDatabases())
  }

  /** Starts a process and keeps it running. */
  start(spec: ProcessSpec, kind: Kind): Promise<void> {
    return this.#starting(this.#start(spec, kind))
  }

  async #startDatabases() {
    const { settings, terminal } = this.#options
    if (embeddedServices(settings).length === 0) return undefined
    const embedded = await startEmbeddedDatabases(settings, this.#keeping('postgres'))
    this.#stops.push({ kind: 'database', stop: () => embedded.stop() })
    terminal.step(`postgres: PostgreSQL 18 on 127.0.0.1:${embedded.port}`)
    return embedded
  }

  async #start(spec: ProcessSpec, kind: Kind): Promise<void> {
    const keeping = this.#keeping(spec.name)
    const kept = await keepRunning({
      ...keeping,
      name: spec.name,
      start: (signal) => startProcess(spec, keeping.output, signal),
    })
    this.#stops.push({ kind, stop: () => kept.stop() })
    this.#options.terminal.step(spec.name)
  }

  /** Stopping waits for what is starting; after the first failure nothing more is started. */
  #starting<T>(start: Promise<T>): Promise<T> {
    this.#starts.push(start)
    start.catch(() => this.#noMore.abort())
    return start
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
