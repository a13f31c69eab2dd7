import gatewayPlugin from '@mercuriusjs/gateway'
import type { GraphQLError } from 'graphql'
import type { MercuriusContext } from 'mercurius'
import type { FastifyInstance } from 'fastify'
import { Pool } from 'undici'
import type { Engine, EngineOptions, RunningEngine } from './engine.ts'
import { subgraphError, subgraphUnreachable } from './subgraph-error.ts'

/**
 * `@mercuriusjs/gateway` as it comes: portable, queries and mutations only. Batches and subscriptions stay off, because
 * those are where it gives one caller the answer of another. It knows no aliases of references and enums, and of two
 * selections of the same field it sends the first.
 */
export function stockEngine(reason: string): Engine {
  return { name: 'stock', reason, register }
}

async function register(app: FastifyInstance, options: EngineOptions): Promise<RunningEngine> {
  const { timeoutMilliseconds, answerBytesMax } = options.subgraphLimits
  // The library's own would take answers of any size.
  const poolFor = ({ url }: { url: string }) =>
    new Pool(new URL(url).origin, {
      connections: 64,
      headersTimeout: timeoutMilliseconds,
      bodyTimeout: timeoutMilliseconds,
      maxResponseSize: answerBytesMax,
    })
  const subgraphs = options.subgraphs.map((subgraph) => ({ ...subgraph, pool: poolFor(subgraph) }))
  app.addHook('onClose', async () => {
    await Promise.all(subgraphs.map(({ pool }) => pool.destroy()))
  })
  await app.register(gatewayPlugin.default, {
    routes: false,
    graphiql: false,
    allowBatchedQueries: false,
    cache: options.documentsMax,
    errorFormatter: (execution, { caller }) => ({
      statusCode: 200,
      response: {
        data: execution.data ?? null,
        errors: options.formatErrors(execution.errors.flatMap(translate), caller),
      },
    }),
    gateway: {
      services: subgraphs.map(({ name, url, sdl, pool }) => ({
        name,
        url,
        // With the schema at hand nothing is asked at start, and there is nothing to refresh.
        schema: sdl,
        ...asAgent(pool),
        allowBatchedQueries: false,
        // What this returns is all that is sent: no header of the client gets through.
        rewriteHeaders: (_headers: unknown, { caller }: MercuriusContext) => ({ ...caller.subgraphHeaders() }),
      })),
    },
  })
  return { subscribe: undefined, repeat: undefined, renames: false }
}

/** The library declares the dispatcher of an older undici, which ours can do all of. */
const asAgent = (agent: Pool): object => ({ agent })

/**
 * The library bundles what a subgraph said, or why it said nothing, in one error at the field that asked. Beside data
 * it passes a subgraph's entries on as they are, with the path that the subgraph knew.
 */
function translate(error: GraphQLError): GraphQLError[] {
  const { errors } = error.extensions
  if (Array.isArray(errors)) {
    return errors.map((entry: unknown) =>
      entry instanceof Error ? subgraphUnreachable(entry, error.path) : subgraphError(entry, error.path),
    )
  }
  if (error.originalError instanceof Error || !error.extensions['code']) return [error]
  return [subgraphError(error, error.path?.[0] === '_entities' ? undefined : error.path)]
}
