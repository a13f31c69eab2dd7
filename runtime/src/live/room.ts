import { createBell, type Bell } from '../bell.ts'
import type { Database, Transaction } from '../database.ts'
import { pause } from '../events/pause.ts'
import { openSession, type Session } from '../events/session.ts'
import type { Logger } from '../log.ts'
import { placeOf } from '../transaction.ts'

/**
 * That something changed: what kind of thing, and which one. Never how it is now: whoever is told looks for themselves,
 * and sees what they may see.
 */
export interface Change {
  readonly topic: string
  readonly id: string
}

/** Where changes are told to whoever watches, in every instance of a service. */
export interface Room {
  /**
   * Yields at once, and then whenever the thing has changed since; changes while nobody asks are one. Ends when the
   * signal is aborted or the service stops. Look at the thing after each, and no change is missed.
   */
  watch(change: Change, signal: AbortSignal): AsyncIterable<void>
  stop(): Promise<void>
}

/** The channel of PostgreSQL on which changes are told. */
const CHANNEL = 'live'

/** Between attempts to connect, in milliseconds. */
const RECONNECT_MILLISECONDS = 500

/** The longest that a timer can wait. */
const FOREVER = 2 ** 31 - 1

const nameOf = ({ topic, id }: Change) => `${topic}:${id}`

/**
 * Tells of changes that no fact in the outbox tells of, when `tx` commits. Not where it is hot: transactions that
 * notify wait for each other when they commit.
 */
export async function tellOfChanges(tx: Transaction, ...changes: readonly Change[]): Promise<void> {
  await notify(placeOf(tx).connection, changes)
}

/** Where a statement can be run. */
interface Connection {
  query(text: string, values: unknown[]): Promise<unknown>
}

/** Tells of changes at once, or when the transaction of the connection commits. */
export async function notify(connection: Connection, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return
  const names = [...new Set(changes.map(nameOf))]
  await connection.query('select pg_notify($1, name) from unnest($2::text[]) as name', [CHANNEL, names])
}

/**
 * Opens the room of one instance. It has a connection of its own, and after it was lost everybody is told, because
 * something may have been missed.
 */
export function openRoom({ database, log }: { database: Database; log: Logger }): Room {
  const watchers = new Map<string, Set<Bell>>()
  const stopping = new AbortController()
  const running = listen()

  async function listen() {
    while (!stopping.signal.aborted) {
      const lost = createBell()
      stopping.signal.addEventListener('abort', lost.ring)
      let session: Session | undefined
      try {
        session = await openSession(database, {
          name: 'tikitu live',
          onNotification: ({ payload }) => ring(watchers.get(payload ?? '')),
          onLost: lost.ring,
        })
        await session.query(`listen ${CHANNEL}`)
        ringAll()
        await lost.wait(FOREVER)
      } catch (error) {
        log.warn({ err: error }, 'live updates wait for the database')
        await pause(RECONNECT_MILLISECONDS, stopping.signal)
      } finally {
        stopping.signal.removeEventListener('abort', lost.ring)
        await session?.end()
      }
    }
  }

  async function* watch(change: Change, signal: AbortSignal) {
    const name = nameOf(change)
    const bell = createBell()
    const bells = watchers.get(name) ?? new Set()
    watchers.set(name, bells)
    bells.add(bell)
    signal.addEventListener('abort', bell.ring)
    try {
      while (!signal.aborted && !stopping.signal.aborted) {
        yield
        await bell.wait(FOREVER)
      }
    } finally {
      signal.removeEventListener('abort', bell.ring)
      bells.delete(bell)
      if (bells.size === 0 && watchers.get(name) === bells) watchers.delete(name)
    }
  }

  function ringAll() {
    for (const bells of watchers.values()) ring(bells)
  }

  return {
    watch,
    async stop() {
      stopping.abort()
      ringAll()
      await running
    },
  }
}

function ring(bells: ReadonlySet<Bell> | undefined): void {
  for (const bell of bells ?? []) bell.ring()
}
