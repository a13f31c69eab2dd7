import type { Database } from '@tikitu/runtime/database'
import type { UserPrincipal } from '@tikitu/schema/principals'
import { principalsBySubjects } from './principal.sql.ts'
import { isNews, type Sightings } from './sightings.ts'

/** A subject that somebody asks about. */
export interface PrincipalQuestion {
  readonly subject: string
  /** When the subject signed in, as their token says; null when the asker does not tell. */
  readonly signedInAt: Date | null
}

/**
 * Who the subjects are here, in the order of the questions; null for those who have not registered. Notes that they were
 * here.
 */
export async function findPrincipals(
  database: Database,
  sightings: Sightings,
  questions: readonly PrincipalQuestion[],
): Promise<(UserPrincipal | null)[]> {
  const subjects = questions.map(({ subject }) => subject)
  const known = await principalsBySubjects(database, subjects)
  return questions.map(({ subject, signedInAt }) => {
    const principal = known.get(subject)
    if (!principal) return null
    if (isNews(signedInAt, principal)) sightings.note({ userId: principal.id, signedInAt })
    return { userId: principal.id, status: principal.status }
  })
}
