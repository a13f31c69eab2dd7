import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSystem } from '@tikitu/local/spawn-system'
import { inject } from 'vitest'
import { until } from '../src/wait.ts'

/** How long another file may take to bring what is copied, in milliseconds. */
const FILLED_MILLISECONDS_MAX = 150_000

/**
 * A data directory of the caller's own with all that a first start brings, and nothing running over it. Bringing it takes
 * longer than most suites do, so that is done once in a run of the tests, and each gets a copy.
 */
export async function filledDataDir(): Promise<string> {
  const templates = inject('dataDirTemplates')
  const template = join(templates, 'filled')
  await until('a filled data directory', () => filled(templates, template), FILLED_MILLISECONDS_MAX)
  const dataDir = mkdtempSync(join(tmpdir(), 'tikitu-e2e-'))
  cpSync(template, dataDir, { recursive: true })
  // PostgreSQL refuses a directory that others may enter, and the copy's mode is the umask's to decide.
  const data = join(dataDir, 'postgres/pgdata')
  if (existsSync(data)) chmodSync(data, 0o700)
  return dataDir
}

/** True once it is there. Whoever comes first fills it; the next who comes tries again if that failed. */
async function filled(templates: string, template: string): Promise<true | undefined> {
  if (existsSync(template)) return true
  const turn = join(templates, 'filling')
  try {
    mkdirSync(turn)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  try {
    const unfinished = mkdtempSync(join(templates, 'unfinished-'))
    await (await startSystem(unfinished)).stop()
    renameSync(unfinished, template)
    return true
  } finally {
    rmSync(turn, { recursive: true })
  }
}
