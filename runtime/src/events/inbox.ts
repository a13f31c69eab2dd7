import type { Notification } from 'pg'
import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import { ARRIVED, readArrival } from './arrive.ts'
import { createBell } from '../bell.ts'
import { handleLanes, RETRY, type Retry } from './handle.ts'
import { manyOf } from './handle-many.ts'
import { dueLanes, pruneInbox } from './inbox.sql.ts'
import type { Subscription } from './on.ts'
import { pause } from './pause.ts'
import { OUTBOX_KEPT_DAYS } from './relay.ts'
import { openSession, type Session } from './session.ts'

/** How long an event may lie when the notification of its arrival was missed, and how late a retry may be, in milliseconds. */
const POLL_MILLISECONDS = 500

/** How many lanes this instance handles at once: each takes a connection of the pool. */
const WORKERS = 4

/** How many lanes are handled in one transaction, if there are not more of them than workers have hands for. */
const LANES_TOGETHER = 4

/** Settled events are kept a day longer than in the outboxes, so that one that is sent again from there is known here. */
const KEPT_DAYS = OUTBOX_KEPT_DAYS + 1
const PRUNE_EVERY_MILLISECONDS = 3_600_000

/** What the inbox needs. */
export interface InboxOptions {
  readonly database: Database
  readonly subscriptions: readonly Subscription[]
  readonly log: Logger
  readonly retry?: Partial<Retry> | undefined
}

/** A running inbox. */
export interface Inbox {
  /** Something arrived. */
  wake(): void
  /** Finishes the batches that are being handled. */
  stop(): Promise<void>
}

/** Handles what is in the inbox, lane by lane, for ever. Any number of instances may do so at once. */
export function startInbox({ database, subscriptions, log, retry: unusual }: InboxOptions): Inbox {
  const bell = createBell()
  const retry = { ...RETRY, ...unusual }
  const many = manyOf({ database, subscriptions, log, handlerMilliseconds: retry.handlerMilliseconds })
  const stopping = new AbortController()
  /** Lanes that want a worker, in turn. */
  const waiting = new Set<number>()
  const busy = new Set<number>()
  const workers = new Set<Promise<void>>()
  let isToLook = true
  let manyTimer: NodeJS.Timeout | undefined
  const running = Promise.all([listen(), dispatch()])

  /** Looks into all lanes, because nobody said where something is. */
  function look() {
    isToLook = true
    bell.ring()
  }

  function hear({ payload }: Notification) {
    const places = readArrival(payload)
    if (!places) return look()
    const ofMany = new Set(many.ownTypes())
    for (const { lane, type } of places) if (!ofMany.has(type)) waiting.add(lane)
    assign()
    if (places.some(({ type }) => ofMany.has(type))) bell.ring()
  }

  async function dispatch() {
    let pruneAt = 0
    let lookedAt = -Infinity
    while (!stopping.signal.aborted) {
      try {
        // First, because no lane can be handled meanwhile.
        const again = await many.handle()
        clearTimeout(manyTimer)
        if (again !== undefined) manyTimer = setTimeout(bell.ring, again).unref()
        if (isToLook || performance.now() - lookedAt >= POLL_MILLISECONDS) {
          isToLook = false
          lookedAt = performance.now()
          for (const lane of await dueLanes(database.pool, many.ownTypes())) waiting.add(lane)
          assign()
        }
        if (Date.now() >= pruneAt) {
          pruneAt = (await pruneInbox(database.pool, KEPT_DAYS)) > 0 ? 0 : Date.now() + PRUNE_EVERY_MILLISECONDS
        }
      } catch (error) {
        log.warn({ err: error }, 'the inbox cannot be read and will be tried again')
      }
      await bell.wait(POLL_MILLISECONDS)
    }
    await Promise.all(workers)
  }

  /**
   * Gives waiting lanes to idle workers, some to each, because a transaction costs more than an event. A busy lane stays
   * waiting: what is due in it may have come after its batch was read.
   */
  function assign() {
    if (stopping.signal.aborted) return
    const idle = [...waiting].filter((lane) => !busy.has(lane))
    const share = Math.max(LANES_TOGETHER, Math.ceil(idle.length / (WORKERS - workers.size)))
    while (workers.size < WORKERS && idle.length > 0) {
      const lanes = idle.splice(0, share)
      for (const lane of lanes) {
        waiting.delete(lane)
        busy.add(lane)
      }
      const worker = work(lanes).finally(() => {
        workers.delete(worker)
        for (const lane of lanes) busy.delete(lane)
        assign()
      })
      workers.add(worker)
    }
  }

  /** One batch, then the next lanes get their turn. */
  async function work(lanes: readonly number[]) {
    try {
      const { more, pause: shortest } = await handleLanes({
        lanes,
        database,
        subscriptions,
        log,
        retry,
        manyTypes: many.ownTypes(),
      })
      if (more) for (const lane of lanes) waiting.add(lane)
      if (shortest < POLL_MILLISECONDS) setTimeout(look, shortest).unref()
    } catch (error) {
      log.warn({ err: error, lanes }, 'some lanes of the inbox could not be handled and will be tried again')
    }
  }

  async function listen() {
    while (!stopping.signal.aborted) {
      const lost = createBell()
      stopping.signal.addEventListener('abort', lost.ring)
      let session: Session | undefined
      try {
        session = await openSession(database, { name: 'tikitu inbox', onNotification: hear, onLost: lost.ring })
        await session.query(`listen ${ARRIVED}`)
        look()
        await lost.wait(FOREVER)
      } catch (error) {
        log.debug({ err: error }, 'the inbox is not notified and polls')
        await pause(POLL_MILLISECONDS, stopping.signal)
      } finally {
        stopping.signal.removeEventListener('abort', lost.ring)
        await session?.end()
      }
    }
  }

  return {
    wake: look,
    async stop() {
      stopping.abort()
      clearTimeout(manyTimer)
      bell.ring()
      await running
    },
  }
}

/** The longest that a timer can wait. */
const FOREVER = 2 ** 31 - 1
