import { readServiceConfig, readVariables, type ServiceConfig } from '@tikitu/runtime/config'
import { z } from 'zod'

/** What booking needs beside what every service needs. */
export interface BookingConfig extends ServiceConfig {
  /** Seals the keys that sign tickets. With another secret than before, no ticket of an older event can be shown. */
  readonly ticketKeySecret: string
}

const SECRET = 'expected a secret of at least 32 characters that never changes'

const variables = {
  TICKET_KEY_SECRET: z.string({ error: SECRET }).min(32, SECRET),
}

/** Reads the configuration once. Throws a `ConfigurationError` that names what is wrong. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): BookingConfig {
  const own = readVariables(variables, env)
  return { ...readServiceConfig('booking', env), ticketKeySecret: own.TICKET_KEY_SECRET }
}
