import { GraphQLError } from 'graphql'
import { Fault, type FaultCode } from '../fault.ts'
import { sqlState } from '../database.ts'
import type { Logger } from '../log.ts'

/** An entry of `errors` as it leaves the system. */
export interface PublicError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly locations?: readonly { readonly line: number; readonly column: number }[]
  readonly extensions: { readonly code: FaultCode; readonly requestId: string; readonly [fact: string]: unknown }
}

/** GraphQL repeats a whole variable in each of fifty messages. Its sense is at both ends: so many characters of each are told. */
const MESSAGE_END_MAX = 500

/** What the client is told when something is broken that it can do nothing about. */
const INTERNAL_MESSAGE = 'Something went wrong on our side. Please try again, and tell us the request id if it stays.'

/**
 * The entries of `errors` for the client. Faults and GraphQL's own errors stay readable; everything else is logged
 * once with its cause and leaves as INTERNAL with the request id.
 */
export function publicErrors(errors: readonly Error[], requestId: string, log: Logger): PublicError[] {
  const logged = new Set<Error>()
  return errors.flatMap(unbundle).map((error) => publicError(error, requestId, log, logged))
}

/** Mercurius bundles validation errors inside one error. */
function unbundle(error: Error): Error[] {
  const original = error instanceof GraphQLError ? error.originalError : error
  const bundle: unknown = original && 'errors' in original ? original.errors : undefined
  return Array.isArray(bundle) ? bundle.filter((one) => one instanceof Error) : [error]
}

/** The HTTP status of an answer without data: 200 when a resolver failed, for GraphQL ran; else that of the first fault. */
export function httpStatus(errors: readonly Error[]): number {
  const [first] = errors.flatMap(unbundle)
  if (first instanceof GraphQLError && first.path) return 200
  const cause = first && rootOf(first)
  return cause ? faultOf(cause).statusCode : 400
}

function publicError(error: Error, requestId: string, log: Logger, logged: Set<Error>): PublicError {
  const place = placeOf(error)
  const cause = rootOf(error)
  if (cause === undefined)
    return { message: shortened(error.message), ...place, extensions: { code: 'BAD_USER_INPUT', requestId } }
  const fault = faultOf(cause)
  // What is missing at a hundred places went wrong once.
  if ((fault.code === 'INTERNAL' || fault.code === 'UNAVAILABLE') && !logged.has(cause)) {
    logged.add(cause)
    log.error({ err: cause, path: place.path }, 'a request failed')
  }
  return { message: shortened(fault.message), ...place, extensions: { ...fault.details, code: fault.code, requestId } }
}

function shortened(message: string): string {
  if (message.length <= 2 * MESSAGE_END_MAX) return message
  return `${message.slice(0, MESSAGE_END_MAX)} … ${message.slice(-MESSAGE_END_MAX)}`
}

function placeOf(error: Error): Pick<PublicError, 'path' | 'locations'> {
  if (!(error instanceof GraphQLError)) return {}
  return { ...(error.path ? { path: error.path } : {}), ...(error.locations ? { locations: error.locations } : {}) }
}

/** What was thrown; undefined when GraphQL itself found the document or a variable wrong. */
function rootOf(error: Error): Error | undefined {
  let current: Error | null | undefined = error
  while (current instanceof GraphQLError) {
    if (!current.originalError) return undefined
    current = current.originalError
  }
  return current ?? undefined
}

/**
 * The fault behind an error of any kind. A database that cannot be reached is UNAVAILABLE, a statement that took too
 * long is TIMEOUT, what Fastify or Mercurius refused before our code ran keeps its sense; the rest is INTERNAL.
 */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (isDatabaseDown(error))
    return new Fault('UNAVAILABLE', 'This is not available right now. Please try again.', { cause: error })
  if (sqlState(error) === '57014')
    return new Fault('TIMEOUT', 'This took too long. Please try again.', { cause: error })
  if (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode >= 400 &&
    error.statusCode < 500
  ) {
    return new Fault(error.statusCode === 429 ? 'THROTTLED' : 'BAD_USER_INPUT', error.message, { cause: error })
  }
  if (error instanceof Error && 'code' in error && error.code === 'MER_ERR_GQL_VALIDATION') {
    return new Fault('BAD_USER_INPUT', error.message, { cause: error })
  }
  return new Fault('INTERNAL', INTERNAL_MESSAGE, { cause: error })
}

const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'])

/** SQLSTATE classes 08 (connection), 53 (resources) and 57P (operator intervention), and their likes in the network. */
function isDatabaseDown(error: unknown): boolean {
  const state = sqlState(error)
  if (state) return /^(08|53|57P)/.test(state)
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && NETWORK_CODES.has(cause.code)) return true
    if (
      cause.message.startsWith('Connection terminated') ||
      cause.message.startsWith('timeout exceeded when trying to connect')
    )
      return true
  }
  return false
}
