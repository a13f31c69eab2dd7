import { setTimeout as delay } from 'node:timers/promises'
import type { FetchNode } from '@graphql-hive/router-query-planner'
import { parse, validate, type DocumentNode, type GraphQLSchema } from 'graphql'
import { LruMap } from '../../lru.ts'
import type { EngineOptions, Subscribe, SubscriptionRequest } from '../engine.ts'
import type { SubgraphAnswer } from '../resilience/answer.ts'
import { located, subgraphError, unreachable } from '../subgraph-error.ts'
import { refuseVariables } from '../variables.ts'
import { answeredErrors } from './answered.ts'
import type { EventSource } from './event-source.ts'
import { compileBody, pathOf, report } from './fetch.ts'
import { isObject, merge } from './json.ts'
import { keysOf } from './keys.ts'
import type { PlannedOperation } from './operation.ts'
import { compileRewrites } from './rewrite.ts'
import type { Run } from './run.ts'

/** Plans an operation of a document, or remembers its plan. */
export type OperationOf = (
  document: DocumentNode,
  operationName: string | undefined,
) => Promise<PlannedOperation | undefined>

/** What subscriptions are started with. */
export interface SubscriptionContext {
  readonly schema: GraphQLSchema
  readonly operationOf: OperationOf
  /** By the name of the subgraph. */
  readonly sources: ReadonlyMap<string, EventSource>
}

/** Characters of the documents that are kept together. Parsed, they take twenty-five times as much. */
const DOCUMENTS_CHARACTERS_MAX = 1_000_000

/** Between attempts: doubled from the first to the longest, each with jitter, in milliseconds. */
const PAUSE_FIRST_MILLISECONDS = 100
const PAUSE_LONGEST_MILLISECONDS = 2_000

/**
 * Starts subscriptions. Each has a stream of its own from the subgraph, with the identity of its own caller: two callers
 * who ask the same are told by the subgraph what each of them may see. For each event the rest of the plan is carried out.
 */
export function subscriber(context: SubscriptionContext, options: EngineOptions): Subscribe {
  const documentOf = rememberDocuments(context.schema, options.documentsMax)
  return async (request) => {
    const document = documentOf(request.query)
    const operation = await context.operationOf(document, request.operationName)
    refuseVariables(context.schema, document, request)
    const node = operation?.events
    const source = node && context.sources.get(node.serviceName)
    if (!source) throw new Error('there is no plan for this subscription')
    const events: Events = { operation, node, source, options }
    return answers(events, request)
  }
}

/** Parses and validates a document once; throws an `AggregateError` of what is wrong with it. */
function rememberDocuments(schema: GraphQLSchema, documentsMax: number): (query: string) => DocumentNode {
  const documents = new LruMap<string, { readonly document: DocumentNode; readonly characters: number }>(documentsMax, {
    max: DOCUMENTS_CHARACTERS_MAX,
    of: ({ characters }) => characters,
  })
  return (query) => {
    const known = documents.get(query)
    if (known) return known.document
    const document = parse(query)
    const errors = validate(schema, document)
    if (errors.length > 0) throw new AggregateError(errors, 'the document is not valid')
    documents.set(query, { document, characters: query.length })
    return document
  }
}

/** A subscription, compiled. */
interface Events {
  readonly operation: PlannedOperation
  readonly node: FetchNode
  readonly source: EventSource
  readonly options: Pick<EngineOptions, 'formatErrors' | 'resumeMilliseconds'>
}

/** The answers of a subscription. What breaks off is asked for again; after a while, or when it never began, that is told. */
async function* answers({ operation, node, source, options }: Events, request: SubscriptionRequest) {
  const { formatErrors, resumeMilliseconds } = options
  const { callerNow, signal } = request
  const variables = operation.withDefaults(request.variables)
  const newRun = (): Run => ({ caller: callerNow(), data: {}, errors: [], variables })
  const writeBody = compileBody(node)
  const rewrite = compileRewrites(node.outputRewrites)
  const places = () => keysOf(parse(node.operation)).map((key) => [key])
  let hasBegun = false
  let brokenAt: number | undefined

  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const asking = newRun()
      for await (const answer of source.events(writeBody(asking), asking.caller.subgraphHeaders(), signal)) {
        if (hasBegun && brokenAt !== undefined && isUnavailable(answer)) throw new NotYetBack(answer)
        hasBegun = true
        brokenAt = undefined
        attempt = 0
        yield await write(answer)
      }
      return
    } catch (error) {
      if (signal.aborted) return
      brokenAt ??= performance.now()
      if (!hasBegun || performance.now() - brokenAt > resumeMilliseconds) {
        yield giveUp(error)
        return
      }
      const longest = Math.min(PAUSE_FIRST_MILLISECONDS * 2 ** attempt, PAUSE_LONGEST_MILLISECONDS)
      await delay(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
    }
  }

  /** Carries out the rest of the plan on an event. */
  async function write(answer: SubgraphAnswer): Promise<string> {
    const run = newRun()
    for (const entry of answer.errors) {
      const path = pathOf(entry)
      report(run, path ? [path] : places(), (place) => subgraphError(entry, place))
    }
    if (answer.data) {
      rewrite(answer.data)
      merge(run.data, answer.data)
      await operation.execute(run)
    }
    return textOf(run)
  }

  function giveUp(error: unknown): string {
    const run = newRun()
    const fault = unreachable(error, false)
    report(run, places(), (place) => located(fault, place))
    return textOf(run)
  }

  function textOf(run: Run): string {
    const data = operation.write(run.data, variables)
    const errors = answeredErrors(run.errors, data)
    return errors.length > 0
      ? `{"data":${data},"errors":${JSON.stringify(formatErrors(errors, run.caller))}}`
      : `{"data":${data}}`
  }
}

/** The subgraph answers again, but what it needs does not. */
class NotYetBack extends Error {
  constructor(answer: SubgraphAnswer) {
    super(`the subgraph is not back yet: ${JSON.stringify(answer.errors)}`)
    this.name = 'NotYetBack'
  }
}

function isUnavailable({ data, errors }: SubgraphAnswer): boolean {
  return (
    data === null &&
    errors.some(
      (entry) => isObject(entry) && isObject(entry['extensions']) && entry['extensions']['code'] === 'UNAVAILABLE',
    )
  )
}
