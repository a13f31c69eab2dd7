import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import { createBell } from '../bell.ts'
import { notify } from '../live/room.ts'
import { createCursors, numberCommitted, pruneOutbox, SESSION_SETTINGS, type Numbered } from './outbox.sql.ts'
import { pause } from './pause.ts'
import { createSender } from './sender.ts'
import { openSession, type Session } from './session.ts'
import type { Pipe } from './transport.ts'
import { onWake } from './wake.ts'

/** How long a committed event may lie when nobody woke the relay, in milliseconds. */
const POLL_MILLISECONDS = 500

/**
 * Between the beginnings of two numberings, in milliseconds: while events come one by one, and at a rush. The first event
 * after a quiet moment is numbered at once; at a rush, rows by the dozen cost little more than one, and each numbering
 * takes processor time from what is committed.
 */
const NUMBER_EVERY_MILLISECONDS = 5
const NUMBER_EVERY_AT_A_RUSH_MILLISECONDS = 25

/** So many rows in one numbering are a rush. */
const RUSH_ROWS = 8

/** Published events are kept so long, so that a consumer restored from a backup can be sent them again. */
export const OUTBOX_KEPT_DAYS = 30
const PRUNE_EVERY_MILLISECONDS = 3_600_000

/** Held by the instance whose turn it is. The number has no meaning; it must not change. */
const RELAY_LOCK = 7_215_430_002

/** The channel on which an instance tells the one whose turn it is that it has committed something. */
const COMMITTED = 'outbox'

/** What the relay needs. */
export interface RelayOptions {
  readonly database: Database
  /** As the envelope names the publisher. */
  readonly source: string
  readonly pipes: readonly Pipe[]
  readonly log: Logger
  /** Which facts are changes of what somebody may be watching: their topic by event type. The key says which thing. */
  readonly watched?: Readonly<Record<string, string>> | undefined
}

/** A running relay. */
export interface Relay {
  /** Something was committed to the outbox. */
  wake(): void
  /** Finishes the statement it is at. What was not delivered is delivered by the next relay. */
  stop(): Promise<void>
}

/**
 * Takes committed events from the outbox to the pipes, in order, at least once. Of several instances one has the turn,
 * until it stops or loses its connection. That is economy: every step is also safe against a second relay that still
 * believes it has the turn, because it only goes on from a cursor that it found and moves it by compare-and-set.
 */
export function startRelay({ database, source, pipes, log, watched = {} }: RelayOptions): Relay {
  const bell = createBell()
  const stopping = new AbortController()
  const forget = onWake(database, bell.ring)
  const running = run()

  async function run() {
    while (!stopping.signal.aborted) {
      let session: Session | undefined
      try {
        session = await openSession(database, { name: 'tikitu relay', onNotification: bell.ring, onLost: bell.ring })
        await session.query(SESSION_SETTINGS)
        await createCursors(
          session,
          pipes.map((pipe) => pipe.name),
        )
        await takeTurns(session)
      } catch (error) {
        log.warn({ err: error }, 'the relay lost its database and will connect again')
        // Not the bell: the connection that was lost has rung it.
        await pause(POLL_MILLISECONDS, stopping.signal)
      } finally {
        await session?.end()
      }
    }
  }

  async function takeTurns(session: Session) {
    while (!stopping.signal.aborted) {
      const { rows } = await session.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [RELAY_LOCK])
      if (rows[0]?.mine) return haveTurn(session)
      const committed = await bell.wait(POLL_MILLISECONDS)
      if (committed) await session.query('select pg_notify($1, $2)', [COMMITTED, ''])
    }
  }

  async function haveTurn(session: Session) {
    const turn = new AbortController()
    const endTurn = () => turn.abort()
    stopping.signal.addEventListener('abort', endTurn)
    // The turn may have come while somebody said stop.
    if (stopping.signal.aborted) endTurn()
    const senders = pipes.map((pipe) => createSender({ session, source, pipe, log, ended: turn.signal }))
    const work = [number(), ...senders.map((sender) => sender.run())]

    async function number() {
      await session.query(`listen ${COMMITTED}`)
      let pruneAt = 0
      while (!turn.signal.aborted) {
        const begunAt = performance.now()
        const numbered = await numberCommitted(session, Object.keys(watched))
        for (const sender of senders) sender.deliver(numbered.types)
        await tell(numbered.watched)
        if (numbered.more) continue
        if (Date.now() >= pruneAt) pruneAt = (await prune(session)) ? 0 : Date.now() + PRUNE_EVERY_MILLISECONDS
        await bell.wait(POLL_MILLISECONDS)
        const isRush = numbered.count >= RUSH_ROWS
        const every = isRush ? NUMBER_EVERY_AT_A_RUSH_MILLISECONDS : NUMBER_EVERY_MILLISECONDS
        const early = begunAt + every - performance.now()
        if (early > 0) await pause(early, turn.signal)
      }
    }

    /** Here, because the commit is over, whatever wrote the row: nobody waits for it. */
    async function tell(facts: Numbered['watched']) {
      const changes = facts.flatMap(({ type, key }) => (watched[type] ? [{ topic: watched[type], id: key }] : []))
      await notify(session, changes)
    }

    try {
      await Promise.all(work)
    } finally {
      stopping.signal.removeEventListener('abort', endTurn)
      endTurn()
      bell.ring()
      await Promise.allSettled(work)
    }
  }

  /** True when there is more to delete. */
  async function prune(session: Session): Promise<boolean> {
    const names = pipes.map((pipe) => pipe.name)
    return (await pruneOutbox(session, names, OUTBOX_KEPT_DAYS)) > 0
  }

  return {
    wake: bell.ring,
    async stop() {
      forget()
      stopping.abort()
      bell.ring()
      await running
    },
  }
}
