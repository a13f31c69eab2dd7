import type { BatchFetchNode, FetchNode } from '@graphql-hive/router-query-planner'
import { parse, type GraphQLError } from 'graphql'
import { readAnswer, readAnswerText } from '../resilience/answer.ts'
import type { SubgraphCall } from '../resilience/exchange.ts'
import { located, subgraphError, unreachable } from '../subgraph-error.ts'
import type { SharedUpstream } from './in-flight.ts'
import { isObject, merge, quoted, type Json } from './json.ts'
import { keysOf } from './keys.ts'
import type { PartReader } from './partly-read.ts'
import type { Trail } from './path.ts'
import { isOnlyData } from './relay.ts'
import { compileRewrites } from './rewrite.ts'
import type { Run, Step } from './run.ts'

/** Ways to read less of an answer of nothing but data. */
export interface RootShortcuts {
  /** It is the client's as it is, and nobody reads it. */
  readonly relays: boolean
  readonly readPart: PartReader | undefined
}

/** Compiles a fetch of root fields. */
export function compileRootFetch(node: FetchNode, upstream: SharedUpstream, { relays, readPart }: RootShortcuts): Step {
  const write = compileBody(node)
  const rewrite = compileRewrites(node.outputRewrites)
  const keys = keysOf(parse(node.operation))
  const isMutation = node.operationKind === 'mutation'
  return async (run) => {
    const missing = () => keys.map((key) => [key])
    const read = (bytes: Buffer) => {
      if (readPart) {
        const text = bytes.toString('utf8')
        const data = readPart(text)
        return data ? { data, errors: [] } : readAnswerText(text)
      }
      if (!relays || !isOnlyData(bytes)) return readAnswer(bytes)
      run.relayed = bytes
      return undefined
    }
    const answer = await ask(run, upstream, { body: write(run), isMutation }, { missing, read })
    if (!answer) return
    for (const entry of answer.errors) {
      const path = pathOf(entry)
      report(run, path ? [path] : missing(), (place) => subgraphError(entry, place))
    }
    if (!answer.data) return
    rewrite(answer.data)
    merge(run.data, answer.data)
  }
}

/** The text of a request. `more` is further variables, already as JSON: `"representations":[…]`. */
export type WriteBody = (run: Run, more?: string) => string

/** Compiles the request of a fetch: its operation, and those variables of the client's that it uses. */
export function compileBody({ operation, variableUsages = [] }: FetchNode | BatchFetchNode): WriteBody {
  const query = `{"query":${JSON.stringify(operation)}`
  const beginning = `${query},"variables":{`
  const usages = variableUsages.map((name) => ({ name, prefix: `${JSON.stringify(name)}:` }))
  return ({ variables }, more) => {
    let used = ''
    for (const { name, prefix } of usages) {
      if (!Object.hasOwn(variables, name)) continue
      const value = variables[name]
      used += `${used && ','}${prefix}${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`
    }
    if (more) used += `${used && ','}${more}`
    return used ? `${beginning}${used}}}` : `${query}}`
  }
}

/** Errors that are told about one thing that went wrong. A list can miss the same part in each of its rows. */
const ERRORS_MAX = 100

/** What becomes of a call to a subgraph. */
interface Outcome<Answer> {
  /** The paths that miss something when there is no answer. */
  readonly missing: () => Trail[]
  /** Reads the answer, or throws when it is nonsense. */
  readonly read: (bytes: Buffer) => Answer
}

/** Asks a subgraph. When there is no answer, that is an error at each of the paths that miss something. */
export async function ask<Answer>(
  run: Run,
  upstream: SharedUpstream,
  { body, isMutation }: Pick<SubgraphCall, 'body' | 'isMutation'>,
  { missing, read }: Outcome<Answer>,
): Promise<Answer | undefined> {
  const { caller } = run
  try {
    const call = { body, isMutation, headers: caller.subgraphHeaders(), waiting: caller }
    return read(await upstream.ask(call, caller))
  } catch (error) {
    // Nobody reads what would be told.
    if (caller.hasLeft()) return undefined
    // One fault for all places, so that it is logged once.
    const fault = unreachable(error, isMutation)
    report(run, missing(), (path) => located(fault, path))
    return undefined
  }
}

/** Tells of one thing that went wrong at each place that it concerns, or at none when it concerns no place. */
export function report(run: Run, places: readonly Trail[], describe: (place: Trail | undefined) => GraphQLError): void {
  if (places.length === 0) run.errors.push(describe(undefined))
  for (const place of places.slice(0, ERRORS_MAX)) run.errors.push(describe(place))
}

/** The path of an entry of a subgraph's `errors`, as the subgraph knows it. */
export function pathOf(entry: Json): Trail | undefined {
  const path = isObject(entry) ? entry['path'] : undefined
  if (!Array.isArray(path)) return undefined
  // No name begins with a digit, so text that does is an index that somebody wrote as text.
  return path.flatMap((part) =>
    typeof part === 'string' && /^\d/.test(part) ? [Number(part)] : isStep(part) ? [part] : [],
  )
}

const isStep = (part: Json) => typeof part === 'string' || typeof part === 'number'
