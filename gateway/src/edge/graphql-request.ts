import { badInput } from '@tikitu/runtime/fault'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { RequestRefused } from './errors.ts'
import { NO_TRUSTED_DOCUMENTS, type TrustedDocuments } from './trusted-documents.ts'

/** One operation, as a client asked for it. */
export interface GraphqlRequest {
  /** The document's text. */
  readonly query: string
  readonly variables: Record<string, unknown>
  /** Which operation of the document, when it has several. */
  readonly operationName: string | undefined
}

const TEXT = (value: unknown) => typeof value === 'string'
const OBJECT = (value: unknown) => isObject(value) && !Array.isArray(value)

/** What the parameters must be if they are given and not null. By hand, because a schema took 2 % of a request. */
const PARAMETERS = [
  ['query', TEXT, 'must be a GraphQL document as text'],
  ['documentId', TEXT, 'must be the id of a trusted document as text'],
  ['variables', OBJECT, 'must be an object'],
  ['operationName', TEXT, 'must be text'],
  ['extensions', OBJECT, 'must be an object'],
] as const

/** Parameters that were looked at. */
interface Parameters {
  readonly query?: string | null
  readonly documentId?: string | null
  readonly variables?: Record<string, unknown> | null
  readonly operationName?: string | null
}

/** Objects and lists in each other: whoever writes or copies them calls itself at each, and its stack has an end. */
const VARIABLES_LEVELS_MAX = 200

/**
 * Reads the body of a POST. Throws BAD_USER_INPUT naming the parameter that is wrong, or NOT_FOUND when there is no such
 * trusted document.
 */
export function readPost(
  { body }: Pick<FastifyRequest, 'body'>,
  documents: TrustedDocuments = NO_TRUSTED_DOCUMENTS,
): GraphqlRequest {
  if (Array.isArray(body)) throw badInput('body', 'several operations in one request are not accepted')
  if (typeof body !== 'object' || body === null) throw badInput('body', 'must be a JSON object with a query')
  return read({ ...body }, documents)
}

/**
 * Headers that a page on another site cannot send without asking first. A GET needs one of them, so that a link or an
 * image cannot make a browser ask something in its user's name.
 */
export const CSRF_HEADERS = ['x-tikitu-csrf', 'apollo-require-preflight']

/** Reads the query string of a GET, or throws BAD_USER_INPUT or NOT_FOUND. */
export function readGet(request: FastifyRequest, documents: TrustedDocuments): GraphqlRequest {
  if (!CSRF_HEADERS.some((name) => request.headers[name])) {
    throw new RequestRefused(400, `A GET needs one of the headers ${CSRF_HEADERS.join(', ')}, with any value.`)
  }
  const parameters = z.record(z.string(), z.unknown()).parse(request.query)
  const given = {
    ...parameters,
    variables: readJson('variables', parameters['variables']),
    extensions: readJson('extensions', parameters['extensions']),
  }
  return read(given, documents)
}

function read(parameters: Readonly<Record<string, unknown>>, documents: TrustedDocuments): GraphqlRequest {
  for (const [name, isGood, problem] of PARAMETERS) {
    const value = parameters[name]
    if (value !== undefined && value !== null && !isGood(value)) throw badInput(name, problem)
  }
  const { variables, operationName, ...named }: Parameters = parameters
  const query = textIn(named, documents)
  if (variables && levelsExceed(variables, VARIABLES_LEVELS_MAX))
    throw badInput('variables', `must not have more than ${VARIABLES_LEVELS_MAX} levels of objects and lists`)
  return { query, variables: variables ?? {}, operationName: operationName ?? undefined }
}

function textIn({ query, documentId }: Parameters, documents: TrustedDocuments): string {
  if (documentId == null) {
    if (query == null) throw badInput('query', 'must be a GraphQL document as text')
    return query
  }
  if (query != null) throw badInput('documentId', 'must not be sent together with a query')
  return documents.textOf(documentId)
}

function levelsExceed(value: object, max: number): boolean {
  let level: object[] = [value]
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > max) return true
    level = level.flatMap((node) => Object.values(node).filter(isObject))
  }
  return false
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function readJson(parameter: string, text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return text === '' ? undefined : text
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw badInput(parameter, 'must be JSON')
    throw error
  }
}
