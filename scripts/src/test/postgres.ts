import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startPostgres, type Postgres } from '@tikitu/local/postgres'
import { processAlive } from '@tikitu/local/process-alive'
import { readSettings } from '@tikitu/local/settings'
import { SERVICE_NAMES } from '@tikitu/schema/services'

/** More runs than this at once in one DATA_DIR is a mistake. */
const SERVERS_MAX = 20

/**
 * Starts the PostgreSQL of a test run below `DATA_DIR/test`. It is kept from run to run, which saves making it; a run
 * that finds it in use by another takes, or makes, the next.
 */
export async function startTestPostgres(): Promise<Postgres> {
  return startPostgres({
    dataDir: await claimFreeFolder(join(readSettings(process.env).dataDir, 'test')),
    port: 0,
    durable: false,
    databases: SERVICE_NAMES.map((service) => ({ name: `${service}_db`, owner: `tikitu_${service}` })),
  })
}

async function claimFreeFolder(parent: string): Promise<string> {
  for (let number = 1; number <= SERVERS_MAX; number++) {
    const folder = join(parent, `postgres-${number}`)
    await mkdir(folder, { recursive: true })
    if (await claim(join(folder, 'in-use-by'))) return folder
  }
  throw new Error(`${SERVERS_MAX} test runs use ${parent} already; set DATA_DIR to go elsewhere.`)
}

/** The claim ends with the process: a file that names a process that is gone counts as none. */
async function claim(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const owner = Number(await readFile(file, 'utf8'))
  if (owner !== process.pid && processAlive(owner)) return false
  await writeFile(file, String(process.pid))
  return true
}
