import { readFileSync } from 'node:fs'
import { HEALTH_PATH, type ServiceHealth } from '@tikitu/schema/health'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Database } from './database.ts'
import type { EventLag } from './events/lag.ts'
import { requireService } from './identity.ts'

/** The version of all that runs on this runtime: they are released together. */
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')))

/**
 * `/livez`: the process answers. `/readyz`: it can also reach its database. Neither asks for an identity.
 * `HEALTH_PATH`: how it is, in numbers, for services alone.
 */
export function addHealth(app: FastifyInstance, database: Database, lag: () => Promise<EventLag>): void {
  app.get('/livez', { config: { open: true }, logLevel: 'warn' }, () => ({ status: 'ok' }))
  app.get('/readyz', { config: { open: true }, logLevel: 'warn' }, async (_request, reply) => {
    try {
      await database.pool.query('select 1')
      return { status: 'ok' }
    } catch (error) {
      app.log.warn({ err: error }, 'not ready: the database does not answer')
      return reply.code(503).send({ status: 'unavailable', reason: 'the database does not answer' })
    }
  })
  app.get(HEALTH_PATH, { logLevel: 'warn' }, async ({ identity }): Promise<ServiceHealth> => {
    requireService(identity)
    const started = performance.now()
    await database.pool.query('select 1')
    const databaseMilliseconds = Math.round(performance.now() - started)
    const { unpublished, inBroker, unhandled, dead, failing } = await lag()
    const events = { unpublished, inBroker, unhandled, dead, failing: failing.length }
    return { version, databaseMilliseconds, events }
  })
}
