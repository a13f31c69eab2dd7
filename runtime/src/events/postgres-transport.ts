import type { ServiceName } from '@tikitu/schema/services'
import { PATIENT_CONSUMERS } from '@tikitu/schema/subscriptions'
import pg from 'pg'
import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import { arrive } from './arrive.ts'
import type { EventTransport, Pipe, Route } from './transport.ts'

/** How long a consumer's database may take to connect and to store a batch, in milliseconds. */
const CONNECT_MILLISECONDS = 5_000
const STORE_MILLISECONDS = 15_000

/**
 * How long a patient consumer is left alone after a batch, in milliseconds. A batch costs three transactions, whatever is
 * in it; the first event after a quiet moment goes at once.
 */
const REST_MILLISECONDS = 200

/** What the postgres transport needs. */
export interface PostgresTransportOptions {
  /** The service whose outbox is relayed. */
  readonly publisher: ServiceName
  /** Where the relay may insert into the inbox of each consumer. A consumer without one is not delivered to, and waits. */
  readonly relayUrls: Readonly<Partial<Record<ServiceName, string>>>
  /** The publisher's own database, for what it consumes of itself. */
  readonly database: Database
  readonly log: Logger
}

/**
 * Carries events by inserting them into the consumers' inboxes, one pipe for each consumer: nothing to install,
 * and nothing that can be down but the databases themselves. Connects when there is something to deliver.
 */
export function postgresTransport({ publisher, relayUrls, database, log }: PostgresTransportOptions): EventTransport {
  const pools: pg.Pool[] = []

  function pipeTo({ consumer, types }: Route): Pipe {
    if (consumer === publisher) return { name: consumer, types, publish: (batch) => arrive(database.pool, batch) }
    const url = Object.entries(relayUrls).find(([service]) => service === consumer)?.[1]
    if (!url) {
      const missing = `RELAY_URL_${consumer.toUpperCase()} is not set`
      return { name: consumer, types, publish: () => Promise.reject(new Error(missing)) }
    }
    const pool = openPool(url, publisher, log)
    pools.push(pool)
    const rest = PATIENT.has(consumer) ? { restMilliseconds: REST_MILLISECONDS } : {}
    return { name: consumer, types, ...rest, publish: (batch) => arrive(pool, batch) }
  }

  return {
    start: async (routes) => routes.map(pipeTo),
    // The publishers write this service's inbox themselves.
    feed: async () => {},
    between: async () => null,
    stop: async () => {
      await Promise.all(pools.splice(0).map((pool) => pool.end()))
    },
  }
}

const PATIENT: ReadonlySet<string> = new Set(PATIENT_CONSUMERS)

/** One connection, made when it is needed and made again after it was lost. */
function openPool(url: string, publisher: ServiceName, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: `tikitu relay of ${publisher}`,
    max: 1,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    statement_timeout: STORE_MILLISECONDS,
    // The server's own timeout does not reach us through a network that lost the connection without a word.
    query_timeout: STORE_MILLISECONDS + 1_000,
    keepAlive: true,
  })
  pool.on('error', (error) => log.debug({ err: error }, 'an idle connection of the relay was lost'))
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
