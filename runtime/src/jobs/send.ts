import type { PgBoss } from 'pg-boss'
import { z } from 'zod'
import type { Database, Transaction } from '../database.ts'
import { newId } from '../ids.ts'
import { currentTrace } from '../trace.ts'
import { afterCommit, placeOf, type AfterCommit } from '../transaction.ts'
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
  const { database, connection } = placeOf(tx)
  const sender = await senderOf(database)
  await sender.ensureQueue(type)
  const trace = currentTrace()
  const payload: z.input<typeof payloadShape> = {
    data: parsed.data,
    ...(trace ? { correlationId: trace.correlationId } : {}),
    ...(trace?.traceparent ? { traceparent: trace.traceparent } : {}),
  }
  await sender.boss.send(type.name, payload, {
    db: { executeSql: (text, values) => connection.query({ name: preparedName(text), text, values: values ?? [] }) },
    // In a queue of the policy `short`, jobs without a key would count as jobs of one key.
    singletonKey: singletonKey ?? newId(),
    ...(startAfter === undefined ? {} : { startAfter }),
  })
  if (startAfter === undefined) afterCommit(tx, wakeOf(type.name))
}

const prepared = new Map<string, string>()

/** pg-boss sends to a queue by one long text, of which the planning takes as long as the insert. There are as many as queues. */
function preparedName(text: string): string {
  const known = prepared.get(text)
  if (known) return known
  const name = `job_send_${prepared.size}`
  prepared.set(text, name)
  return name
}

/** What jobs are sent with. */
interface Sender {
  readonly boss: PgBoss
  ensureQueue(type: Pick<JobType, 'name' | 'options'>): Promise<void>
}

/** By pool. */
const senders = new WeakMap<Database['pool'], Promise<Sender>>()

/**
 * Sends the jobs of the database with the pg-boss that runs them, until the returned function is called. The queues of
 * these names are there already: looking for one takes another connection than the sending transaction's, which it would
 * not get when there are as many of those as connections.
 */
export function sendWith(database: Database, boss: PgBoss, ready: readonly string[]): () => void {
  senders.set(database.pool, Promise.resolve(createSender(boss, ready)))
  return () => senders.delete(database.pool)
}

/** The sender of a database. Where nothing runs jobs, as in the test of a verb that sends one, it is made on first use. */
function senderOf(database: Database): Promise<Sender> {
  const known = senders.get(database.pool)
  if (known) return known
  const made = startSender(database)
  senders.set(database.pool, made)
  made.catch(() => senders.delete(database.pool))
  return made
}

async function startSender(database: Database): Promise<Sender> {
  const boss = createBoss(database, {})
  // Its housekeeping finds the pool closed one day. What fails in sending is thrown to whoever sends.
  boss.on('error', () => undefined)
  await boss.start()
  return createSender(boss)
}

function createSender(boss: PgBoss, ready: readonly string[] = []): Sender {
  const queues = new Map(ready.map((name) => [name, Promise.resolve()]))
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
