import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { Fault } from '@tikitu/runtime/fault'
import { requireService } from '@tikitu/runtime/identity'
import type { ServiceParts } from '@tikitu/runtime/serve'
import { text, validInput } from '@tikitu/runtime/validate'
import { PRINCIPAL_PATH, type PartnerPrincipal } from '@tikitu/schema/principals'
import { principalOf } from './principals.ts'

/** The subject of a person in the user pool, or an app client. */
const question = z.object({ subject: text(1, 128) })

/**
 * `GET /internal/principal?subject=…`: what is this person or app client to which partners? Answers `{ partners }`, or
 * 404 when it is nothing to any partner that was not rejected. For services only.
 */
export function staffRoutes(app: FastifyInstance, { database }: ServiceParts): void {
  app.get(PRINCIPAL_PATH, async (request): Promise<PartnerPrincipal> => {
    requireService(request.identity)
    const { subject } = validInput(question, request.query, 'query')
    const partners = await principalOf(database.orm, subject)
    if (partners.length === 0) throw new Fault('NOT_FOUND', 'This subject works for no partner.')
    return { partners }
  })
}
