import { Fault } from '@tikitu/runtime/fault'
import { GraphQLError, Lexer, OperationTypeNode, parse, Source, TokenKind, type DocumentNode } from 'graphql'
import type { QueryLimits } from '../config.ts'
import { LruMap } from '../lru.ts'
import type { CostOf, OperationCost } from './cost.ts'
import { measureDocument, type Measure } from './measure.ts'
import type { Template, TemplateOf } from './template.ts'

/** An operation that may be executed, as far as its text tells. */
export interface CheckedOperation {
  readonly name: string | undefined
  readonly type: OperationTypeNode
  /** Whether its document asks for `__schema` or `__type` anywhere: validation reads all of it. */
  readonly introspects: boolean
  /** What it costs, and whether it goes first when not everything can. */
  readonly cost: OperationCost
  /**
   * What can be executed instead when the document comes for the first time. One that comes again is worth being looked at
   * by itself.
   */
  readonly template?: Template | undefined
}

/**
 * Finds the operation in a document, or throws why there is none to execute: a `GraphQLError`, or the fault
 * BAD_USER_INPUT when the document is too large.
 */
export type OperationCheck = (source: string, operationName: string | undefined) => CheckedOperation

/** Documents whose check is remembered, and their characters together: a thousand of the largest would take 32 million. */
const DOCUMENTS_MAX = 1_000
const DOCUMENTS_CHARACTERS_MAX = 4_000_000

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
export function operationCheck(
  limits: QueryLimits,
  costOf: CostOf,
  templateOf: TemplateOf = () => undefined,
): OperationCheck {
  const known = new LruMap<string, Checked>(DOCUMENTS_MAX, {
    max: DOCUMENTS_CHARACTERS_MAX,
    of: ({ characters }) => characters,
  })
  return (source, operationName) => {
    const before = known.get(source)
    if (before) return pick(before.operations, operationName)
    const document = read(source, limits)
    const found = operationsIn(document, limits, costOf)
    known.set(source, { operations: found, characters: source.length })
    const operation = pick(found, operationName)
    return hasTemplate(operation, found) ? { ...operation, template: templateOf(document, source) } : operation
  }
}

/** A document that was looked at. */
interface Checked {
  readonly operations: readonly CheckedOperation[]
  readonly characters: number
}

/** What the gateway answers itself, and events, have the aliases of their document. */
function hasTemplate({ type, introspects }: CheckedOperation, { length }: readonly CheckedOperation[]): boolean {
  return length === 1 && !introspects && type !== OperationTypeNode.SUBSCRIPTION
}

function read(source: string, limits: QueryLimits): DocumentNode {
  if (source.length > limits.charactersMax) throw tooLarge('characters', limits.charactersMax)
  refuseTokens(source, limits)
  return parse(source, { maxTokens: limits.tokensMax, noLocation: true })
}

function operationsIn(document: DocumentNode, limits: QueryLimits, costOf: CostOf): CheckedOperation[] {
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
  if (!mayExceed(source, directivesMax)) return
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

/** Few brackets are never too many in each other, whatever is text or a comment. */
function mayExceed(source: string, directivesMax: number): boolean {
  let opening = 0
  let directives = 0
  for (let at = 0; at < source.length; at++) {
    const code = source.charCodeAt(at)
    if (code === BRACE_L || code === BRACKET_L || code === PAREN_L) opening += 1
    else if (code === AT) directives += 1
  }
  return opening > NESTING_MAX || directives > directivesMax
}

const [BRACE_L, BRACKET_L, PAREN_L, AT] = ['{', '[', '(', '@'].map((character) => character.charCodeAt(0))

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
