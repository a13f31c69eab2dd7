import type { Logger } from '../log.ts'
import { createBell } from '../bell.ts'
import { pause } from './pause.ts'
import { moveCursor, nextBatch, noteFailure, passOver } from './outbox.sql.ts'
import type { Envelope } from './envelope.ts'
import type { Session } from './session.ts'
import type { Pipe } from './transport.ts'

/** The pauses between attempts to publish: doubled from the first to the longest, in milliseconds. */
const RETRY_FIRST_MILLISECONDS = 250
const RETRY_LONGEST_MILLISECONDS = 5_000

/** After so long without a ring, a cursor is moved over the events that are not for its pipe, in milliseconds. */
const QUIET_MILLISECONDS = 5_000

/** What delivers to one pipe during a turn of the relay. */
export interface Sender {
  /** Events of these types were numbered. */
  deliver(types: ReadonlySet<string>): void
  /** Delivers until the turn ends. Rejects when the publisher's own database fails; the pipe's failures it sits out. */
  run(): Promise<void>
}

interface SenderOptions {
  readonly session: Session
  readonly source: string
  readonly pipe: Pipe
  readonly log: Logger
  readonly ended: AbortSignal
}

/** Delivers the events of one pipe in order: a batch, then the cursor, then the next batch. */
export function createSender({ session, source, pipe, log, ended }: SenderOptions): Sender {
  const bell = createBell()
  ended.addEventListener('abort', bell.ring)

  /** Everything there is now. */
  async function deliverAll() {
    while (!ended.aborted) {
      const batch = await nextBatch(session, { source, pipe: pipe.name, types: pipe.types })
      if (!batch) return
      await publish(batch.events)
      if (ended.aborted) return
      const moved = await moveCursor(session, pipe.name, batch.from, batch.to)
      // When somebody else has moved it, the next round begins where it stands now.
      if (moved && !batch.more) return
    }
  }

  /** Publishes, however long the other end is down. The events of this pipe wait, and keep their order. */
  async function publish(events: readonly Envelope[]) {
    for (let attempt = 0; !ended.aborted; attempt++) {
      try {
        await pipe.publish(events)
        if (attempt > 0) log.info({ pipe: pipe.name }, 'events are delivered again')
        return
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        if (attempt === 0) log.warn({ pipe: pipe.name, err: error }, 'events cannot be delivered and wait')
        await noteFailure(session, pipe.name, message)
        // Not cut short by new events, or each of them would be another attempt to connect.
        await pause(Math.min(RETRY_FIRST_MILLISECONDS * 2 ** attempt, RETRY_LONGEST_MILLISECONDS), ended)
      }
    }
  }

  return {
    deliver(types) {
      if (pipe.types.some((type) => types.has(type))) bell.ring()
    },
    async run() {
      while (!ended.aborted) {
        await deliverAll()
        if (pipe.restMilliseconds !== undefined) await pause(pipe.restMilliseconds, ended)
        const rung = await bell.wait(QUIET_MILLISECONDS)
        if (!rung) await passOver(session, pipe.name, pipe.types)
      }
      ended.removeEventListener('abort', bell.ring)
    },
  }
}
