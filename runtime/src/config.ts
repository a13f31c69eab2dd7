import { z } from 'zod'
import { SERVICE_NAMES, servicePort, type ServiceName } from '@tikitu/schema/services'

/** One or more settings are missing or malformed. The message names each with what was expected, and never a value. */
export class ConfigurationError extends Error {
  /** The names of the variables that are wrong. */
  readonly variables: readonly string[]

  constructor(problems: readonly { variable: string; expected: string }[]) {
    super(`bad configuration:\n${problems.map(({ variable, expected }) => `  ${variable}: ${expected}`).join('\n')}`)
    this.name = 'ConfigurationError'
    this.variables = problems.map(({ variable }) => variable)
  }
}

/** Reads and checks the variables of `shape` once. An empty variable counts as missing. */
export function readVariables<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: NodeJS.ProcessEnv,
): z.infer<z.ZodObject<Shape>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = z.object(shape).safeParse(given)
  if (parsed.success) return parsed.data
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => {
      const variable = String(issue.path[0])
      return { variable, expected: given[variable] === undefined ? `is missing (${issue.message})` : issue.message }
    }),
  )
}

/** A TCP port. */
const port = z.coerce
  .number({ error: 'expected a port from 1 to 65535' })
  .int('expected a port from 1 to 65535')
  .min(1, 'expected a port from 1 to 65535')
  .max(65_535, 'expected a port from 1 to 65535')

/** The address of a PostgreSQL database. */
const databaseUrl = z
  .string({ error: 'expected postgres://user:password@host:port/name' })
  .regex(/^postgres(ql)?:\/\/\S+$/, {
    error: 'expected postgres://user:password@host:port/name',
  })

/** Signs identities between gateway and services. */
const identitySecret = z
  .string({ error: 'expected a secret of at least 32 characters, the same for gateway and services' })
  .min(32, 'expected a secret of at least 32 characters, the same for gateway and services')

/** Variables that gateway and services share. */
export const commonVariables = {
  /** `production` switches every development help off. */
  NODE_ENV: z
    .enum(['development', 'test', 'production'], { error: 'expected development, test or production' })
    .default('development'),
  /** The gateway's port; the services follow it, admin at +1 to user at +6. */
  PORT_BASE: port.default(3000),
  /** The address to listen on. */
  HOST: z.string().default('127.0.0.1'),
  /** pino's levels. */
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'expected a pino level such as info',
    })
    .default('info'),
  /** At least 32 characters, the same everywhere. */
  IDENTITY_SECRET: identitySecret,
}

/** What every service needs to run. */
export interface ServiceConfig {
  /** Which service this is. */
  readonly service: ServiceName
  /** `production` switches every development help off. */
  readonly environment: 'development' | 'test' | 'production'
  /** The address to listen on. */
  readonly host: string
  /** The port to listen on. */
  readonly port: number
  /** pino's level. */
  readonly logLevel: string
  /** The service's own database. */
  readonly databaseUrl: string
  /** Connections to it at most. */
  readonly databaseConnections: number
  /** Signs and verifies identities. */
  readonly identitySecret: string
  /** Databases of the services that may consume our events, by a role that can only insert into their inbox. */
  readonly relayUrls: Partial<Record<ServiceName, string>>
  /** The RabbitMQ that carries events between the services; undefined when the databases themselves do. */
  readonly rabbitmqUrl?: string | undefined
}

/** What carries events between services. */
const transportVariables = {
  /** The same in all services of a system. */
  EVENT_TRANSPORT: z.enum(['postgres', 'rabbitmq'], { error: 'expected postgres or rabbitmq' }).default('postgres'),
  /** For EVENT_TRANSPORT=rabbitmq. */
  RABBITMQ_URL: z
    .string()
    .regex(/^amqps?:\/\/\S+$/, { error: 'expected amqp://user:password@host:port/vhost' })
    .optional(),
}

/** Undefined for the transport `postgres`. A RABBITMQ_URL alone changes nothing, so that it may be there beforehand. */
function readRabbitmqUrl(env: NodeJS.ProcessEnv): string | undefined {
  const { EVENT_TRANSPORT: transport, RABBITMQ_URL: url } = readVariables(transportVariables, env)
  if (transport === 'postgres') return undefined
  if (url !== undefined) return url
  throw new ConfigurationError([{ variable: 'RABBITMQ_URL', expected: 'is missing (EVENT_TRANSPORT is rabbitmq)' }])
}

const origin = z.string().refine(isOrigin, 'expected an origin such as http://127.0.0.1:3001, without a path')

/** `https://tickets.example.com`: nothing after the host, and no wildcard. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && ['http:', 'https:'].includes(url.protocol) && text === url.origin
}

/** The origins of the services, as the gateway and a service that asks others find them: `SERVICE_URL_<SERVICE>`, or by port. */
export function readServiceUrls(portBase: number, env: NodeJS.ProcessEnv): Record<ServiceName, string> {
  const shape = Object.fromEntries(
    SERVICE_NAMES.map((name) => [`SERVICE_URL_${name.toUpperCase()}`, origin.optional()]),
  )
  const read: Record<string, string | undefined> = readVariables(shape, env)
  const url = (name: ServiceName) =>
    read[`SERVICE_URL_${name.toUpperCase()}`] ?? `http://127.0.0.1:${servicePort(portBase, name)}`
  return {
    admin: url('admin'),
    partner: url('partner'),
    payment: url('payment'),
    notification: url('notification'),
    booking: url('booking'),
    user: url('user'),
  }
}

/** Reads what every service needs. `DATABASE_URL_<SERVICE>` is the database, `RELAY_URL_<SERVICE>` the way into a peer's inbox. */
export function readServiceConfig(service: ServiceName, env: NodeJS.ProcessEnv): ServiceConfig {
  const databaseVariable = `DATABASE_URL_${service.toUpperCase()}`
  const relayVariables = Object.fromEntries(
    SERVICE_NAMES.map((name) => [`RELAY_URL_${name.toUpperCase()}`, databaseUrl.optional()]),
  )
  const portVariable = `PORT_${service.toUpperCase()}`
  const shape = {
    ...commonVariables,
    [databaseVariable]: databaseUrl,
    [portVariable]: port.optional(),
    DATABASE_CONNECTIONS: z.coerce
      .number({ error: 'expected a number of connections from 2 to 200' })
      .int()
      .min(2)
      .max(200)
      .default(10),
    ...relayVariables,
  }
  const read: Record<string, unknown> = readVariables(shape, env)
  const common = z.object(commonVariables).parse(read)
  return {
    service,
    environment: common.NODE_ENV,
    host: common.HOST,
    port: typeof read[portVariable] === 'number' ? read[portVariable] : servicePort(common.PORT_BASE, service),
    logLevel: common.LOG_LEVEL,
    databaseUrl: String(read[databaseVariable]),
    databaseConnections: Number(read['DATABASE_CONNECTIONS']),
    identitySecret: common.IDENTITY_SECRET,
    relayUrls: Object.fromEntries(
      SERVICE_NAMES.flatMap((name) => {
        const url = read[`RELAY_URL_${name.toUpperCase()}`]
        return typeof url === 'string' ? [[name, url]] : []
      }),
    ),
    rabbitmqUrl: readRabbitmqUrl(env),
  }
}
