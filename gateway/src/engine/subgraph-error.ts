import { Fault, FAULT_CODES, type FaultCode } from '@tikitu/runtime/fault'
import { GraphQLError } from 'graphql'
import { SubgraphCallFailed } from './resilience/call-failed.ts'

type Path = readonly (string | number)[]

/**
 * An entry of a subgraph's `errors` as an error of ours, at `path` of the client's operation. Code, message and facts
 * stay as the subgraph wrote them for the client; whatever has none of our codes is INTERNAL.
 */
export function subgraphError(entry: unknown, path: Path | undefined): GraphQLError {
  return located(faultFrom(entry), path)
}

/** A call to a subgraph that came to nothing, at `path` of the client's operation. */
export function subgraphUnreachable(cause: unknown, path: Path | undefined): GraphQLError {
  return located(unreachable(cause, false), path)
}

/**
 * What is told of a call that came to nothing, at each place that misses something. Where it went is only logged. Of a
 * mutation it is told whether it was surely not done: `extensions.outcome` is NOT_DONE, or UNKNOWN.
 */
export function unreachable(cause: unknown, isMutation: boolean): Fault {
  const code = codeOf(cause)
  if (!isMutation) return new Fault(code, MESSAGES[code], { cause })
  const outcome = cause instanceof SubgraphCallFailed && !cause.mayHaveArrived ? 'NOT_DONE' : 'UNKNOWN'
  return new Fault(code, MUTATION_MESSAGES[outcome], { cause, details: { outcome } })
}

const MESSAGES = {
  TIMEOUT: 'This part took too long. Please try again.',
  UNAVAILABLE: 'This part is not available right now. Please try again.',
  INTERNAL: 'Something went wrong on our side. Please try again, and tell us the request id if it stays.',
}

const MUTATION_MESSAGES = {
  NOT_DONE: 'This was not done, because that part is not available right now. Please try again.',
  UNKNOWN: 'We do not know whether this was done. Look before you try again, or use the same idempotency key.',
}

function codeOf(cause: unknown): 'TIMEOUT' | 'UNAVAILABLE' | 'INTERNAL' {
  if (cause instanceof SubgraphCallFailed) {
    if (cause.failure === 'TOO_LARGE') return 'INTERNAL'
    return cause.failure === 'TIMEOUT' ? 'TIMEOUT' : 'UNAVAILABLE'
  }
  const name = cause instanceof Error ? cause.name : ''
  return name === 'HeadersTimeoutError' || name === 'BodyTimeoutError' ? 'TIMEOUT' : 'UNAVAILABLE'
}

/** A fault at a place of the client's operation. */
export function located(fault: Fault, path: Path | undefined): GraphQLError {
  return new GraphQLError(fault.message, { originalError: fault, path: path ? [...path] : undefined })
}

function faultFrom(entry: unknown): Fault {
  const { message, path, extensions } = asRecord(entry)
  const { code, requestId: _, ...details } = asRecord(extensions)
  // Without a path the subgraph refused the request itself, and the request is ours.
  const isOurs = !path && !FAULTS_OF_NOBODY.has(code)
  if (typeof message !== 'string' || !isFaultCode(code) || isOurs) {
    return new Fault('INTERNAL', MESSAGES.INTERNAL, {
      cause: new Error(`a subgraph answered ${JSON.stringify(entry)}`),
    })
  }
  return new Fault(code, message, { details })
}

/** Codes that say nothing about the request: a subgraph may give up before it knows which field it was. */
const FAULTS_OF_NOBODY: ReadonlySet<unknown> = new Set<FaultCode>(['UNAVAILABLE', 'TIMEOUT', 'THROTTLED'])

function isFaultCode(code: unknown): code is FaultCode {
  return FAULT_CODES.some((known) => known === code)
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
