import {
  createSourceEventStream,
  execute,
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { badInput } from '../fault.ts'
import { publicErrors } from '../graphql/errors.ts'
import { validInput } from '../validate.ts'
import { COMPLETE_FRAME, EVENT_STREAM, EVENT_STREAM_HEADERS, eventStream, nextFrame } from './event-stream.ts'

/** Where a subgraph takes subscriptions, one to a request: `graphql-sse`, distinct connections. */
export const SUBSCRIPTIONS_PATH = '/graphql/stream'

/** Keeps the stream of a subscription alive, in milliseconds. The gateway takes one that is silent for longer for lost. */
const KEEP_ALIVE_MILLISECONDS = 10_000

/** Operations that are kept parsed and validated: those of the gateway's plans, which are few. */
const DOCUMENTS_MAX = 200

/** How a field of `Subscription` is resolved: where its events come from, and what of an event is its value. */
export interface SubscriptionField {
  readonly subscribe: (...args: never[]) => unknown
  readonly resolve?: ((...args: never[]) => unknown) | undefined
}

/** Gives the schema's `Subscription` its resolvers. Mercurius does so only for its own transport, which we have not. */
export function resolveSubscriptions(
  schema: GraphQLSchema,
  resolvers: Readonly<Record<string, SubscriptionField>>,
): void {
  const fields = schema.getSubscriptionType()?.getFields() ?? {}
  for (const [name, { subscribe, resolve }] of Object.entries(resolvers)) {
    const field = fields[name]
    if (!field) throw new Error(`the graph has no subscription ${name}`)
    Object.assign(field, { subscribe, resolve: resolve ?? ((event: unknown) => event) })
  }
  const missing = Object.keys(fields).filter((name) => !resolvers[name])
  if (missing.length > 0) throw new Error(`nothing resolves the subscription ${missing.join(', ')}`)
}

/** Makes what resolvers are given; the signal is aborted when whoever asked is gone. */
export type ContextOf = (request: FastifyRequest, gone: AbortSignal) => object

const body = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})

/**
 * Takes subscriptions. A stream that breaks off without `complete` was not ended by the graph: ask again. Each event is
 * executed with a context of its own, so that nothing is remembered from one to the next.
 */
export function addSubscriptions(app: FastifyInstance, schema: GraphQLSchema, contextOf: ContextOf): void {
  const documents = rememberDocuments(schema)
  const open = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const stream of open) stream.abort()
  })

  app.post(SUBSCRIPTIONS_PATH, (request, reply) => {
    const { query, variables, operationName } = validInput(body, request.body, 'body')
    const args = { schema, document: documents(query), variableValues: variables, operationName }
    const gone = new AbortController()
    open.add(gone)
    const results = resultsOf(() => ({ ...args, contextValue: contextOf(request, gone.signal) }))
    const stream = eventStream(framesOf(results, request), {
      keepAliveMilliseconds: KEEP_ALIVE_MILLISECONDS,
      onEnd: () => {
        open.delete(gone)
        gone.abort()
      },
    })
    gone.signal.addEventListener('abort', () => stream.destroy())
    return reply.type(EVENT_STREAM).headers(EVENT_STREAM_HEADERS).send(stream)
  })
}

/** The document, once it is found valid; what is wrong with it is BAD_USER_INPUT. */
function rememberDocuments(schema: GraphQLSchema): (query: string) => DocumentNode {
  const remembered = new Map<string, DocumentNode>()
  return (query) => {
    const known = remembered.get(query)
    if (known) return known
    const document = parsed(query)
    const [error] = validate(schema, document)
    if (error) throw badInput('body.query', error.message)
    if (remembered.size >= DOCUMENTS_MAX) remembered.clear()
    remembered.set(query, document)
    return document
  }
}

function parsed(query: string): DocumentNode {
  try {
    return parse(query)
  } catch (error) {
    if (error instanceof GraphQLError) throw badInput('body.query', error.message)
    throw error
  }
}

/** The results of a subscription: an error when there are to be no events, or the events as the graph shows them. */
async function* resultsOf(execution: () => ExecutionArgs): AsyncGenerator<ExecutionResult> {
  const events = await createSourceEventStream(execution())
  if (Symbol.asyncIterator in events) {
    for await (const event of events) yield await execute({ ...execution(), rootValue: event })
  } else yield events
}

async function* framesOf(results: AsyncIterable<ExecutionResult>, { identity, log }: FastifyRequest) {
  try {
    for await (const { data, errors } of results) {
      yield nextFrame(JSON.stringify({ data, errors: errors && publicErrors(errors, identity.requestId, log) }))
    }
    yield COMPLETE_FRAME
  } catch (error) {
    log.warn({ err: error }, 'a subscription broke off')
    throw error
  }
}
