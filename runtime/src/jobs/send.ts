import { sql } from 'drizzle-orm'
import { fromDrizzle, type PgBoss } from 'pg-boss'
import { z } from 'zod'
import type { Database, Transaction } from '../database.ts'
import { newId } from '../ids.ts'
import { currentTrace } from '../trace.ts'
import { afterCommit, databaseOf, type AfterCommit } from '../transaction.ts'
import { createBoss, ensureQueue } from './boss.ts'
import type { JobType } from './define.ts'

/** When a job is run, and whether it is one of many. */
export interface SendOptions {
  /** Not before this instant by the database's clock, or after so many seconds. At once unless said. */
  readonly startAfter?: Date | number
  /** While a job of this type and key waits to be run, another one is not sent. */
  readonly singletonKey?: string
}

/** What travels in a job: the data, and why it was sent. */
export const payloadShape = z.object({
  data: z.unknown().optional(),
  correlationId: z.string().optional(),
  traceparent: z.string().optional(),
})

/**
 * Sends a job with the transaction: it is run after `tx` has committed, and never when that rolls back.
 * Throws when the data has not the declared shape, and for a transaction that `transact` did not open.
 */
export async function sendJob<Data>(
  tx: Transaction,
  type: JobType<Data>,
  data: Data,
  { startAfter, singletonKey }: SendOptions = {},
): Promise<void> {
  const parsed = type.shape.safeParse(data)
  if (!parsed.success) throw new Error(`the job ${type.name} was sent with malformed data`, { cause: parsed.error })
  const sender = await senderOf(databaseOf(tx))
  await sender.ensureQueue(type)
  const trace = currentTrace()
  const payload: z.input<typeof payloadShape> = {
    data: parsed.data,
    ...(trace ? { correlationId: trace.correlationId } : {}),
    ...(trace?.traceparent ? { traceparent: trace.traceparent } : {}),
  }
  await sender.boss.send(type.name, payload, {
    db: fromDrizzle(tx, sql),
    // In a queue of the policy `short`, jobs without a key would count as jobs of one key.
    singletonKey: singletonKey ?? newId(),
    ...(startAfter === undefined ? {} : { startAfter }),
  })
  if (startAfter === undefined) afterCommit(tx, wakeOf(type.name))
}

interface Sender {
  readonly boss: PgBoss
  ensureQueue(type: JobType): Promise<void>
}

/** By pool. Separate from what runs the jobs, so that a verb can send one where nothing runs them, as in its test. */
const senders = new WeakMap<Database['pool'], Promise<Sender>>()

/** The sender of a database, made on first use. It polls nothing and needs no end. */
export function senderOf(database: Database): Promise<Sender> {
  const known = senders.get(database.pool)
  if (known) return known
  const made = createSender(database)
  senders.set(database.pool, made)
  made.catch(() => senders.delete(database.pool))
  return made
}

async function createSender(database: Database): Promise<Sender> {
  const boss = createBoss(database, { queueCacheIntervalSeconds: 86_400 })
  await boss.start()
  const queues = new Map<string, Promise<void>>()
  return {
    boss,
    ensureQueue({ name, options }) {
      const known = queues.get(name)
      if (known) return known
      const made = ensureQueue(boss, name, options)
      queues.set(name, made)
      made.catch(() => queues.delete(name))
      return made
    },
  }
}

const wakes = new Map<string, AfterCommit>()

/** One function for each queue, so that a transaction that sends many jobs wakes it once. */
function wakeOf(name: string): AfterCommit {
  const known = wakes.get(name)
  if (known) return known
  const wake: AfterCommit = (database) => workers.get(database.pool)?.get(name)?.()
  wakes.set(name, wake)
  return wake
}

/** What to ring when a job was sent, by pool and queue. */
const workers = new WeakMap<Database['pool'], Map<string, () => void>>()

/** Calls `wake` when this process has committed a job for the queue, until the returned function is called. */
export function onJob(database: Database, name: string, wake: () => void): () => void {
  const queues = workers.get(database.pool) ?? new Map<string, () => void>()
  workers.set(database.pool, queues)
  queues.set(name, wake)
  return () => queues.delete(name)
}
