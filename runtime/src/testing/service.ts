import type { EventType } from '@tikitu/schema/events/define'
import type { ServiceConfig } from '../config.ts'
import type { Database } from '../database.ts'
import { arrive } from '../events/arrive.ts'
import { sourceOf } from '../events/envelope.ts'
import { IDENTITY_HEADER, signIdentity, type Identity } from '../identity.ts'
import { newId } from '../ids.ts'
import { SUBSCRIPTIONS_PATH } from '../live/subscriptions.ts'
import { buildService, type Service, type ServiceDefinition } from '../serve.ts'
import { testDatabase } from './database.ts'
import { openSubscription, type TestSubscription } from './subscription.ts'

/** What a graph answered. */
export interface GraphAnswer {
  readonly status: number
  /** Read with care: a test states what it expects of it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the shape of an answer is what the test is about
  readonly data: any
  readonly errors: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly extensions: Record<string, unknown>
  }[]
}

/** A service under test: the real thing over a database of its own, without a port. */
export interface TestService {
  readonly service: Service
  readonly database: Database
  /** Asks the graph as somebody, with a really signed identity. */
  graph(identity: Identity, query: string, variables?: Record<string, unknown>): Promise<GraphAnswer>
  /** Subscribes as somebody, over a real connection. */
  subscribe(identity: Identity, query: string, variables?: Record<string, unknown>): Promise<TestSubscription>
  /** Asks a plain route as somebody; `null` sends no identity at all. */
  get(identity: Identity | null, url: string): Promise<{ status: number; body: unknown }>
  /** Hands over an event as its publisher's relay would, and waits until it has been handled. */
  deliver<Data>(event: EventType<string, Data>, data: NoInfer<Data>): Promise<void>
  /** What the service has published so far, oldest first. */
  published(type?: string): Promise<{ type: string; data: Record<string, unknown> }[]>
}

/** The secret of every test. */
export const TEST_IDENTITY_SECRET = 'a secret that is only used in tests, 32+'

/** Builds the service over a fresh database; both are gone after the file's last test. Call it once, in `beforeAll`. */
export async function testService(
  definition: ServiceDefinition,
  facts: Partial<ServiceConfig> = {},
): Promise<TestService> {
  const { database, url, beforeDrop } = await testDatabase(definition.name)
  const service = await buildService(definition, {
    service: definition.name,
    environment: 'test',
    host: '127.0.0.1',
    port: 0,
    logLevel: 'error',
    databaseUrl: url,
    databaseConnections: 10,
    identitySecret: TEST_IDENTITY_SECRET,
    relayUrls: {},
    ...facts,
  })
  beforeDrop(() => service.close())
  let address: Promise<string> | undefined
  const signed = (identity: Identity) => ({
    [IDENTITY_HEADER]: signIdentity(identity, TEST_IDENTITY_SECRET),
    'x-request-id': identity.requestId,
  })
  return {
    service,
    database,
    async graph(identity, query, variables = {}) {
      const response = await service.app.inject({
        method: 'POST',
        url: '/graphql',
        headers: signed(identity),
        payload: { query, variables },
      })
      const body = response.json<Partial<GraphAnswer>>()
      return { status: response.statusCode, data: body.data, errors: body.errors ?? [] }
    },
    async subscribe(identity, query, variables = {}) {
      address ??= service.app.listen({ host: '127.0.0.1', port: 0 })
      return openSubscription(`${await address}${SUBSCRIPTIONS_PATH}`, signed(identity), { query, variables })
    },
    async get(identity, url) {
      const response = await service.app.inject({ method: 'GET', url, headers: identity ? signed(identity) : {} })
      return { status: response.statusCode, body: response.json<unknown>() }
    },
    async deliver(event, data) {
      const id = newId()
      await arrive(database.pool, [
        {
          specversion: '1.0',
          id,
          source: sourceOf('admin'),
          type: event.type,
          time: new Date().toISOString(),
          datacontenttype: 'application/json',
          dataversion: event.version,
          partitionkey: event.key(data),
          sequence: '0',
          correlationid: newId(),
          data,
        },
      ])
      await waitFor(`${event.type} to be handled`, async () => {
        const { rows } = await database.pool.query<{ status: string; last_error: string | null }>(
          'select status, last_error from inbox where id = $1',
          [id],
        )
        if (rows[0]?.last_error) throw new Error(`${event.type} could not be handled: ${rows[0].last_error}`)
        return rows[0]?.status === 'handled'
      })
    },
    async published(type) {
      const { rows } = await database.pool.query<{ type: string; data: Record<string, unknown> }>(
        'select type, data from outbox where $1::text is null or type = $1 order by sequence',
        [type ?? null],
      )
      return rows
    },
  }
}

/** How long a test waits for a condition before it fails, in milliseconds. */
const PATIENCE_MILLISECONDS = 20_000

/** Waits until the condition holds; fails the test when that takes too long. */
export async function waitFor(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MILLISECONDS} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
