import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { inRepository, run, tool } from '../repository.ts'
import { resolverTypes } from './resolver-types.ts'
import { architectureWithSaga } from './saga-table.ts'
import { composeSupergraph } from './supergraph.ts'

/** A file that is written by a program and committed: its path from the root, and what it should say. */
export interface GeneratedFile {
  readonly path: string
  readonly text: string
}

/** Everything `pnpm codegen` writes, formatted like the rest. Throws what the composition and the SDL parser throw. */
export async function generateFiles(): Promise<GeneratedFile[]> {
  const files = [
    { path: 'schema/supergraph.graphql', text: composeSupergraph() },
    { path: 'ARCHITECTURE.md', text: architectureWithSaga() },
  ]
  for (const service of SERVICE_NAMES) {
    files.push({ path: `services/${service}/src/generated/graphql.ts`, text: await resolverTypes(service) })
  }
  return Promise.all(files.map(async ({ path, text }) => ({ path, text: await format(path, text) })))
}

/** Those that are not committed as they should be. */
export function staleFiles(files: readonly GeneratedFile[]): GeneratedFile[] {
  return files.filter(
    ({ path, text }) => !existsSync(inRepository(path)) || readFileSync(inRepository(path), 'utf8') !== text,
  )
}

/** Writes them into the checkout. */
export async function writeFiles(files: readonly GeneratedFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(inRepository(path)), { recursive: true })
    await writeFile(inRepository(path), text)
  }
}

/** The text of a file as the formatter wants it, by the path that the file has or will have. */
export async function format(path: string, text: string): Promise<string> {
  const { code, output } = await run(tool('oxfmt'), [`--stdin-filepath=${path}`], { input: text })
  if (code !== 0) throw new Error(`oxfmt cannot format ${path}:\n${output}`)
  return output
}
