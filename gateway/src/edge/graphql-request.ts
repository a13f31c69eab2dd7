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

const shape = z.object({
  query: z.string('must be a GraphQL document as text').nullish(),
  documentId: z.string('must be the id of a trusted document as text').nullish(),
  variables: z.record(z.string(), z.unknown(), 'must be an object').nullish(),
  operationName: z.string('must be text').nullish(),
  extensions: z.record(z.string(), z.unknown(), 'must be an object').nullish(),
})

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
  return read(body, documents)
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

function read(parameters: object, documents: TrustedDocuments): GraphqlRequest {
  const parsed = shape.safeParse(parameters)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw badInput(String(issue?.path[0]), issue?.message ?? 'is not valid')
  }
  const { variables, operationName } = parsed.data
  const query = textIn(parsed.data, documents)
  if (variables && levelsExceed(variables, VARIABLES_LEVELS_MAX))
    throw badInput('variables', `must not have more than ${VARIABLES_LEVELS_MAX} levels of objects and lists`)
  return { query, variables: variables ?? {}, operationName: operationName ?? undefined }
}

function textIn({ query, documentId }: z.infer<typeof shape>, documents: TrustedDocuments): string {
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
