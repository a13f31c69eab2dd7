import type { Database } from '@tikitu/runtime/database'
import type { Logger } from '@tikitu/runtime/log'
import { touchUsers, type Sighting } from '../users/user.sql.ts'

/** How exact `lastSeenAt` is, in seconds: a row for each request would cost more than it tells. */
const SEEN_SECONDS = 60

/** How long sightings wait for others, to be written down by one statement; in milliseconds. */
const TOGETHER_MILLISECONDS = 250

/** Writes down who was here, without making anybody wait for it. */
export interface Sightings {
  /** The user was here. Nothing is written when that, and the sign-in, is known: then it must not be called. */
  note(sighting: Sighting): void
  /** Writes down what was noted. */
  flush(): Promise<void>
}

/** Whether there is something to note about somebody. */
export function isNews(
  signedInAt: Date | null,
  known: { readonly signedInAt: Date; readonly secondsSinceSeen: number },
): boolean {
  return (signedInAt !== null && signedInAt > known.signedInAt) || known.secondsSinceSeen >= SEEN_SECONDS
}

/** Sightings are few to a user and many at a rush, so they are collected for a moment. What is lost with the process is seen again. */
export function keepSightings({ database, log }: { database: Database; log: Logger }): Sightings {
  let noted = new Map<string, Date | null>()
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (noted.size === 0) return
    // In their order, so that two instances who saw the same people do not wait for each other.
    const sightings = [...noted]
      .map(([userId, signedInAt]) => ({ userId, signedInAt }))
      .toSorted((one, other) => (one.userId < other.userId ? -1 : 1))
    noted = new Map()
    try {
      await touchUsers(database, sightings, { seconds: SEEN_SECONDS })
    } catch (error) {
      log.warn({ err: error, users: sightings.length }, 'when users were last seen could not be written down')
    }
  }

  return {
    note({ userId, signedInAt }) {
      const before = noted.get(userId) ?? null
      noted.set(userId, before !== null && (signedInAt === null || before > signedInAt) ? before : signedInAt)
      timer ??= setTimeout(() => void flush(), TOGETHER_MILLISECONDS)
    },
    flush,
  }
}
