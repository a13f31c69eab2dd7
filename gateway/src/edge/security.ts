import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import { CSRF_HEADERS } from './graphql-request.ts'

/** How long a browser may remember that another site may call us, in seconds. */
const PREFLIGHT_SECONDS = 600

/** Headers that browsers go by: nothing is embedded, framed or sniffed, and only the named sites may call. */
export async function addBrowserSecurity(app: FastifyInstance, corsOrigins: readonly string[]): Promise<void> {
  await app.register(helmet, {
    // Answers are data; the two pages say themselves what they load.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    referrerPolicy: { policy: 'no-referrer' },
  })
  await app.register(cors, {
    origin: corsOrigins.length > 0 ? [...corsOrigins] : false,
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'x-request-id', ...CSRF_HEADERS],
    exposedHeaders: ['x-request-id', 'retry-after'],
    maxAge: PREFLIGHT_SECONDS,
  })
}
