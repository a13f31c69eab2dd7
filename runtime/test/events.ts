import type { ServiceName } from '@tikitu/schema/services'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { expect, inject } from 'vitest'
import type { Transaction } from '../src/database.ts'
import {
  emit,
  on,
  postgresTransport,
  rabbitmqTransport,
  startEvents,
  type Events,
  type EventsOptions,
  type EventTransport,
  type Subscription,
} from '../src/events/index.ts'
import { testDatabase, waitFor, type TestDatabase } from '../src/testing/index.ts'
import { inTransaction } from '../src/transaction.ts'
import { brokerPrefix, brokerUrl } from './rabbitmq.ts'
import { Counted, ROUTES, silent } from './routes.ts'

export { Counted, ROUTES, silent }

/** A database with the tables of the events, and one where handlers write down what they did. */
export async function eventDatabase(): Promise<TestDatabase> {
  const made = await testDatabase('user')
  await made.database.pool.query('create table handled (id bigint generated always as identity, key text, n int)')
  return made
}

/** What was handled, in the order in which it was committed to be. */
export async function handledIn({ database }: TestDatabase): Promise<{ key: string; n: number }[]> {
  const { rows } = await database.pool.query<{ key: string; n: number }>('select key, n from handled order by id')
  return rows
}

/** The numbers that were handled of one key, in order. */
export async function numbersOf(consumer: TestDatabase, key: string): Promise<number[]> {
  return (await handledIn(consumer)).filter((row) => row.key === key).map((row) => row.n)
}

/** Writes down what it is given. */
export const record: Subscription = on(Counted, recordCounted)

export async function recordCounted(tx: Transaction, { key, n }: { key: string; n: number }): Promise<void> {
  await tx.execute(sql`insert into handled (key, n) values (${key}, ${n})`)
}

/** Commits one event. */
export async function count({ database }: TestDatabase, key: string, n: number): Promise<void> {
  await inTransaction(database, (tx) => emit(tx, Counted, { key, n }))
}

/** Which transport the tests of this project go over. */
export const overRabbitmq = () => brokerUrl() !== undefined

/** The transport of this project, with everything of the test's own in the broker. */
export function transportFor(
  service: ServiceName,
  own: TestDatabase,
  peers: Partial<Record<ServiceName, TestDatabase>>,
): EventTransport {
  const url = brokerUrl()
  if (url !== undefined) return rabbitmqTransport({ service, url, log: silent, prefix: brokerPrefix() })
  const relayUrls = Object.fromEntries(Object.entries(peers).map(([peer, { relayUrl }]) => [peer, relayUrl]))
  return postgresTransport({ publisher: service, relayUrls, database: own.database, log: silent })
}

/** Starts the events of a service; they stop when the test file is over, or before. */
export async function startService(
  service: ServiceName,
  own: TestDatabase,
  { peers = {}, ...options }: Partial<EventsOptions> & { peers?: Partial<Record<ServiceName, TestDatabase>> } = {},
): Promise<Events> {
  const events = await startEvents({
    service,
    database: own.database,
    subscriptions: [],
    routes: ROUTES,
    transport: transportFor(service, own, peers),
    log: silent,
    ...options,
  })
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= events.stop())
  own.beforeDrop(stop)
  return { ...events, stop }
}

/** Commits `many` events over ten keys from several transactions at once, each key counted from 1. */
export async function produce(publisher: TestDatabase, many: number): Promise<void> {
  const perKey = many / 10
  await Promise.all(
    Array.from({ length: 10 }, async (_, key) => {
      for (let n = 1; n <= perKey; n++) await count(publisher, `key ${key}`, n)
    }),
  )
}

/** Every event of `produce` handled once, each key in order, whatever else was handled. */
export async function expectAll(consumer: TestDatabase, many: number): Promise<void> {
  const produced = async () => (await handledIn(consumer)).filter(({ key }) => key.startsWith('key '))
  await waitFor('all of them', async () => (await produced()).length >= many)
  for (let key = 0; key < 10; key++) {
    expect(await numbersOf(consumer, `key ${key}`)).toEqual(Array.from({ length: many / 10 }, (_, index) => index + 1))
  }
}

/** How many events have arrived. */
export async function inboxCount({ database }: TestDatabase): Promise<number> {
  const { rows } = await database.pool.query<{ n: string }>('select count(*) as n from inbox')
  return Number(rows[0]?.n)
}

/** The name of the database. */
export const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1)

/** Does something as the superuser. */
export async function asAdmin<Result>(use: (admin: pg.Client) => Promise<Result>): Promise<Result> {
  const admin = new pg.Client({ connectionString: inject('postgres').adminUrl })
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.end()
  }
}
