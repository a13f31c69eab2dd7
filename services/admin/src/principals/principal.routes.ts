import { Fault } from '@tikitu/runtime/fault'
import { requireService } from '@tikitu/runtime/identity'
import type { ServiceParts } from '@tikitu/runtime/serve'
import { text, validInput } from '@tikitu/runtime/validate'
import { PRINCIPAL_PATH, type AdminPrincipal } from '@tikitu/schema/principals'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { activeAdmin } from '../admins/admins.ts'

const question = z.object({ subject: text(1, 128) })

/**
 * `GET /internal/principal?subject=…`: what may this Cognito subject do as an admin? Answers `{ adminRole }`, or 404 for
 * everybody who is no active admin. For services only, whose business it is to ask the token for the group `admin` too.
 */
export function principalRoutes(app: FastifyInstance, parts: ServiceParts): void {
  app.get(PRINCIPAL_PATH, (request) => answer(parts, request))
}

async function answer({ database }: ServiceParts, { identity, query }: FastifyRequest): Promise<AdminPrincipal> {
  requireService(identity)
  const admin = await activeAdmin(database, validInput(question, query, 'query').subject)
  if (!admin) throw new Fault('NOT_FOUND', 'This subject is no admin.')
  return { adminRole: admin.role }
}
