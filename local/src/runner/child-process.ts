import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { REPOSITORY } from '../settings.ts'
import { ProcessFailed, type Running } from './keep-running.ts'
import type { Output } from './output.ts'

/** How long a process may take until it says that it is ready, in milliseconds. */
const READY_TIMEOUT_MS = 60_000
/** How long a process may take to stop before it is killed, in milliseconds: longer than it gives itself. */
const STOP_TIMEOUT_MS = 12_000

/** Loaded before the process's own module. */
const PRELOADED = [join(import.meta.dirname, 'leash.ts'), join(REPOSITORY, 'runtime/src/quick-drizzle.ts')]

/** A process to run. */
export interface ProcessSpec {
  /** Short; names its log file and stands before its lines. */
  name: string
  /** The module it runs, absolute. */
  entry: string
  /** What it is told beyond the environment that every process has. */
  env: Readonly<Record<string, string>>
}

/**
 * Starts a process and resolves when it says `{ type: 'ready' }`. Throws `ProcessFailed` if it ends first, or says
 * nothing for a minute, or the signal is aborted; the process is gone then.
 */
export async function startProcess(spec: ProcessSpec, output: Output, signal: AbortSignal): Promise<Running> {
  const child = forkChild(spec, output)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, killedBy) => resolve(describeEnd(spec, code, killedBy)))
  })
  const stop = () => stopChild(child, ended)
  try {
    await ready(child, spec, output, signal)
  } catch (error) {
    await stop()
    throw error
  }
  return { ended, stop }
}

/** Runs a process to its end. Throws `ProcessFailed` if that is not a good one. */
export async function runToEnd(spec: ProcessSpec, output: Output, signal: AbortSignal): Promise<void> {
  const child = forkChild(spec, output)
  const abort = () => child.kill('SIGTERM')
  signal.addEventListener('abort', abort)
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve()
      else reject(new ProcessFailed(`${describeEnd(spec, code, killedBy)}.`, output))
    })
  }).finally(() => signal.removeEventListener('abort', abort))
}

function forkChild({ entry, env }: ProcessSpec, output: Output): ChildProcess {
  const child = fork(entry, [], {
    cwd: REPOSITORY,
    env: { ...inherited(), ...env },
    execArgv: PRELOADED.flatMap((path) => ['--import', pathToFileURL(path).href]),
    silent: true,
    // A terminal's Ctrl-C must reach the runner alone, which stops the rest in order.
    detached: true,
  })
  output.follow(child)
  return child
}

/** Set by the runner for whom it concerns, so never passed on: one service has no business with another's database. */
const RUNNERS_OWN =
  /^(DATABASE_URL|RELAY_URL|PORT|COGNITO|STRIPE|SANDBOX)_|^(SMTP_URL|IDENTITY_SECRET|TICKET_KEY_SECRET|NODE_COMPILE_CACHE)$/

/** Everything else of our own environment: the machine's, and the settings that a service reads by itself. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !RUNNERS_OWN.test(name)))
}

function ready(child: ChildProcess, spec: ProcessSpec, output: Output, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (failure?: string) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
      child.off('message', heard).off('close', ended).off('error', refused)
      if (failure === undefined) resolve()
      else reject(new ProcessFailed(failure, output))
    }
    const heard = (message: unknown) => {
      if ((message as { type?: unknown } | null)?.type === 'ready') settle()
    }
    // 'close' comes after the last line was read, which says why.
    const ended = (code: number | null, killedBy: NodeJS.Signals | null) => {
      settle(`${describeEnd(spec, code, killedBy)} before it was ready.`)
    }
    const refused = (error: Error) => settle(`${spec.name} could not be started: ${error.message}`)
    const aborted = () => settle(`${spec.name} was stopped before it was ready.`)
    const timer = setTimeout(() => {
      settle(`${spec.name} was not ready within ${READY_TIMEOUT_MS / 1000} s.`)
    }, READY_TIMEOUT_MS)
    child.on('message', heard).once('close', ended).once('error', refused)
    signal.addEventListener('abort', aborted)
    if (signal.aborted) aborted()
  })
}

function describeEnd({ name }: ProcessSpec, code: number | null, killedBy: NodeJS.Signals | null): string {
  return `${name} ended with ${killedBy ?? `code ${code}`}`
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  // A process that never came to be has no id and no end.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(patience)
}
