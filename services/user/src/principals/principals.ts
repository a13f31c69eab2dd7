import type { Database } from '@tikitu/runtime/database'
import type { Logger } from '@tikitu/runtime/log'
import type { UserPrincipal } from '@tikitu/schema/principals'
import { touchUser } from '../users/user.sql.ts'
import { principalBySubject } from './principal.sql.ts'

/** How exact `lastSeenAt` is, in seconds: a row for each request would cost more than it tells. */
const SEEN_SECONDS = 60

/** A subject that somebody asks about. */
export interface PrincipalQuestion {
  readonly subject: string
  /** When the subject signed in, as their token says; null when the asker does not tell. */
  readonly signedInAt: Date | null
}

/** Who the subject is here; null when they have not registered. Remembers that they were here, without making anybody wait for it. */
export async function findPrincipal(
  { database: { orm }, log }: { database: Database; log: Logger },
  { subject, signedInAt }: PrincipalQuestion,
): Promise<UserPrincipal | null> {
  const known = await principalBySubject(orm, subject)
  if (!known) return null

  const isNewSignIn = signedInAt !== null && signedInAt > known.signedInAt
  if (isNewSignIn || known.secondsSinceSeen >= SEEN_SECONDS) {
    touchUser(orm, known.id, { signedInAt, seconds: SEEN_SECONDS }).catch((error: unknown) => {
      log.warn({ err: error, userId: known.id }, 'when the user was last seen could not be written down')
    })
  }
  return { userId: known.id, status: known.status }
}
