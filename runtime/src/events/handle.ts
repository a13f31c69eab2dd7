import type { PoolClient } from 'pg'
import type { Database, Transaction } from '../database.ts'
import type { Logger } from '../log.ts'
import { inTransaction, withCommit } from '../transaction.ts'
import { withTrace } from '../trace.ts'
import { describeError } from './describe-error.ts'
import {
  BATCH_EVENTS,
  lanesTaken,
  nextArrived,
  postpone,
  settling,
  takingLanes,
  type Arrived,
  type ArrivedBatch,
} from './inbox.sql.ts'

import { MalformedEvent, type Handled, type Subscription } from './on.ts'

/** How a failed event is tried again. */
export interface Retry {
  /** An event that failed so often is dead. */
  readonly attemptsMax: number
  /** The pause before the next attempt, after so many failures, in milliseconds. */
  readonly pause: (failures: number) => number
  /** A handler that takes longer has hung: its connection is ended and its event has failed. In milliseconds. */
  readonly handlerMilliseconds: number
}

/** Twelve attempts over about four minutes: a quarter of a second, doubled up to a minute. */
export const RETRY: Retry = {
  attemptsMax: 12,
  pause: (failures) => Math.min(250 * 2 ** (failures - 1), 60_000),
  handlerMilliseconds: 20_000,
}

/** After so long a transaction takes no further event, so that the rows which handlers locked come free for requests. */
const BATCH_MILLISECONDS = 100

const NEXT_SAVEPOINT = 'release savepoint event; savepoint event'

/** Some lanes, and what to do with their events. */
export interface Lane {
  readonly lanes: readonly number[]
  readonly database: Database
  readonly subscriptions: readonly Subscription[]
  readonly log: Logger
  readonly retry: Retry
  /** Types that are handled together, beside the lanes; see `Many`. */
  readonly manyTypes: readonly string[]
}

/** What is left in the lanes after a batch. */
export interface Rest {
  /** There may be more to handle at once. */
  readonly more: boolean
  /** The shortest pause of the events that were parked, in milliseconds; infinite when there were none. */
  readonly pause: number
}

/**
 * Handles the next events of some lanes in one transaction, with a savepoint for each: one that fails is undone and parked
 * with its key, and the others go on. Leaves out the lanes that another instance has.
 */
export async function handleLanes(lane: Lane): Promise<Rest> {
  const batch = await tryBatch(lane, BATCH_EVENTS)
  if (!batch.failed) return batch.rest
  // A commit that failed or a connection that broke has undone all of it. One by one, the guilty event shows.
  lane.log.warn({ err: batch.failed.error, lanes: lane.lanes }, 'a batch of events failed as a whole')
  let pause = Infinity
  for (let left = batch.failed.batchSize; left > 0; left--) {
    const single = await tryBatch(lane, 1)
    const parked = single.failed
      ? await park(lane, lane.database.pool, single.failed.event, single.failed.error)
      : single.rest.pause
    pause = Math.min(pause, parked)
  }
  return { more: true, pause }
}

type Tried = { readonly rest: Rest; readonly failed?: never } | { readonly failed: WholeFailure }

interface WholeFailure {
  readonly error: unknown
  /** The event that was being handled, or was the last. */
  readonly event: Arrived
  readonly batchSize: number
}

async function tryBatch(lane: Lane, eventsMax: number): Promise<Tried> {
  let batch: ArrivedBatch = { events: [], more: false }
  let current: Arrived | undefined
  let hung: Error | undefined

  try {
    return await inTransaction(
      lane.database,
      async (tx, { connection, opened }) => {
        const lanes = lanesTaken(opened)
        if (lanes.length === 0) return { rest: { more: false, pause: Infinity } }
        batch = await nextArrived(connection, lanes, eventsMax, lane.manyTypes)
        return { rest: await handleEach(tx, connection) }
      },
      takingLanes(lane.lanes),
    )
  } catch (error) {
    if (!current) throw error
    return { failed: { error: hung ?? error, event: current, batchSize: batch.events.length } }
  }

  async function handleEach(tx: Transaction, connection: PoolClient): Promise<Rest> {
    const handled: string[] = []
    let pause = Infinity
    const parkedKeys = new Set<string>()
    const takesUntil = performance.now() + BATCH_MILLISECONDS
    for (const event of batch.events) {
      if (parkedKeys.has(event.key)) continue
      if (handled.length > 0 && performance.now() > takesUntil) return finish(true)
      current = event
      try {
        await beforeDeadline(connection, handleOne(lane, tx, event))
        // What the last one did wrong shows when it is committed.
        if (event !== batch.events.at(-1)) await connection.query(NEXT_SAVEPOINT)
        handled.push(event.sequence)
      } catch (error) {
        if (hung) throw error
        await connection.query('rollback to savepoint event')
        pause = Math.min(pause, await park(lane, connection, event, error))
        // Or the next event that fails would undo this one's failure too.
        await connection.query(NEXT_SAVEPOINT)
        parkedKeys.add(event.key)
      }
    }
    return finish(batch.more)

    function finish(more: boolean): Rest {
      if (handled.length > 0) withCommit(tx, settling(handled))
      return { more, pause }
    }
  }

  /** The handler may come back to life and write: only without its connection is that impossible. */
  async function beforeDeadline(connection: PoolClient, handling: Promise<void>): Promise<void> {
    const { promise: deadline, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      hung = new Error(`the handler did not finish within ${lane.retry.handlerMilliseconds} ms`)
      void connection.end()
      reject(hung)
    }, lane.retry.handlerMilliseconds)
    try {
      await Promise.race([handling, deadline])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The event cannot be handled by this version of the service, however often it is tried. */
class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent'
}

async function handleOne({ subscriptions }: Lane, tx: Transaction, event: Arrived): Promise<void> {
  const ofType = subscriptions.filter((subscription) => subscription.type === event.type)
  const matching = ofType.filter((subscription) => subscription.version === event.version)
  if (matching.length === 0) {
    const known = ofType.map((subscription) => subscription.version).join(', ')
    throw new UnknownEvent(`no handler for version ${event.version} of ${event.type} (known: ${known || 'none'})`)
  }
  const envelope = toEnvelope(event)
  const trace = {
    correlationId: event.correlation_id,
    causationId: event.id,
    traceparent: event.traceparent ?? undefined,
  }
  await withTrace(trace, async () => {
    for (const subscription of matching) await subscription.handle(tx, envelope)
  })
}

function toEnvelope(event: Arrived): Handled {
  return {
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    time: event.occurred_at.toISOString(),
    datacontenttype: 'application/json',
    dataversion: event.version,
    partitionkey: event.key,
    sequence: event.position,
    correlationid: event.correlation_id,
    ...(event.causation_id === null ? {} : { causationid: event.causation_id }),
    ...(event.traceparent === null ? {} : { traceparent: event.traceparent }),
    data: event.data,
    at: event.at,
  }
}

/**
 * Writes down the failure: the event is tried again after a pause, or is dead, and later events of its key wait.
 * Returns the pause in milliseconds.
 */
async function park(
  { retry, log }: Lane,
  connection: PoolClient | Database['pool'],
  event: Arrived,
  error: unknown,
): Promise<number> {
  const failures = event.attempts + 1
  const hopeless = error instanceof MalformedEvent || error instanceof UnknownEvent
  const pause = hopeless || failures >= retry.attemptsMax ? undefined : retry.pause(failures)
  const about = { err: error, event: event.id, type: event.type, key: event.key, attempt: failures }
  if (pause === undefined) log.error(about, 'an event is dead, and later events of its key wait behind it')
  else log.warn({ ...about, pause }, 'an event could not be handled and will be tried again')
  await postpone(connection, event.sequence, { error: describeError(error), milliseconds: pause })
  return pause ?? Infinity
}
