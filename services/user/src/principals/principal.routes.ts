import { Fault } from '@tikitu/runtime/fault'
import { requireService } from '@tikitu/runtime/identity'
import type { ServiceParts } from '@tikitu/runtime/serve'
import { text, validInput } from '@tikitu/runtime/validate'
import {
  PRINCIPAL_PATH,
  PRINCIPALS_MAX,
  PRINCIPALS_PATH,
  type PrincipalAnswers,
  type UserPrincipal,
} from '@tikitu/schema/principals'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { findPrincipals } from './principals.ts'
import { keepSightings } from './sightings.ts'

const question = z.object({
  subject: text(1, 128),
  signedInAt: z.iso
    .datetime('must be an instant in UTC')
    .transform((instant) => new Date(instant))
    .nullable()
    .default(null),
})

const questions = z.object({ questions: z.array(question).max(PRINCIPALS_MAX) })

/**
 * `GET /internal/principal?subject=…[&signedInAt=…]`: who is this Cognito subject? Answers `{ userId, status }`, or 404
 * before the subject has registered. `POST /internal/principals` with `{ questions: [{ subject, signedInAt }] }` asks about
 * many and answers `{ principals }` in their order, with null for those. For services only; `signedInAt`, the token's, lets
 * sign-ins be counted.
 */
export function principalRoutes(app: FastifyInstance, parts: ServiceParts): void {
  const { database } = parts
  const sightings = keepSightings(parts)
  app.addHook('onClose', () => sightings.flush())

  app.get(PRINCIPAL_PATH, async ({ identity, query }): Promise<UserPrincipal> => {
    requireService(identity)
    const [principal] = await findPrincipals(database, sightings, [validInput(question, query, 'query')])
    if (!principal) throw new Fault('NOT_FOUND', 'This subject has not registered.')
    return principal
  })

  app.post(PRINCIPALS_PATH, async ({ identity, body }): Promise<PrincipalAnswers<UserPrincipal>> => {
    requireService(identity)
    const asked = validInput(questions, body, 'body')
    return { principals: await findPrincipals(database, sightings, asked.questions) }
  })
}
