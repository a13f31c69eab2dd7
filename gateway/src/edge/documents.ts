import { Fault } from '@tikitu/runtime/fault'
import { GraphQLError, Lexer, parse, Source, TokenKind, type OperationTypeNode } from 'graphql'
import type { QueryLimits } from '../config.ts'
import { LruMap } from '../lru.ts'
import type { CostOf, OperationCost } from './cost.ts'
import { measureDocument, type Measure } from './measure.ts'

/** An operation that may be executed, as far as its text tells. */
export interface CheckedOperation {
  readonly name: string | undefined
  readonly type: OperationTypeNode
  /** Whether its document asks for `__schema` or `__type` anywhere: validation reads all of it. */
  readonly introspects: boolean
  /** What it costs, and whether it goes first when not everything can. */
  readonly cost: OperationCost
}

/**
 * Finds the operation in a document, or throws why there is none to execute: a `GraphQLError`, or the fault
 * BAD_USER_INPUT when the document is too large.
 */
export type OperationCheck = (source: string, operationName: string | undefined) => CheckedOperation

/** Documents whose check is remembered. */
const DOCUMENTS_MAX = 1_000

/** Brackets, braces and parentheses in each other: the parser calls itself at each, and its stack has an end. */
const NESTING_MAX = 200

/**
 * Selections that may come to each field of the limit. Spreads are no fields, yet whoever walks the document takes a
 * step at each; those of a fragment that does not exist lead to no field at all.
 */
const SELECTIONS_PER_FIELD_MAX = 2

/**
 * Parses what a client sent before anything else reads it: only text that is a GraphQL document gets through (a
 * document as JSON would go around the limits), and only one within the limits.
 */
export function operationCheck(limits: QueryLimits, costOf: CostOf): OperationCheck {
  const known = new LruMap<string, readonly CheckedOperation[]>(DOCUMENTS_MAX)
  return (source, operationName) => {
    let operations = known.get(source)
    if (!operations) {
      operations = operationsIn(source, limits, costOf)
      known.set(source, operations)
    }
    return pick(operations, operationName)
  }
}

function operationsIn(source: string, limits: QueryLimits, costOf: CostOf): CheckedOperation[] {
  if (source.length > limits.charactersMax) throw tooLarge('characters', limits.charactersMax)
  refuseTokens(source, limits)
  const document = parse(source, { maxTokens: limits.tokensMax })
  const { operations, fragments } = measureDocument(document)
  if (fragments.length > limits.fragmentsMax) throw tooLarge('fragments', limits.fragmentsMax)
  for (const fragment of fragments) refuseMany(fragment, limits)
  for (const { measure } of operations) refuse(measure, limits)
  const introspects = [...fragments, ...operations.map(({ measure }) => measure)].some((part) => part.introspects)
  return operations.map(({ operation }) => ({
    name: operation.name?.value,
    type: operation.operation,
    introspects,
    cost: costOf(document, operation),
  }))
}

/** The lexer knows what is text or a comment, and unlike the parser it does not call itself. */
function refuseTokens(source: string, { directivesMax }: QueryLimits): void {
  const lexer = new Lexer(new Source(source))
  let nesting = 0
  let directives = 0
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    if (OPENING.has(kind)) nesting += 1
    if (CLOSING.has(kind)) nesting -= 1
    if (nesting > NESTING_MAX) throw tooLarge('brackets in each other', NESTING_MAX)
    if (kind === TokenKind.AT) directives += 1
    if (directives > directivesMax) throw tooLarge('directives', directivesMax)
  }
}

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

function refuse(measure: Measure, limits: QueryLimits): void {
  const { depth, aliases, rootFields, reservedAlias } = measure
  if (reservedAlias) throw new Fault('BAD_USER_INPUT', 'An alias must not begin with two underscores.')
  if (depth > limits.depthMax) throw tooLarge('levels of fields', limits.depthMax)
  if (aliases > limits.aliasesMax) throw tooLarge('aliases', limits.aliasesMax)
  if (rootFields > limits.rootFieldsMax) throw tooLarge('fields at the top', limits.rootFieldsMax)
  refuseMany(measure, limits)
}

function refuseMany(
  { fields, selections, directivesAtOnePlace }: Measure,
  { fieldsMax, directivesAtOnePlaceMax }: QueryLimits,
): void {
  if (directivesAtOnePlace > directivesAtOnePlaceMax) throw tooLarge('directives at one place', directivesAtOnePlaceMax)
  if (fields > fieldsMax) throw tooLarge('fields', fieldsMax)
  const selectionsMax = fieldsMax * SELECTIONS_PER_FIELD_MAX
  if (selections > selectionsMax) throw tooLarge('selections', selectionsMax)
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
