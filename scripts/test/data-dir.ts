import { chmodSync, cpSync, existsSync, mkdtempSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSystem } from '@tikitu/local/spawn-system'
import { inject } from 'vitest'

/**
 * A data directory of the caller's own with all that a first start brings, and nothing running over it. Bringing it takes
 * longer than most suites do, so that is done once in a run of the tests, and each gets a copy.
 */
export async function filledDataDir(): Promise<string> {
  const templates = inject('dataDirTemplates')
  const template = join(templates, 'filled')
  if (!existsSync(template)) {
    const unfinished = mkdtempSync(join(templates, 'unfinished-'))
    await (await startSystem(unfinished)).stop()
    renameSync(unfinished, template)
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'tikitu-e2e-'))
  cpSync(template, dataDir, { recursive: true })
  // PostgreSQL refuses a directory that others may enter, and the copy's mode is the umask's to decide.
  const data = join(dataDir, 'postgres/pgdata')
  if (existsSync(data)) chmodSync(data, 0o700)
  return dataDir
}
