import { existsSync } from 'node:fs'
import { readServiceConfig, readVariables, type ServiceConfig } from '@tikitu/runtime/config'
import { z } from 'zod'

/** What booking needs beside what every service needs. */
export interface BookingConfig extends ServiceConfig {
  /** Seals the keys that sign tickets. With another secret than before, no ticket of an older event can be shown. */
  readonly ticketKeySecret: string
  /** Where clients reach the gateway, `https://tikitu.example`: what addresses of pictures begin with. */
  readonly publicOrigin: string
  /** Files of fonts for scripts that ours do not have, in which tickets are printed. */
  readonly ticketFonts: readonly string[]
}

const SECRET = 'expected a secret of at least 32 characters that never changes'

const ORIGIN = 'expected the origin of the gateway, such as https://tikitu.example'

const variables = {
  TICKET_KEY_SECRET: z.string({ error: SECRET }).min(32, SECRET),
  PUBLIC_ORIGIN: z
    .url({ protocol: /^https?$/, error: ORIGIN })
    .refine((url) => new URL(url).origin === url, ORIGIN)
    .optional(),
  TICKET_FONTS: z
    .string()
    .transform((files) =>
      files
        .split(',')
        .map((file) => file.trim())
        .filter((file) => file !== ''),
    )
    .refine((files) => files.every((file) => existsSync(file)), 'expected files of fonts, with commas between')
    .optional(),
  PORT_BASE: z.coerce.number().int().positive().default(3000),
}

/** Reads the configuration once. Throws a `ConfigurationError` that names what is wrong. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): BookingConfig {
  const own = readVariables(variables, env)
  return {
    ...readServiceConfig('booking', env),
    ticketKeySecret: own.TICKET_KEY_SECRET,
    ticketFonts: own.TICKET_FONTS ?? [],
    publicOrigin: own.PUBLIC_ORIGIN ?? `http://localhost:${own.PORT_BASE}`,
  }
}
