import { QueryPlanner } from '@graphql-hive/router-query-planner'
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition'
import { supergraphSdl } from '@tikitu/schema/sdl'
import type { FastifyInstance } from 'fastify'
import { buildASTSchema, isAbstractType, parse, type DocumentNode, type GraphQLSchema } from 'graphql'
import mercurius, { type MercuriusContext } from 'mercurius'
import type { Engine, EngineOptions } from '../engine.ts'
import { writeAnswer } from './written-answer.ts'
import { openEventSource, type EventSource } from './event-source.ts'
import { InFlight } from './in-flight.ts'
import { keyNamesOf } from './key-aliases.ts'
import { planOperation, type OperationContext, type PlannedOperation } from './operation.ts'
import type { PossibleTypes } from './path.ts'
import { Repeats } from './repeats.ts'
import type { Run } from './run.ts'
import { subscriber, type OperationOf } from './subscription.ts'
import { openUpstream, type Upstream } from './upstream.ts'

/**
 * Plans each operation over the composed supergraph, and carries the plan out through Mercurius' hooks: before the
 * execution it asks the subgraphs and leaves graphql-js only what is about the schema itself; after it, it writes the
 * answer.
 */
export function plannedEngine(reason: string): Engine {
  return {
    name: 'planned',
    reason,
    register: async (app, options) => {
      const supergraph = supergraphSdl()
      const planner = new QueryPlanner(supergraph)
      const schema = buildASTSchema(transformSupergraphToPublicSchema(parse(supergraph)), { assumeValidSDL: true })
      const upstreams = new Map<string, Upstream>(
        options.subgraphs.map((subgraph) => [
          subgraph.name,
          openUpstream(subgraph, options.subgraphLimits, options.log),
        ]),
      )
      const inFlight = new InFlight()
      const shared = new Map([...upstreams].map(([name, upstream]) => [name, inFlight.over(name, upstream)]))
      app.addHook('onClose', async () => {
        for (const upstream of upstreams.values()) upstream.close()
      })
      await app.register(mercurius, { schema, routes: false, graphiql: false, cache: options.documentsMax })
      const context = {
        planner,
        schema,
        upstreams: shared,
        possibleTypes: possibleTypesOf(schema),
        keyNames: keyNamesOf(supergraph),
      }
      const operationOf = rememberOperations(context)
      const repeats = new Repeats(app.graphql.schema, options)
      addHooks(app, operationOf, repeats, options)
      const sources = openEventSources(app, options)
      return {
        subscribe: subscriber({ schema: app.graphql.schema, operationOf, sources }, options),
        repeat: (request) => repeats.execute(request),
        renames: true,
      }
    },
  }
}

/** A request on its way through Mercurius. */
interface Execution {
  readonly operation: PlannedOperation
  readonly run: Run
}

function openEventSources(app: FastifyInstance, { subgraphs, subgraphLimits }: EngineOptions) {
  const sources = new Map<string, EventSource>(
    subgraphs.map((subgraph) => [subgraph.name, openEventSource(subgraph, subgraphLimits)]),
  )
  app.addHook('onClose', async () => {
    await Promise.all([...sources.values()].map((source) => source.close()))
  })
  return sources
}

function addHooks(
  app: FastifyInstance,
  operationOf: OperationOf,
  repeats: Repeats,
  { formatErrors }: EngineOptions,
): void {
  const executions = new WeakMap<MercuriusContext, Execution>()

  app.graphql.addHook('preExecution', async (_schema, document, request, variables) => {
    const operation = await operationOf(document, request.operationName)
    if (!operation) return undefined
    const run: Run = { caller: request.caller, data: {}, errors: [], variables: operation.withDefaults(variables) }
    executions.set(request, { operation, run })
    repeats.remember(request.text, request.operationName, operation)
    await (request.aliases.size > 0 ? operation.executeRead : operation.execute)(run)
    return { document: operation.local }
  })

  app.graphql.addHook('onResolution', (execution, request) => {
    const executed = executions.get(request)
    if (!executed) return
    const { operation, run } = executed
    const { extensions, aliases } = request
    const text = writeAnswer(operation, run, { execution, aliases, extensions, formatErrors })
    void request.reply.serializer(() => text)
  })
}

/** Plans each operation of a document once. Whoever holds the documents bounds them, and forgets them with their plans. */
function rememberOperations(context: OperationContext): OperationOf {
  const remembered = new WeakMap<DocumentNode, Map<string | undefined, Promise<PlannedOperation | undefined>>>()
  return (document: DocumentNode, operationName: string | undefined) => {
    const operations = remembered.get(document) ?? new Map<string | undefined, Promise<PlannedOperation | undefined>>()
    remembered.set(document, operations)
    let operation = operations.get(operationName)
    if (!operation) {
      operation = planOperation(context, document, operationName)
      operations.set(operationName, operation)
      operation.catch(() => operations.delete(operationName))
    }
    return operation
  }
}

function possibleTypesOf(schema: GraphQLSchema): PossibleTypes {
  return (typeName) => {
    const type = schema.getType(typeName)
    const below = isAbstractType(type) ? schema.getPossibleTypes(type).map(({ name }) => name) : []
    return new Set([typeName, ...below])
  }
}
