import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readFileIfPresent } from '../files.ts'
import { freePortBase } from '../ports.ts'
import { REPOSITORY } from '../settings.ts'

/** How long a system may take to be ready before waiting for it is given up, in seconds. */
const READY_SECONDS_MAX = 120

/** A whole system of our own, beside any other. */
export interface SpawnedSystem {
  /** Process id of the runner; the others are its children. */
  pid: number
  portBase: number
  /** `http://127.0.0.1:<port>` */
  gateway: string
  /** From the command to the block that says it is ready. */
  secondsToReady: number
  /** The process ids of its children by name: `gateway`, `booking`, `postgres` and so on. */
  children(): Map<string, number>
  /** Stops it as Ctrl-C would. */
  stop(): Promise<void>
}

/** Starts the system that `pnpm start` starts, on ports of its own unless they are given. Throws with what it said if it does not get ready. */
export async function startSystem(
  dataDir: string,
  { portBase: wanted, env = {} }: { portBase?: number; env?: Record<string, string> } = {},
): Promise<SpawnedSystem> {
  const portBase = wanted ?? (await freePortBase())
  const startedAt = performance.now()
  const runner = spawn(process.execPath, [join(REPOSITORY, 'scripts/start.ts')], {
    env: { ...process.env, ...env, PORT_BASE: String(portBase), DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    await saysReady(runner)
  } catch (error) {
    await stop(runner)
    throw error
  }
  const secondsToReady = (performance.now() - startedAt) / 1000
  const gateway = `http://127.0.0.1:${portBase}`
  const pid = runner.pid ?? 0
  return { pid, portBase, gateway, secondsToReady, children: () => childrenOf(pid), stop: () => stop(runner) }
}

function childrenOf(runner: number): Map<string, number> {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' })
  const lines = stdout.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [])
  return new Map(
    lines.flatMap(([, pid, parent, command = '']) => {
      if (Number(parent) !== runner) return []
      const name = /\/bin\/postgres\b/.test(command) ? 'postgres' : /([^/]+)\/(?:src\/)?main\.ts/.exec(command)?.[1]
      return name ? [[name, Number(pid)] as const] : []
    }),
  )
}

/**
 * Every process of the system in this data directory but the caller's own, orphans included: they have the directory
 * among their arguments or settings. Empty where there is no /proc.
 */
export function processesOf(dataDir: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ['cmdline', 'environ'].some((file) => readProc(`/proc/${pid}/${file}`).includes(dataDir)))
    .map(Number)
}

function readProc(path: string): string {
  try {
    return readFileIfPresent(path) ?? ''
  } catch (error) {
    // It ended meanwhile, or is another user's and so none of ours.
    if (['ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
}

function saysReady(runner: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => fail(`was not ready within ${READY_SECONDS_MAX} s`), READY_SECONDS_MAX * 1000)
    const fail = (what: string) => {
      clearTimeout(timer)
      reject(new Error(`The system ${what}:\n${said}`))
    }
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      if (!said.includes('Tikitu is ready')) return
      clearTimeout(timer)
      resolve()
    }
    runner.stdout?.on('data', hear)
    runner.stderr?.on('data', hear)
    runner.once('exit', () => fail('ended'))
    runner.once('error', (error) => fail(`could not be started (${error.message})`))
  })
}

async function stop(runner: ChildProcess): Promise<void> {
  if (runner.exitCode !== null || runner.signalCode !== null) return
  runner.kill('SIGTERM')
  await once(runner, 'exit')
}
