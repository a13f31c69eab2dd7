import { readServiceConfig, readVariables, type ServiceConfig } from '@tikitu/runtime/config'
import { z } from 'zod'

/** What notification needs beside what every service needs. */
export interface NotificationConfig extends ServiceConfig {
  /** The mail server: `smtp://host:port`, with user and password when it wants them. Never logged. */
  readonly smtpUrl: string
  /** Whom the mail is from: `Tikitu <tickets@example.com>`. */
  readonly mailFrom: string
}

const variables = {
  SMTP_URL: z
    .string({ error: 'expected smtp://host:port or smtps://user:password@host:port' })
    .regex(/^smtps?:\/\/\S+$/, 'expected smtp://host:port or smtps://user:password@host:port'),
  MAIL_FROM: z
    .string()
    .regex(
      /^[^\r\n<>]{0,100}<[^\s<>@]+@[^\s<>@]+>$/,
      'expected a name and address such as Tikitu <tickets@example.com>',
    )
    .default('Tikitu <tickets@tikitu.example>'),
}

/** Reads the configuration once. Throws a `ConfigurationError` that names what is wrong. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): NotificationConfig {
  const own = readVariables(variables, env)
  return { ...readServiceConfig('notification', env), smtpUrl: own.SMTP_URL, mailFrom: own.MAIL_FROM }
}
