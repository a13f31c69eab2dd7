import { QueryPlanner } from '@graphql-hive/router-query-planner'
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition'
import { supergraphSdl } from '@tikitu/schema/sdl'
import type { FastifyInstance } from 'fastify'
import {
  buildASTSchema,
  isAbstractType,
  parse,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql'
import mercurius, { type MercuriusContext } from 'mercurius'
import type { Engine, EngineOptions } from '../engine.ts'
import { isAnswered } from './answered.ts'
import { planOperation, type OperationContext, type PlannedOperation } from './operation.ts'
import type { PossibleTypes } from './path.ts'
import type { Run } from './run.ts'
import { openUpstream } from './upstream.ts'

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
      const upstreams = new Map(
        options.subgraphs.map((subgraph) => [
          subgraph.name as string,
          openUpstream(subgraph, options.subgraphLimits, options.log),
        ]),
      )
      app.addHook('onClose', async () => {
        await Promise.all([...upstreams.values()].map((upstream) => upstream.close()))
      })
      await app.register(mercurius, { schema, routes: false, graphiql: false, cache: options.documentsMax })
      addHooks(app, { planner, schema, upstreams, possibleTypes: possibleTypesOf(schema) }, options)
    },
  }
}

/** A request on its way through Mercurius. */
interface Execution {
  readonly operation: PlannedOperation
  readonly run: Run
}

function addHooks(app: FastifyInstance, context: OperationContext, { formatErrors }: EngineOptions): void {
  const operationOf = rememberOperations(context)
  const executions = new WeakMap<MercuriusContext, Execution>()

  app.graphql.addHook('preExecution', async (_schema, document, request, variables) => {
    const operation = await operationOf(document, request.operationName)
    if (!operation) return undefined
    const run: Run = { caller: request.caller, data: {}, errors: [], variables: operation.withDefaults(variables) }
    executions.set(request, { operation, run })
    await operation.execute(run)
    return { document: operation.local }
  })

  app.graphql.addHook('onResolution', (execution, request) => {
    const executed = executions.get(request)
    if (!executed) return
    const { operation, run } = executed
    // What graphql-js said about the schema itself takes its place among the rest.
    const data = operation.write({ ...run.data, ...execution.data }, run.variables)
    const failed = [...(execution.errors ?? []), ...errorsOf(run, data)]
    const errors = failed.length > 0 ? formatErrors(failed, run.caller) : []
    const wrong = errors.length > 0 ? `,"errors":${JSON.stringify(errors)}` : ''
    const text = `{"data":${data}${wrong},"extensions":${request.extensions}}`
    void request.reply.serializer(() => text)
  })
}

/** What went wrong with what was asked for. Only then is the answer read again. */
function errorsOf({ errors }: Run, data: string): GraphQLError[] {
  if (errors.length === 0) return []
  const answer: unknown = JSON.parse(data)
  return errors.filter(({ path }) => path === undefined || isAnswered(answer, path))
}

/** Plans each operation of a document once. Mercurius bounds the documents, and forgets them with their plans. */
function rememberOperations(context: OperationContext) {
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
