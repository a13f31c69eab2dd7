import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'

/** Writes JSON lines; a child of it carries the request's id. */
export type Logger = FastifyBaseLogger

/** Paths that may carry a secret; pino writes `[redacted]` instead, whatever the level. */
const SECRET_PATHS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'clientSecret',
  'headers.authorization',
  'headers.cookie',
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-tikitu-identity"]',
]

/** A JSON logger for one process. Every line of a request carries its `reqId`, the request id of the gateway. */
export function createLog(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_PATHS, censor: '[redacted]' },
  })
}
