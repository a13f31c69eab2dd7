import { requireService } from '@tikitu/runtime/identity'
import type { ServiceParts } from '@tikitu/runtime/serve'
import { validInput } from '@tikitu/runtime/validate'
import { REVOCATIONS_PATH, type RevocationPage } from '@tikitu/schema/revocations'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readRevocations } from './revocations.ts'

const question = z.object({
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a cursor of an answer')
    .default('0')
    .transform(Number),
})

/** `GET /internal/revocations[?after=…]`, for services only: see `@tikitu/schema/revocations`. */
export function revocationRoutes(app: FastifyInstance, parts: ServiceParts): void {
  app.get(REVOCATIONS_PATH, (request) => answer(parts, request))
}

async function answer({ database }: ServiceParts, { identity, query }: FastifyRequest): Promise<RevocationPage> {
  requireService(identity)
  return readRevocations(database, validInput(question, query, 'query').after)
}
