import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { mercuriusFederationPlugin } from '@mercuriusjs/federation'
import { publicErrors } from '@tikitu/runtime/errors'
import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, verifyIdentity, type Identity } from '@tikitu/runtime/identity'
import { scalarsOf } from '@tikitu/runtime/scalars'
import { addSubscriptions, resolveSubscriptions, type SubscriptionField } from '@tikitu/runtime/subscriptions'
import { REVOCATIONS_PATH } from '@tikitu/schema/revocations'
import { HEALTH_PATH, type ServiceHealth } from '@tikitu/schema/health'
import { subgraphSdl } from '@tikitu/schema/sdl'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { IResolvers } from 'mercurius'
import { resolvers } from './resolvers.ts'

/** The secret that the fixtures share with the gateway under test. */
export const IDENTITY_SECRET = 'a secret that only the tests know, of enough bytes'

/** One call that a subgraph was sent. */
export interface Call {
  readonly service: ServiceName
  readonly path: string
  readonly identity: Identity
  readonly requestId: string | undefined
  readonly body: unknown
}

/** A route of a fixture, beside GraphQL and health. */
export type FixtureRoutes = (app: FastifyInstance) => void

/** How a subgraph answers that is no longer itself. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void

/** Six subgraphs over HTTP, with the real SDL and the resolvers of the fixtures. */
export interface Subgraphs {
  /** Where each listens; stays the same when it is stopped and started again. */
  readonly urls: Record<ServiceName, string>
  /** What was asked since the last `forget`, by service. */
  readonly calls: Call[]
  /** How many subscriptions they serve just now. */
  streams(): number
  forget(): void
  /** Tells of the headers of each call from now on. */
  onHeaders(listener: (headers: IncomingHttpHeaders) => void): void
  /** From now on this subgraph takes questions and never answers; undefined ends that. */
  silence(service: ServiceName | undefined): void
  /** From now on the graph of this subgraph is what this says, and no GraphQL server; undefined ends that. */
  misbehave(service: ServiceName, behaviour: Behaviour | undefined): void
  stop(service: ServiceName): Promise<void>
  start(service: ServiceName): Promise<void>
  close(): Promise<void>
}

/** Starts all six on free ports. */
export async function startSubgraphs(routes: Partial<Record<ServiceName, FixtureRoutes>> = {}): Promise<Subgraphs> {
  const calls: Call[] = []
  const streams = new Set<AbortSignal>()
  const mood: Mood = { silent: undefined, onHeaders: undefined, behaviours: new Map() }
  const running = new Map<ServiceName, FastifyInstance>()
  const ports = new Map<ServiceName, number>()

  const start = async (service: ServiceName) => {
    const app = await buildSubgraph(service, calls, streams, mood, routes[service])
    await app.listen({ host: '127.0.0.1', port: ports.get(service) ?? 0 })
    const address = app.server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    ports.set(service, address.port)
    running.set(service, app)
  }
  const stop = async (service: ServiceName) => {
    await running.get(service)?.close()
    running.delete(service)
  }

  await Promise.all(SERVICE_NAMES.map(start))
  const url = (service: ServiceName) => `http://127.0.0.1:${ports.get(service)}`
  return {
    urls: {
      admin: url('admin'),
      partner: url('partner'),
      payment: url('payment'),
      notification: url('notification'),
      booking: url('booking'),
      user: url('user'),
    },
    calls,
    streams: () => streams.size,
    forget: () => calls.splice(0),
    onHeaders: (listener) => (mood.onHeaders = listener),
    silence: (service) => (mood.silent = service),
    misbehave: (service, behaviour) => {
      if (behaviour) mood.behaviours.set(service, behaviour)
      else mood.behaviours.delete(service)
    },
    start,
    stop,
    close: async () => {
      await Promise.all(SERVICE_NAMES.map(stop))
    },
  }
}

/** What the gateway asks by itself, now and again: no test waits for it. */
const NOBODYS = new Set(['/readyz', REVOCATIONS_PATH])

/** How the fixtures behave just now. */
interface Mood {
  silent: ServiceName | undefined
  onHeaders: ((headers: IncomingHttpHeaders) => void) | undefined
  readonly behaviours: Map<ServiceName, Behaviour>
}

async function buildSubgraph(
  service: ServiceName,
  calls: Call[],
  streams: Set<AbortSignal>,
  mood: Mood,
  routes?: FixtureRoutes,
): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true })
  const identities = new WeakMap<FastifyRequest, Identity>()
  app.decorateRequest('identity')
  app.addHook('preHandler', async (request, reply) => {
    if (NOBODYS.has(request.url.split('?')[0] ?? '')) return
    mood.onHeaders?.(request.headers)
    const behaviour = request.url === '/graphql' && mood.behaviours.get(service)
    if (behaviour) {
      void reply.hijack()
      return behaviour(request.raw, reply.raw)
    }
    if (mood.silent === service) await new Promise(() => {})
    const header = request.headers[IDENTITY_HEADER]
    const requestId = request.headers['x-request-id']
    const statement = typeof header === 'string' ? header : undefined
    const identity = verifyIdentity(statement, IDENTITY_SECRET, String(requestId))
    identities.set(request, identity)
    request.identity = identity
    calls.push({ service, path: request.url, identity, requestId: requestId?.toString(), body: request.body })
  })
  app.setErrorHandler((error, _request, reply) =>
    reply
      .code(error instanceof Fault ? error.statusCode : 500)
      .send({ errors: publicErrors([error as Error], 'fixture', app.log) }),
  )
  app.get('/readyz', () => ({ status: 'ok' }))
  app.get(HEALTH_PATH, (): ServiceHealth => {
    const waiting = { count: 0, oldestSeconds: 0 }
    return {
      version: '9.8.7',
      databaseMilliseconds: 3,
      events: { unpublished: waiting, inBroker: 7, unhandled: { count: 4, oldestSeconds: 61 }, dead: 0, failing: 0 },
    }
  })
  routes?.(app)
  const sdl = subgraphSdl(service)
  const { Subscription: subscriptions = {}, ...rest } = resolvers[service] as FixtureResolvers
  await app.register(mercuriusFederationPlugin, {
    schema: sdl,
    resolvers: { ...scalarsOf(sdl), ...rest } as IResolvers,
    context: (request: FastifyRequest) => ({ identity: identities.get(request) }),
    errorFormatter: (execution) => ({
      statusCode: 200,
      response: {
        data: execution.data ?? null,
        errors: publicErrors([...(execution.errors ?? [])], 'fixture', app.log),
      },
    }),
  })
  resolveSubscriptions(app.graphql.schema, subscriptions)
  addSubscriptions(app, app.graphql.schema, (request, gone) => {
    streams.add(gone)
    gone.addEventListener('abort', () => streams.delete(gone))
    return { identity: request.identity, gone }
  })
  return app
}

/** Resolvers by type. */
interface FixtureResolvers {
  readonly [typeName: string]: object
  readonly Subscription?: Record<string, SubscriptionField>
}
