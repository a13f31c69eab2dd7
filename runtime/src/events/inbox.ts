import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import { ARRIVED } from './arrive.ts'
import { createBell } from '../bell.ts'
import { handleLane, RETRY, type Retry } from './handle.ts'
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
  const busy = new Map<number, Promise<void>>()
  const running = Promise.all([listen(), dispatch()])

  async function dispatch() {
    let pruneAt = 0
    while (!stopping.signal.aborted) {
      try {
        // First, because no lane can be handled meanwhile.
        const again = await many.handle()
        if (again !== undefined) setTimeout(bell.ring, again).unref()
        for (const lane of await dueLanes(database.pool, many.ownTypes())) waiting.add(lane)
        assign()
        if (Date.now() >= pruneAt) {
          pruneAt = (await pruneInbox(database.pool, KEPT_DAYS)) > 0 ? 0 : Date.now() + PRUNE_EVERY_MILLISECONDS
        }
      } catch (error) {
        log.warn({ err: error }, 'the inbox cannot be read and will be tried again')
      }
      await bell.wait(POLL_MILLISECONDS)
    }
    await Promise.all(busy.values())
  }

  /** Gives waiting lanes to idle workers. A busy lane stays waiting: what is due in it may have come after its batch was read. */
  function assign() {
    for (const lane of waiting) {
      if (busy.size >= WORKERS || stopping.signal.aborted) return
      if (busy.has(lane)) continue
      waiting.delete(lane)
      busy.set(lane, work(lane))
    }
  }

  /** One batch, then the next lane gets its turn. */
  async function work(lane: number) {
    try {
      const { more, pause: shortest } = await handleLane({
        lane,
        database,
        subscriptions,
        log,
        retry,
        manyTypes: many.ownTypes(),
      })
      if (more) waiting.add(lane)
      if (shortest < POLL_MILLISECONDS) setTimeout(bell.ring, shortest).unref()
    } catch (error) {
      log.warn({ err: error, lane }, 'a lane of the inbox could not be handled and will be tried again')
    } finally {
      busy.delete(lane)
      assign()
    }
  }

  async function listen() {
    while (!stopping.signal.aborted) {
      const lost = createBell()
      stopping.signal.addEventListener('abort', lost.ring)
      let session: Session | undefined
      try {
        session = await openSession(database, { name: 'tikitu inbox', onNotification: bell.ring, onLost: lost.ring })
        await session.query(`listen ${ARRIVED}`)
        bell.ring()
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
    wake: bell.ring,
    async stop() {
      stopping.abort()
      bell.ring()
      await running
    },
  }
}

/** The longest that a timer can wait. */
const FOREVER = 2 ** 31 - 1
