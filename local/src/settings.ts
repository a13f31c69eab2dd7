import { isAbsolute, join, resolve } from 'node:path'
import { SERVICE_NAMES, servicePort, type ServiceName } from '@tikitu/schema/services'
import { z } from 'zod'
import { DEMO_CLIENT_IDS, DEMO_POOL_ID } from './cognito/demo-accounts.ts'

/** The root of the repository: a relative DATA_DIR starts here, whatever directory the command was typed in. */
export const REPOSITORY = resolve(import.meta.dirname, '../..')

/** The highest port of a system is this much above PORT_BASE. */
const PORTS_ABOVE_BASE = 14

const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'expected postgres://user:password@host:port/database',
})
const optional = <T extends z.ZodType>(shape: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), shape.optional())
const perService = <T extends z.ZodType>(prefix: string, shape: T) =>
  Object.fromEntries(SERVICE_NAMES.map((service) => [`${prefix}_${service.toUpperCase()}`, shape]))

const environment = z.object({
  PORT_BASE: optional(
    z.coerce
      .number({ error: 'expected a port number' })
      .int('expected a whole number')
      .min(1024, 'expected at least 1024, because lower ports belong to root')
      .max(
        65_535 - PORTS_ABOVE_BASE,
        `expected at most ${65_535 - PORTS_ABOVE_BASE}, because the ${PORTS_ABOVE_BASE} ports above are used too`,
      ),
  ),
  DATA_DIR: optional(z.string()),
  NODE_ENV: optional(
    z.enum(['development', 'production', 'test'], { error: 'expected development, production or test' }),
  ),
  LOG_LEVEL: optional(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'expected fatal, error, warn, info, debug, trace or silent',
    }),
  ),
  IDENTITY_SECRET: optional(z.string().min(32, 'expected at least 32 characters')),
  TICKET_KEY_SECRET: optional(z.string().min(32, 'expected at least 32 characters')),
  ADMIN_BOOTSTRAP_SUBJECT: optional(z.string()),
  COGNITO_USER_POOL_ID: optional(
    z.string().regex(/^(\w+-)?\w+-\w+-\d+_\w+$/, 'expected a user pool id such as eu-central-1_AbCdEfGhI'),
  ),
  COGNITO_CLIENT_IDS: optional(z.string().regex(/^\w+(\s*,\s*\w+)*$/, 'expected app client ids with commas between')),
  SMTP_URL: optional(
    z.url({ protocol: /^smtps?$/, error: 'expected smtp://host:port or smtps://user:password@host:port' }),
  ),
  PAYMENT_PROVIDER: optional(z.enum(['sandbox', 'stripe'], { error: 'expected sandbox or stripe' })),
  STRIPE_SECRET_KEY: optional(z.string()),
  STRIPE_WEBHOOK_SECRET: optional(z.string()),
  ...perService('DATABASE_URL', optional(postgresUrl)),
  ...perService('RELAY_URL', optional(postgresUrl)),
})

/** Where a database of ours outside the embedded server is, and as whom events are written into it. */
export interface ExternalDatabase {
  url: string
  relayUrl: string
}

/** What the commands of this repository go by. */
export interface Settings {
  /** The gateway's port; the other ports count from it. */
  portBase: number
  ports: Record<ServiceName | 'gateway' | 'postgres' | 'issuer' | 'smtp' | 'inbox' | 'sandbox', number>
  /** Where everything lies that a system on this machine keeps; absolute. */
  dataDir: string
  nodeEnv: 'development' | 'production' | 'test'
  /** The level of the log files. */
  logLevel: string
  /** Signs what the gateway says about a caller; undefined lets the runner make one. */
  identitySecret: string | undefined
  /** Seals the keys that sign tickets; undefined lets the runner make one. */
  ticketKeySecret: string | undefined
  /** True when ADMIN_BOOTSTRAP_SUBJECT says who the first admin is; otherwise it is the demo's operator. */
  namesFirstAdmin: boolean
  /** Databases that are not embedded, by service. */
  externalDatabases: Partial<Record<ServiceName, ExternalDatabase>>
  cognito: {
    userPoolId: string
    clientIds: readonly string[]
    /** The development issuer's address; undefined when the pool is a real one. */
    localOrigin: string | undefined
  }
  /** Who moves money; with `sandbox` nobody does. */
  paymentProvider: 'sandbox' | 'stripe'
  /** The account at Stripe; the payment service says what is missing. */
  stripe: { secretKey: string | undefined; webhookSecret: string | undefined }
  /** A real mail server; undefined when mail goes to the local inbox. */
  smtpUrl: string | undefined
}

/** A setting that cannot be used. The message names every one of them and what was expected. */
class BadSettings extends Error {
  constructor(problems: readonly string[]) {
    super(`These settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'BadSettings'
  }
}

/** Reads the settings from environment variables. Throws `BadSettings`. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = environment.safeParse(env)
  if (!parsed.success) {
    throw new BadSettings(parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`))
  }
  const values = parsed.data as z.output<typeof environment> & Record<string, string | undefined>
  const portBase = values.PORT_BASE ?? 3000
  const ports = portsAbove(portBase)
  const userPoolId = values.COGNITO_USER_POOL_ID
  const clientIds = values.COGNITO_CLIENT_IDS?.split(',').map((id) => id.trim())

  if (userPoolId && !clientIds) {
    throw new BadSettings([
      'COGNITO_CLIENT_IDS: expected the app clients of the pool, because COGNITO_USER_POOL_ID is set',
    ])
  }
  if (values.NODE_ENV === 'production' && !userPoolId) {
    throw new BadSettings([
      'NODE_ENV: production needs a real user pool (COGNITO_USER_POOL_ID); the development issuer refuses to run in it',
    ])
  }
  const dataDir = values.DATA_DIR ?? '.data'
  return {
    portBase,
    ports,
    dataDir: isAbsolute(dataDir) ? dataDir : join(REPOSITORY, dataDir),
    nodeEnv: values.NODE_ENV ?? 'development',
    logLevel: values.LOG_LEVEL ?? 'info',
    identitySecret: values.IDENTITY_SECRET,
    ticketKeySecret: values.TICKET_KEY_SECRET,
    namesFirstAdmin: values.ADMIN_BOOTSTRAP_SUBJECT !== undefined,
    externalDatabases: externalDatabases(values),
    cognito: userPoolId
      ? { userPoolId, clientIds: clientIds ?? [], localOrigin: undefined }
      : { userPoolId: DEMO_POOL_ID, clientIds: DEMO_CLIENT_IDS, localOrigin: `http://127.0.0.1:${ports.issuer}` },
    paymentProvider: values.PAYMENT_PROVIDER ?? 'sandbox',
    stripe: { secretKey: values.STRIPE_SECRET_KEY, webhookSecret: values.STRIPE_WEBHOOK_SECRET },
    smtpUrl: values.SMTP_URL,
  }
}

function portsAbove(portBase: number): Settings['ports'] {
  const services = Object.fromEntries(SERVICE_NAMES.map((name) => [name, servicePort(portBase, name)]))
  return {
    ...(services as Record<ServiceName, number>),
    gateway: portBase,
    postgres: portBase + 10,
    issuer: portBase + 11,
    smtp: portBase + 12,
    inbox: portBase + 13,
    sandbox: portBase + PORTS_ABOVE_BASE,
  }
}

function externalDatabases(values: Record<string, string | number | undefined>): Settings['externalDatabases'] {
  return Object.fromEntries(
    SERVICE_NAMES.flatMap((service) => {
      const url = values[`DATABASE_URL_${service.toUpperCase()}`]
      // One variable is enough to switch a database; a role that may only write the inbox is the careful second.
      const relayUrl = values[`RELAY_URL_${service.toUpperCase()}`] ?? url
      return url === undefined ? [] : [[service, { url, relayUrl }]]
    }),
  ) as Settings['externalDatabases']
}
