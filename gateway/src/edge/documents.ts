import { Fault } from '@tikitu/runtime/fault'
import { GraphQLError, Kind, parse, type OperationTypeNode } from 'graphql'
import type { QueryLimits } from '../config.ts'
import { LruMap } from '../lru.ts'
import { measureOperation, type Measure } from './measure.ts'

/** An operation that may be executed, as far as its text tells. */
export interface CheckedOperation {
  readonly name: string | undefined
  readonly type: OperationTypeNode
  /** Whether it asks for `__schema` or `__type`. */
  readonly introspects: boolean
}

/**
 * Finds the operation in a document, or throws why there is none to execute: a `GraphQLError`, or the fault
 * BAD_USER_INPUT when the document is too large.
 */
export type OperationCheck = (source: string, operationName: string | undefined) => CheckedOperation

/** Documents whose check is remembered. */
const DOCUMENTS_MAX = 1_000

/**
 * Parses what a client sent before anything else reads it: only text that is a GraphQL document gets through (a
 * document as JSON would go around the limits), and only one within the limits.
 */
export function operationCheck(limits: QueryLimits): OperationCheck {
  const known = new LruMap<string, readonly CheckedOperation[]>(DOCUMENTS_MAX)
  return (source, operationName) => {
    let operations = known.get(source)
    if (!operations) {
      operations = operationsIn(source, limits)
      known.set(source, operations)
    }
    return pick(operations, operationName)
  }
}

function operationsIn(source: string, limits: QueryLimits): CheckedOperation[] {
  if (source.length > limits.charactersMax) throw tooLarge('characters', limits.charactersMax)
  const document = parse(source, { maxTokens: limits.tokensMax })
  return document.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map((operation) => {
      const measure = measureOperation(document, operation)
      refuse(measure, limits)
      return { name: operation.name?.value, type: operation.operation, introspects: measure.introspects }
    })
}

function refuse({ depth, aliases, rootFields, fields, reservedAlias }: Measure, limits: QueryLimits): void {
  if (reservedAlias) throw new Fault('BAD_USER_INPUT', 'An alias must not begin with two underscores.')
  if (depth > limits.depthMax) throw tooLarge('levels of fields', limits.depthMax)
  if (aliases > limits.aliasesMax) throw tooLarge('aliases', limits.aliasesMax)
  if (rootFields > limits.rootFieldsMax) throw tooLarge('fields at the top', limits.rootFieldsMax)
  if (fields > limits.fieldsMax) throw tooLarge('fields', limits.fieldsMax)
}

function tooLarge(what: string, max: number): Fault {
  return new Fault('BAD_USER_INPUT', `The document has too many ${what}: at most ${max} are allowed.`, {
    details: { max },
  })
}

function pick(operations: readonly CheckedOperation[], operationName: string | undefined): CheckedOperation {
  if (operationName === undefined && operations.length > 1) {
    throw new GraphQLError('The document has several operations: say in operationName which one is meant.')
  }
  const operation = operations.find(({ name }) => operationName === undefined || name === operationName)
  if (!operation) throw new GraphQLError('The document has no such operation.')
  return operation
}
