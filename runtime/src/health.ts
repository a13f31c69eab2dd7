import type { FastifyInstance } from 'fastify'
import type { Database } from './database.ts'

/** `/livez`: the process answers. `/readyz`: it can also reach its database. Neither asks for an identity. */
export function addHealth(app: FastifyInstance, database: Database): void {
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
}
