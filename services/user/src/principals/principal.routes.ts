import { Fault } from '@tikitu/runtime/fault'
import { requireService } from '@tikitu/runtime/identity'
import type { ServiceParts } from '@tikitu/runtime/serve'
import { text, validInput } from '@tikitu/runtime/validate'
import { PRINCIPAL_PATH, type UserPrincipal } from '@tikitu/schema/principals'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findPrincipal } from './principals.ts'

const question = z.object({
  subject: text(1, 128),
  signedInAt: z.iso
    .datetime('must be an instant in UTC')
    .transform((instant) => new Date(instant))
    .nullable()
    .default(null),
})

/**
 * `GET /internal/principal?subject=…[&signedInAt=…]`: who is this Cognito subject? Answers `{ userId, status }`, or 404
 * before the subject has registered. For services only; `signedInAt`, the token's, lets sign-ins be counted.
 */
export function principalRoutes(app: FastifyInstance, parts: ServiceParts): void {
  app.get(PRINCIPAL_PATH, (request) => answer(parts, request))
}

async function answer(parts: ServiceParts, { identity, query }: FastifyRequest): Promise<UserPrincipal> {
  requireService(identity)
  const principal = await findPrincipal(parts, validInput(question, query, 'query'))
  if (!principal) throw new Fault('NOT_FOUND', 'This subject has not registered.')
  return principal
}
