import { fileURLToPath } from 'node:url'
import { mercuriusFederationPlugin } from '@mercuriusjs/federation'
import type { IResolvers } from 'mercurius'
import Fastify, { LogController, type FastifyInstance, type FastifyRequest } from 'fastify'
import { subgraphSdl } from '@tikitu/schema/sdl'
import type { ServiceName } from '@tikitu/schema/services'
import type { ServiceConfig } from './config.ts'
import type { RequestContext } from './context.ts'
import { migrateDatabase, openDatabase, type Database } from './database.ts'
import { configuredTransport } from './events/configured-transport.ts'
import { addEventRoutes } from './events/event.routes.ts'
import { startEvents, type Events, type EventTransport, type Subscription } from './events/index.ts'
import { Fault } from './fault.ts'
import { faultOf, httpStatus, publicErrors } from './graphql/errors.ts'
import { scalarsOf } from './graphql/scalars.ts'
import { addHealth } from './health.ts'
import { forgetKeys } from './idempotency.ts'
import { anonymous, IDENTITY_HEADER, verifyIdentity, type Identity } from './identity.ts'
import { newId, requestIdOf } from './ids.ts'
import { cron, startJobs, type JobHandler } from './jobs.ts'
import { openRoom, type Room } from './live/room.ts'
import { addSubscriptions, resolveSubscriptions, type SubscriptionField } from './live/subscriptions.ts'
import { createLog, type Logger } from './log.ts'
import { watchSettings, type Settings } from './settings.ts'
import { announceReady, closeOnSignal } from './shutdown.ts'
import { withTrace } from './trace.ts'

export type { RequestContext } from './context.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; verified before any handler runs. */
    identity: Identity
  }
  interface FastifyContextConfig {
    /** The route answers without a signed identity. Only health does. */
    open?: boolean
  }
}

/** What the parts of a running service share. */
export interface ServiceParts {
  readonly database: Database
  readonly settings: Settings
  readonly log: Logger
}

/** A service's table of contents. */
export interface ServiceDefinition {
  /** Which of the six. Its SDL is `schema/<name>.graphql`, its migrations are `drizzle/<name>`. */
  readonly name: ServiceName
  /** Resolvers of its SDL, references included; the runtime adds the scalars. */
  readonly resolvers: object
  /** What it does about events; must be those of its row in `SUBSCRIPTIONS`. */
  readonly subscriptions: readonly Subscription[]
  /**
   * Which facts that it publishes are changes of what subscriptions `watch`: their topic by event type; the event's key
   * is the id. What changes without a fact is told with `tellOfChanges`.
   */
  readonly watched?: Readonly<Record<string, string>>
  /** What it does later, or outside of transactions. */
  readonly jobs?: (parts: ServiceParts) => readonly JobHandler[]
  /** Routes beside GraphQL; they too need a signed identity. */
  readonly routes?: (app: FastifyInstance, parts: ServiceParts) => void
  /** Runs once at start, after the migrations and before the first request; must be safe to repeat and to run twice at once. */
  readonly prepare?: (parts: ServiceParts) => Promise<void>
  /** Lets go of what the definition itself was given, such as a connection to a mail server; runs last. */
  readonly release?: () => void
}

/** A service that has been built; it listens only when told to. */
export interface Service extends ServiceParts {
  readonly app: FastifyInstance
  /** Stops taking requests, finishes what is under way, and lets go of everything. */
  close(): Promise<void>
}

/** The largest request that a subgraph reads, in bytes. The gateway is stricter with clients. */
const BODY_MAX = 8 * 1024 * 1024

/** What of a service may be another than the one it would choose by its configuration. */
export interface BuildOptions {
  /** Carries its events; is given what the transport of the configuration would be given. */
  readonly transport?: (parts: Pick<ServiceParts, 'database' | 'log'>) => EventTransport
}

/** Migrates, builds and starts a service without listening. */
export async function buildService(
  definition: ServiceDefinition,
  config: ServiceConfig,
  options: BuildOptions = {},
): Promise<Service> {
  const log = createLog(config.service, config.logLevel)
  await migrateDatabase(config.databaseUrl, migrationsFolder(definition.name))
  const database = openDatabase({ url: config.databaseUrl, connectionsMax: config.databaseConnections, log })
  const settings = await watchSettings(database, log)
  const parts: ServiceParts = { database, settings, log }
  await definition.prepare?.(parts)

  const handlers = [...housekeeping(parts), ...(definition.jobs?.(parts) ?? [])]
  const jobs = await startJobs({ database, handlers, log })
  const transport = options.transport?.({ database, log }) ?? configuredTransport(config, { database, log })
  const events = await startEvents({
    service: definition.name,
    database,
    subscriptions: [...definition.subscriptions],
    transport,
    log,
    watched: definition.watched,
  })
  const room = definition.watched ? openRoom({ database, log }) : undefined
  const app = await buildApp(definition, config, parts, room, events)

  return {
    ...parts,
    app,
    close: async () => {
      await app.close()
      await room?.stop()
      await events.stop()
      await jobs.stop()
      settings.stop()
      await database.close()
      definition.release?.()
    },
  }
}

/** Runs a service for as long as the process lives: the whole of every `main.ts`. */
export async function runService(definition: ServiceDefinition, config: ServiceConfig): Promise<void> {
  const service = await buildService(definition, config)
  closeOnSignal(service.log, () => service.close())
  await service.app.listen({ host: config.host, port: config.port })
  announceReady()
}

/** The folder of a service's generated migrations. */
function migrationsFolder(service: ServiceName): string {
  return fileURLToPath(new URL(`../../drizzle/${service}`, import.meta.url))
}

/** What every service does at night. */
function housekeeping({ database, settings }: ServiceParts): JobHandler[] {
  return [cron('idempotency.forget', '17 * * * *', () => forgetKeys(database, settings.get('idempotency.hours')))]
}

async function buildApp(
  definition: ServiceDefinition,
  config: ServiceConfig,
  parts: ServiceParts,
  room: Room | undefined,
  events: Events,
): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: parts.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
  })
  app.decorateRequest('identity')
  app.addHook('onRequest', async (request) => {
    // Whatever is refused below is answered to nobody in particular.
    request.identity = anonymous(request.id)
    if (request.routeOptions.config.open) return
    request.identity = verifyIdentity(headerOf(request), config.identitySecret, request.id)
  })
  app.addHook('preHandler', (request, _reply, done) => {
    withTrace({ correlationId: request.identity.requestId }, done)
  })
  app.setErrorHandler((error, request, reply) => {
    const fault = faultOf(error)
    if (fault.code === 'INTERNAL') request.log.error({ err: error }, 'a request failed')
    return reply.code(fault.statusCode).send({ errors: publicErrors([fault], request.id, parts.log) })
  })
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ errors: publicErrors([new Fault('NOT_FOUND', 'There is nothing here.')], request.id, parts.log) }),
  )
  addHealth(app, parts.database, events.lag)
  addEventRoutes(app, { service: definition.name, database: parts.database, lag: events.lag, wake: events.wake })
  await addGraph(app, definition, parts, room)
  definition.routes?.(app, parts)
  await app.ready()
  return app
}

async function addGraph(
  app: FastifyInstance,
  definition: ServiceDefinition,
  parts: ServiceParts,
  room: Room | undefined,
): Promise<void> {
  const sdl = subgraphSdl(definition.name)
  const { Subscription: subscriptions = {}, ...resolvers } = definition.resolvers as Resolvers
  const contextOf = (request: FastifyRequest, watch: RequestContext['watch']): RequestContext => ({
    ...parts,
    identity: request.identity,
    requestId: request.identity.requestId,
    log: request.log,
    watch,
  })
  await app.register(mercuriusFederationPlugin, {
    schema: sdl,
    // Resolvers are checked against the SDL by the generated types; Mercurius' own type is looser and differs.
    resolvers: { ...scalarsOf(sdl), ...resolvers } as IResolvers,
    graphiql: false,
    context: (request: FastifyRequest): RequestContext => contextOf(request, watchNothing),
    errorFormatter: (execution, context) => {
      const request: FastifyRequest | undefined = context.reply?.request
      const thrown = execution.errors ?? []
      const errors = publicErrors(thrown, request?.identity.requestId ?? newId(), request?.log ?? parts.log)
      return {
        statusCode: execution.data ? 200 : httpStatus(thrown),
        response: { data: execution.data ?? null, errors },
      }
    },
  })
  resolveSubscriptions(app.graphql.schema, subscriptions)
  if (!room) return
  addSubscriptions(app, app.graphql.schema, (request, gone) => contextOf(request, (change) => room.watch(change, gone)))
}

/** Resolvers by type; those of `Subscription` are not Mercurius' business. */
interface Resolvers {
  readonly [typeName: string]: object
  readonly Subscription?: Readonly<Record<string, SubscriptionField>>
}

/** Outside a subscription there is nobody to tell. */
async function* watchNothing(): AsyncGenerator<void> {}

function headerOf(request: FastifyRequest): string | undefined {
  const header = request.headers[IDENTITY_HEADER]
  return Array.isArray(header) ? undefined : header
}
