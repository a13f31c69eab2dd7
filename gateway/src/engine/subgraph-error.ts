import { Fault, FAULT_CODES, type FaultCode } from '@tikitu/runtime/fault'
import { GraphQLError } from 'graphql'

type Path = readonly (string | number)[]

/**
 * An entry of a subgraph's `errors` as an error of ours, at `path` of the client's operation. Code, message and facts
 * stay as the subgraph wrote them for the client; whatever has none of our codes is INTERNAL.
 */
export function subgraphError(entry: unknown, path: Path | undefined): GraphQLError {
  return located(faultFrom(entry), path)
}

/** A call to a subgraph that came to nothing, at `path` of the client's operation. Where it went is only logged. */
export function subgraphUnreachable(cause: unknown, path: Path | undefined): GraphQLError {
  const fault = isTimeout(cause)
    ? new Fault('TIMEOUT', 'This part took too long. Please try again.', { cause })
    : new Fault('UNAVAILABLE', 'This part is not available right now. Please try again.', { cause })
  return located(fault, path)
}

function located(fault: Fault, path: Path | undefined): GraphQLError {
  return new GraphQLError(fault.message, { originalError: fault, path: path ? [...path] : undefined })
}

function faultFrom(entry: unknown): Fault {
  const { message, path, extensions } = asRecord(entry)
  const { code, requestId: _, ...details } = asRecord(extensions)
  // Without a path the subgraph refused the request itself, and the request is ours.
  const isOurs = !path && !FAULTS_OF_NOBODY.has(code)
  if (typeof message !== 'string' || !isFaultCode(code) || isOurs) {
    return new Fault('INTERNAL', INTERNAL_MESSAGE, { cause: new Error(`a subgraph answered ${JSON.stringify(entry)}`) })
  }
  return new Fault(code, message, { details })
}

/** Codes that say nothing about the request: a subgraph may give up before it knows which field it was. */
const FAULTS_OF_NOBODY: ReadonlySet<unknown> = new Set<FaultCode>(['UNAVAILABLE', 'TIMEOUT', 'THROTTLED'])

const INTERNAL_MESSAGE = 'Something went wrong on our side. Please try again, and tell us the request id if it stays.'

function isFaultCode(code: unknown): code is FaultCode {
  return FAULT_CODES.some((known) => known === code)
}

function isTimeout(cause: unknown): boolean {
  const name = cause instanceof Error ? cause.name : ''
  return name === 'TimeoutError' || name === 'HeadersTimeoutError' || name === 'BodyTimeoutError'
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
