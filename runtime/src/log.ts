import type { FastifyBaseLogger } from 'fastify'
import { pino, stdSerializers } from 'pino'

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
  // Not pino's own destination: when whoever reads the lines was killed, its flush waits for them for ever, and this
  // process would outlive its runner. Here such an error says that there is nobody to tell, and is left at that.
  if (process.stdout.listenerCount('error', nobodyReads) === 0) process.stdout.on('error', nobodyReads)
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: Error) => withoutParameters(stdSerializers.err(error)) },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    },
    process.stdout,
  )
}

function nobodyReads(): void {}

/** Drizzle puts the parameters of a failed statement into its message: people's names and addresses among them. */
function withoutParameters<Serialized extends { message: string; stack: string }>(error: Serialized): Serialized {
  const cut = (text: string) => text.replaceAll(/\nparams: [^\n]*/g, '')
  return { ...error, message: cut(error.message), stack: cut(error.stack), params: undefined }
}
