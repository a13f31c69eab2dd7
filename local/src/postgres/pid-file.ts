import { spawnSync } from 'node:child_process'
import { readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readFileIfPresent } from '../files.ts'
import { processAlive } from '../process-alive.ts'
import { waitUntil } from '../wait.ts'

/** How long a server that is starting or stopping may take to decide, in milliseconds: replaying a day's log included. */
const SETTLE_TIMEOUT_MS = 60_000

/** The main process of a running PostgreSQL server, as it wrote itself down in its data directory. */
export interface Postmaster {
  pid: number
  port: number
}

/**
 * The live server of this data directory, or undefined. Waits for one that is still starting or stopping, and for one
 * that says it is ready but does not answer: it was killed, and has yet to notice. A file that names a stranger's
 * process is removed: PostgreSQL would take the stranger for a server and refuse to start.
 */
export async function livePostmaster(
  dataDirectory: string,
  answers: (port: number) => Promise<boolean>,
): Promise<Postmaster | undefined> {
  return (
    await waitUntil(
      async () => {
        const found = readPidFile(dataDirectory)
        if (!found || !processAlive(found.pid)) return { postmaster: undefined }
        if (!runsIn(found.pid, dataDirectory)) {
          rmSync(join(dataDirectory, 'postmaster.pid'), { force: true })
          return { postmaster: undefined }
        }
        if (found.status !== 'ready' || !(await answers(found.port))) return undefined
        return { postmaster: { pid: found.pid, port: found.port } }
      },
      { what: `The PostgreSQL server of ${dataDirectory} neither starts nor stops`, timeoutMs: SETTLE_TIMEOUT_MS },
    )
  ).postmaster
}

/** Line 1 is the pid, 4 the port, 8 the status; see "postmaster.pid" in PostgreSQL's manual. */
function readPidFile(dataDirectory: string): (Postmaster & { status: string }) | undefined {
  const lines = readFileIfPresent(join(dataDirectory, 'postmaster.pid'))?.split('\n')
  const pid = Number(lines?.[0])
  if (!lines || !Number.isInteger(pid) || pid <= 0) return undefined
  return { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim() }
}

/** A server's working directory is its data directory, which no other program's is. */
function runsIn(pid: number, dataDirectory: string): boolean {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes(dataDirectory)
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory)
  } catch (error) {
    // Gone in this moment, or another user's and so not the owner of this directory.
    if (['ENOENT', 'EACCES', 'ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
