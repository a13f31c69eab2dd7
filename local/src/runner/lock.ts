import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readFileIfPresent } from '../files.ts'
import { waitUntil } from '../wait.ts'
import { processInfo } from './process-table.ts'

/** How long to wait for a system that is just being stopped, in milliseconds. */
const STOPPING_TIMEOUT_MS = 20_000

const shape = z.object({
  pid: z.number().int(),
  startedAt: z.string(),
  portBase: z.number().int(),
  stopping: z.boolean(),
})
type Holder = z.infer<typeof shape>

/** A running system holds its data directory. */
export interface Lock {
  /** True if the last holder was killed: what it started may need a moment to go. */
  leftBehind: boolean
  /** Tells the next one that it need not wait long. */
  markStopping(): void
  release(): void
}

/** Somebody else runs a system in this data directory. */
class AlreadyRunning extends Error {
  constructor(dataDir: string, { pid, portBase }: Holder) {
    super(
      `A system is running in ${dataDir} already (process ${pid}, gateway on port ${portBase}). ` +
        'Stop it first, or set DATA_DIR and PORT_BASE to run another one beside it.',
    )
    this.name = 'AlreadyRunning'
  }
}

/**
 * Takes the data directory for this process. A holder that is no longer alive is passed over, also when its process id
 * belongs to another program by now. Throws `AlreadyRunning`.
 */
export async function lockDataDir(dataDir: string, portBase: number): Promise<Lock> {
  const path = join(dataDir, 'runner.lock')
  const mine: Holder = {
    pid: process.pid,
    startedAt: processInfo(process.pid)?.startedAt ?? '',
    portBase,
    stopping: false,
  }
  const leftBehind = await waitUntil(() => tryToTake(path, mine, dataDir), {
    what: `The system in ${dataDir} does not stop`,
    timeoutMs: STOPPING_TIMEOUT_MS,
    everyMs: 100,
  })
  return {
    leftBehind: leftBehind === 'left behind',
    markStopping: () => place(path, { ...mine, stopping: true }, renameSync),
    release: () => rmSync(path, { force: true }),
  }
}

function tryToTake(path: string, mine: Holder, dataDir: string): 'fresh' | 'left behind' | undefined {
  const text = readFileIfPresent(path)
  if (text !== undefined) {
    const holder = readHolder(text)
    if (holder && processInfo(holder.pid)?.startedAt === holder.startedAt) {
      if (holder.stopping) return undefined
      throw new AlreadyRunning(dataDir, holder)
    }
    removeStale(path, text)
  }
  try {
    place(path, mine, linkSync)
    return text === undefined ? 'fresh' : 'left behind'
  } catch (error) {
    // Another start was faster; look at it in the next round.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

/** Puts the file there with its whole content at once: `linkSync` only where none is, `renameSync` in any case. */
function place(path: string, holder: Holder, put: (from: string, to: string) => void): void {
  const part = `${path}.${process.pid}`
  writeFileSync(part, JSON.stringify(holder), { mode: 0o600 })
  try {
    put(part, path)
  } finally {
    rmSync(part, { force: true })
  }
}

/** Moves the file aside before looking again, so that of two who find it stale neither removes the other's new one. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, path)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  rmSync(aside, { force: true })
}

/** Undefined for a file that is none of ours, as an interrupted disk leaves them. */
function readHolder(text: string): Holder | undefined {
  try {
    return shape.parse(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined
    throw error
  }
}
