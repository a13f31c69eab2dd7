import { hash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigurationError } from '@tikitu/runtime/config'
import { Fault } from '@tikitu/runtime/fault'
import { GraphQLError, Kind, parse, validate, type GraphQLSchema } from 'graphql'
import { z } from 'zod'
import type { OperationCheck } from './documents.ts'

/** Which documents are known beforehand. */
export interface TrustedDocumentSettings {
  /** A JSON file of texts by id, as Relay and the client preset of GraphQL Code Generator write it, or a folder of such files. */
  readonly path: string | undefined
  /** Nothing else is executed. */
  readonly only: boolean
}

/** Documents that our own clients were built with. */
export interface TrustedDocuments {
  /** The text of `sha256:<hex>`, or the fault NOT_FOUND. */
  textOf(documentId: string): string
  /** Throws FORBIDDEN when only trusted documents are executed and this text is none of them. */
  refuseUntrusted(text: string): void
}

/** Where there are none. */
export const NO_TRUSTED_DOCUMENTS: TrustedDocuments = trustedDocuments(new Map(), false)

/**
 * Reads the trusted documents, or throws a `ConfigurationError` that names each one whose id is not the SHA-256 of its
 * text, that the schema does not allow or that is beyond the limits: it would fail at whoever uses that client.
 */
export async function readTrustedDocuments(
  { path, only }: TrustedDocumentSettings,
  schema: GraphQLSchema,
  check: OperationCheck,
): Promise<TrustedDocuments> {
  if (path === undefined) {
    if (only) throw wrong('is missing: with TRUSTED_DOCUMENTS_ONLY nothing would be executed')
    return NO_TRUSTED_DOCUMENTS
  }
  const texts = new Map<string, string>()
  const problems: string[] = []
  for (const file of await filesAt(path)) {
    const read = await readTexts(file)
    if (!read) problems.push(`${file}: expected a JSON object of texts by id`)
    for (const [id, text] of Object.entries(read ?? {})) {
      texts.set(hexOf(id), text)
      problems.push(...problemsWith(id, text, schema, check).map((problem) => `${file}: ${id}: ${problem}`))
    }
  }
  if (problems.length > 0) throw wrong(...problems)
  return trustedDocuments(texts, only)
}

const wrong = (...expected: string[]) =>
  new ConfigurationError(expected.map((each) => ({ variable: 'TRUSTED_DOCUMENTS', expected: each })))

async function filesAt(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = await readdir(path)
    return names.filter((name) => name.endsWith('.json')).map((name) => join(path, name))
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw wrong('expected a file or folder that is there')
  }
}

async function readTexts(file: string): Promise<Record<string, string> | undefined> {
  try {
    return z.record(z.string(), z.string()).safeParse(JSON.parse(await readFile(file, 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function problemsWith(id: string, text: string, schema: GraphQLSchema, check: OperationCheck): string[] {
  if (hexOf(id) !== hash('sha256', text, 'hex')) return ['its id is not the SHA-256 of its text']
  try {
    const document = parse(text)
    const invalid = validate(schema, document).map(({ message }) => message)
    if (invalid.length > 0) return invalid
    for (const definition of document.definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) check(text, definition.name?.value)
    }
    return []
  } catch (error) {
    if (error instanceof GraphQLError || error instanceof Fault) return [error.message]
    throw error
  }
}

const PREFIX = 'sha256:'

const hexOf = (id: string) => (id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id).toLowerCase()

function trustedDocuments(texts: ReadonlyMap<string, string>, only: boolean): TrustedDocuments {
  const trusted = new Set(texts.values())
  return {
    textOf: (documentId) => {
      const text = texts.get(hexOf(documentId))
      if (text === undefined) throw new Fault('NOT_FOUND', 'There is no trusted document with this documentId.')
      return text
    },
    refuseUntrusted: (text) => {
      if (only && !trusted.has(text))
        throw new Fault('FORBIDDEN', 'Only trusted documents are executed: send the documentId of one.')
    },
  }
}
