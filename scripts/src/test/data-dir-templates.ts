import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where `filledDataDir` keeps what it copies, for as long as the run lasts. */
    dataDirTemplates: string
  }
}

/** Gives the tests of the whole system a place for what they copy, and removes it after the last of them. */
export default function provideDataDirTemplates(project: TestProject): () => void {
  const templates = mkdtempSync(join(tmpdir(), 'tikitu-e2e-templates-'))
  project.provide('dataDirTemplates', templates)
  return () => rmSync(templates, { recursive: true, force: true })
}
