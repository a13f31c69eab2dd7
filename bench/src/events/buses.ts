import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { openDatabase, type Transaction } from '@tikitu/runtime/database'
import { emit, on, postgresTransport, rabbitmqTransport, startEvents } from '@tikitu/runtime/events'
import { accept } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { defineEvent } from '@tikitu/schema/events/define'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { pino } from 'pino'
import { z } from 'zod'

/** What carries events from the database of A to that of B. */
export type BusName = 'postgres' | 'rabbitmq' | 'pg-boss'

/** Where one end of a bus is. */
export interface Place {
  readonly bus: BusName
  /** A's database, as its owner. */
  readonly publisherUrl: string
  /** B's database, as its owner. */
  readonly consumerUrl: string
  /** B's inbox, as the role that may only write it. */
  readonly relayUrl: string
  /** The broker, where the bus is one. */
  readonly rabbitmqUrl: string
}

/** The sending end: a service that commits facts. */
export interface Publisher {
  /** Resolves when the event of this number is committed in A. */
  commit(n: number): Promise<void>
}

/** The channel on which a commit in B is told when `tells`, to time it by. */
export const HANDLED = 'bench_handled'

/** So many keys take turns, as bookings would. */
const KEYS = 1_000

const ROUTES = { booking: [], payment: ['bench.counted'] }
const Counted = defineEvent(
  'bench.counted',
  z.object({ key: z.string(), n: z.int(), tells: z.boolean() }),
  (data) => data.key,
)

const log = pino({ level: 'error' })
const keyOf = (n: number) => `key ${n % KEYS}`

/** Opens the sending end. With `tells`, B tells of each commit, which costs every bus the same. */
export async function openPublisher(place: Place, tells: () => boolean): Promise<Publisher> {
  if (place.bus === 'pg-boss') return bossPublisher(place, tells)
  const database = openDatabase({ url: place.publisherUrl, connectionsMax: 20, log })
  const transport =
    place.bus === 'postgres'
      ? postgresTransport({ publisher: 'booking', relayUrls: { payment: place.relayUrl }, database, log })
      : rabbitmqTransport({ service: 'booking', url: place.rabbitmqUrl, log })
  await startEvents({ service: 'booking', database, subscriptions: [], routes: ROUTES, transport, log })
  return {
    async commit(n) {
      await transact(database, async (tx) => {
        await emit(tx, Counted, { key: keyOf(n), n, tells: tells() })
        return accept()
      })
    },
  }
}

/** Opens the receiving end: one row for each event that was handled, in the transaction that says that it was. */
export async function openConsumer(place: Place): Promise<void> {
  if (place.bus === 'pg-boss') return bossConsumer(place)
  const database = openDatabase({ url: place.consumerUrl, connectionsMax: 20, log })
  const transport =
    place.bus === 'postgres'
      ? postgresTransport({ publisher: 'payment', relayUrls: {}, database, log })
      : rabbitmqTransport({ service: 'payment', url: place.rabbitmqUrl, log })
  const handler = on(Counted, async (tx: Transaction, { n, tells }) => {
    await tx.execute(sql`insert into effects (n) values (${n})`)
    if (tells) await tx.execute(sql`select pg_notify(${HANDLED}, ${String(n)})`)
  })
  await startEvents({ service: 'payment', database, subscriptions: [handler], routes: ROUTES, transport, log })
}

const QUEUE = 'counted'

interface BossEvent {
  readonly id: string
  readonly n: number
  readonly tells: boolean
}

/** pg-boss as a bus: jobs in A's database, in the transaction of the fact, which B fetches from there. */
async function openBoss(url: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: url, max: 10, useListenNotify: true, openTelemetry: { enabled: false } })
  boss.on('error', (error) => log.error({ err: error }, 'pg-boss failed'))
  await boss.start()
  await boss.createQueue(QUEUE, { notify: true })
  return boss
}

async function bossPublisher({ publisherUrl }: Place, tells: () => boolean): Promise<Publisher> {
  const boss = await openBoss(publisherUrl)
  const pool = new pg.Pool({ connectionString: publisherUrl, max: 20 })
  return {
    async commit(n) {
      const connection = await pool.connect()
      try {
        await connection.query('begin')
        const executeSql = (text: string, values?: unknown[]) => connection.query(text, values)
        const event: BossEvent = { id: randomUUID(), n, tells: tells() }
        await boss.send(QUEUE, event, { db: { executeSql } })
        await connection.query('commit')
      } finally {
        connection.release()
      }
    },
  }
}

async function bossConsumer({ publisherUrl, consumerUrl }: Place): Promise<void> {
  const boss = await openBoss(publisherUrl)
  const pool = new pg.Pool({ connectionString: consumerUrl, max: 10 })
  const options = {
    batchSize: 50,
    pollingIntervalSeconds: 0.5,
    notifyPollingIntervalSeconds: 0.5,
    burstWhenBatchFull: true,
  }
  await boss.work<BossEvent>(QUEUE, options, async (jobs) => {
    const connection = await pool.connect()
    try {
      await connection.query('begin')
      for (const { data } of jobs) await handleOnce(connection, data)
      await connection.query('commit')
    } finally {
      connection.release()
    }
  })
}

/** What the inbox does for the others: a job that comes twice has one effect. */
async function handleOnce(connection: pg.PoolClient, { id, n, tells }: BossEvent): Promise<void> {
  const { rowCount } = await connection.query('insert into handled_jobs (id) values ($1) on conflict do nothing', [id])
  if (rowCount === 0) return
  await connection.query('insert into effects (n) values ($1)', [n])
  if (tells) await connection.query('select pg_notify($1, $2)', [HANDLED, String(n)])
}
