import { isIP } from 'node:net'
import { readCognitoConfig, type CognitoConfig } from '@tikitu/runtime/cognito'
import { commonVariables, isOrigin, readServiceUrls, readVariables } from '@tikitu/runtime/config'
import type { ServiceName } from '@tikitu/schema/services'
import { z } from 'zod'
import type { Allowance } from './edge/budget.ts'
import type { CostLimits } from './edge/budgets.ts'
import type { CrowdLimits } from './edge/crowd.ts'
import type { PressureLimits } from './edge/pressure.ts'
import type { TrustedDocumentSettings } from './edge/trusted-documents.ts'
import { ENGINE_NAMES, type EngineName, type SubgraphLimits } from './engine/engine.ts'
import type { LiveLimits } from './live/live.ts'

/** What one GraphQL document may be at most. */
export interface QueryLimits {
  /** Characters of the document. */
  readonly charactersMax: number
  /** Tokens of the document, as the specification counts them. */
  readonly tokensMax: number
  /** Fields nested in each other; introspection has a limit of its own in graphql-js. */
  readonly depthMax: number
  /** Aliases, each counted wherever its fragment is spread. */
  readonly aliasesMax: number
  /** Fields at the top of an operation. */
  readonly rootFieldsMax: number
  /** Fields in all, each counted wherever its fragment is spread. */
  readonly fieldsMax: number
  /** Directives of the whole document. */
  readonly directivesMax: number
  /** Directives of one field, fragment or operation. */
  readonly directivesAtOnePlaceMax: number
  /** Fragments that have a name. */
  readonly fragmentsMax: number
}

/** What the gateway needs to run. */
export interface GatewayConfig {
  /** `production` switches suggestions off, and GraphiQL and introspection for strangers. */
  readonly environment: 'development' | 'test' | 'production'
  /** The address to listen on. */
  readonly host: string
  /** The port to listen on. */
  readonly port: number
  /** pino's level. */
  readonly logLevel: string
  /** Signs identities for the services. */
  readonly identitySecret: string
  /** Whose tokens we believe. */
  readonly cognito: CognitoConfig
  /** The origin of each service, `http://127.0.0.1:3001`. */
  readonly serviceUrls: Readonly<Record<ServiceName, string>>
  /** Sites whose pages may call us from a browser. */
  readonly corsOrigins: readonly string[]
  /** The largest request body, in bytes. */
  readonly bodyBytesMax: number
  /** What one GraphQL document may be at most. */
  readonly queryLimits: QueryLimits
  /** Which documents are known beforehand. */
  readonly trustedDocuments: TrustedDocumentSettings
  /** What operations may cost, one at a time and together. */
  readonly costLimits: CostLimits
  /** How many requests are let in at once. */
  readonly crowdLimits: CrowdLimits
  /** When load is shed. */
  readonly pressureLimits: PressureLimits
  /** How live updates are limited. */
  readonly liveLimits: LiveLimits
  /** Addresses and networks of our own whose `x-forwarded-for` says where a request really comes from. */
  readonly trustedProxies: readonly string[]
  /** The engine that executes operations, when it is not left to the gateway. */
  readonly engine: EngineName | undefined
  /** How long what a service said about a principal is believed, in milliseconds. */
  readonly principalCacheMilliseconds: number
  /** How often the user service is asked what was revoked, in milliseconds. */
  readonly revocationPollMilliseconds: number
  /** How long a service may take to say who somebody is, in milliseconds. */
  readonly principalTimeoutMilliseconds: number
  /** How long a whole request may take until it is answered with what there is, in milliseconds. */
  readonly requestTimeoutMilliseconds: number
  /** How far each subgraph is trusted. */
  readonly subgraphLimits: SubgraphLimits
}

/** Reads the settings of the gateway, or throws a `ConfigurationError` that names all that are wrong. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): GatewayConfig {
  const read = readVariables(variables, env)
  return {
    environment: read.NODE_ENV,
    host: read.HOST,
    port: read.PORT_GATEWAY ?? read.PORT_BASE,
    logLevel: read.LOG_LEVEL,
    identitySecret: read.IDENTITY_SECRET,
    cognito: readCognitoConfig(env),
    serviceUrls: readServiceUrls(read.PORT_BASE, env),
    corsOrigins: read.CORS_ORIGINS,
    bodyBytesMax: read.BODY_BYTES_MAX,
    queryLimits: {
      charactersMax: read.QUERY_CHARACTERS_MAX,
      tokensMax: read.QUERY_TOKENS_MAX,
      depthMax: read.QUERY_DEPTH_MAX,
      aliasesMax: read.QUERY_ALIASES_MAX,
      rootFieldsMax: read.QUERY_ROOT_FIELDS_MAX,
      fieldsMax: read.QUERY_FIELDS_MAX,
      directivesMax: read.QUERY_DIRECTIVES_MAX,
      directivesAtOnePlaceMax: read.QUERY_DIRECTIVES_AT_ONE_PLACE_MAX,
      fragmentsMax: read.QUERY_FRAGMENTS_MAX,
    },
    trustedDocuments: { path: read.TRUSTED_DOCUMENTS, only: read.TRUSTED_DOCUMENTS_ONLY },
    costLimits: readCostLimits(read),
    crowdLimits: { waitMilliseconds: read.CROWD_WAIT_MILLISECONDS, min: read.CROWD_MIN },
    pressureLimits: {
      usual: { eventLoopDelayMilliseconds: read.SHED_DELAY_MILLISECONDS, heapPercent: read.SHED_HEAP_PERCENT },
      priority: {
        eventLoopDelayMilliseconds: Math.max(read.SHED_DELAY_MILLISECONDS, read.SHED_PRIORITY_DELAY_MILLISECONDS),
        heapPercent: Math.max(read.SHED_HEAP_PERCENT, read.SHED_PRIORITY_HEAP_PERCENT),
      },
    },
    liveLimits: {
      frameBytesMax: read.SOCKET_FRAME_BYTES_MAX,
      operationsMax: read.SOCKET_OPERATIONS_MAX,
      initMilliseconds: read.SOCKET_INIT_MILLISECONDS,
      max: read.LIVE_CONNECTIONS_MAX,
      perAddressMax: read.LIVE_CONNECTIONS_PER_ADDRESS_MAX,
      perCallerMax: read.LIVE_CONNECTIONS_PER_CALLER_MAX,
      keepAliveMilliseconds: read.LIVE_KEEP_ALIVE_MILLISECONDS,
      recheckMilliseconds: read.LIVE_RECHECK_MILLISECONDS,
      resumeMilliseconds: read.LIVE_RESUME_MILLISECONDS,
    },
    trustedProxies: read.TRUSTED_PROXIES,
    engine: read.GATEWAY_ENGINE,
    principalCacheMilliseconds: read.PRINCIPAL_CACHE_MILLISECONDS,
    revocationPollMilliseconds: read.REVOCATION_POLL_MILLISECONDS,
    principalTimeoutMilliseconds: read.PRINCIPAL_TIMEOUT_MILLISECONDS,
    requestTimeoutMilliseconds: read.REQUEST_TIMEOUT_MILLISECONDS,
    subgraphLimits: {
      timeoutMilliseconds: Math.min(read.SUBGRAPH_TIMEOUT_MILLISECONDS, read.REQUEST_TIMEOUT_MILLISECONDS),
      answerBytesMax: read.SUBGRAPH_ANSWER_BYTES_MAX,
      failuresMax: read.SUBGRAPH_FAILURES_MAX,
      restMilliseconds: read.SUBGRAPH_REST_MILLISECONDS,
    },
  }
}

const whole = (min: number, max: number, initial: number) => {
  const expected = `expected a whole number from ${min} to ${max}`
  return z.coerce.number({ error: expected }).int(expected).min(min, expected).max(max, expected).default(initial)
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
}

/** `10.1.2.3`, `10.0.0.0/8` or the like of IPv6. */
function isNetwork(text: string): boolean {
  const [address = '', bits, rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

const variables = {
  ...commonVariables,
  /** Instead of PORT_BASE itself. */
  PORT_GATEWAY: commonVariables.PORT_BASE.unwrap().optional(),
  /** Separated by commas; none unless said. */
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform(listed)
    .refine(
      (origins) => origins.every(isOrigin),
      'expected origins such as https://tickets.example.com, separated by commas',
    ),
  BODY_BYTES_MAX: whole(1_024, 16_777_216, 262_144),
  QUERY_CHARACTERS_MAX: whole(100, 1_000_000, 32_768),
  QUERY_TOKENS_MAX: whole(10, 100_000, 2_000),
  QUERY_DEPTH_MAX: whole(1, 100, 12),
  QUERY_ALIASES_MAX: whole(0, 10_000, 50),
  QUERY_ROOT_FIELDS_MAX: whole(1, 1_000, 20),
  QUERY_FIELDS_MAX: whole(1, 100_000, 1_000),
  QUERY_DIRECTIVES_MAX: whole(0, 10_000, 50),
  QUERY_DIRECTIVES_AT_ONE_PLACE_MAX: whole(0, 10_000, 5),
  QUERY_FRAGMENTS_MAX: whole(0, 10_000, 100),
  TRUSTED_DOCUMENTS: z.string().optional(),
  TRUSTED_DOCUMENTS_ONLY: z
    .enum(['true', 'false'], { error: 'expected true or false' })
    .default('false')
    .transform((text) => text === 'true'),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform(listed)
    .refine((all) => all.every(isNetwork), 'expected addresses or networks such as 10.0.0.0/8, separated by commas'),
  QUERY_COST_MAX: whole(1, 1_000_000_000, 10_000),
  BUDGET_ANONYMOUS_POINTS: whole(1, 1_000_000_000, 60_000),
  BUDGET_ANONYMOUS_POINTS_PER_SECOND: whole(1, 1_000_000_000, 2_000),
  BUDGET_USER_POINTS: whole(1, 1_000_000_000, 30_000),
  BUDGET_USER_POINTS_PER_SECOND: whole(1, 1_000_000_000, 1_000),
  BUDGET_MACHINE_POINTS: whole(1, 1_000_000_000, 60_000),
  BUDGET_MACHINE_POINTS_PER_SECOND: whole(1, 1_000_000_000, 2_000),
  BUDGET_PRIORITY_POINTS: whole(1, 1_000_000_000, 10_000),
  BUDGET_PRIORITY_POINTS_PER_SECOND: whole(1, 1_000_000_000, 500),
  CROWD_WAIT_MILLISECONDS: whole(100, 60_000, 2_000),
  CROWD_MIN: whole(1, 1_000_000, 500),
  SHED_DELAY_MILLISECONDS: whole(1, 60_000, 500),
  SHED_PRIORITY_DELAY_MILLISECONDS: whole(1, 60_000, 1_500),
  SHED_HEAP_PERCENT: whole(1, 100, 85),
  SHED_PRIORITY_HEAP_PERCENT: whole(1, 100, 95),
  SOCKET_FRAME_BYTES_MAX: whole(1_024, 16_777_216, 65_536),
  SOCKET_OPERATIONS_MAX: whole(1, 10_000, 50),
  SOCKET_INIT_MILLISECONDS: whole(50, 60_000, 3_000),
  LIVE_CONNECTIONS_MAX: whole(1, 1_000_000, 10_000),
  LIVE_CONNECTIONS_PER_ADDRESS_MAX: whole(1, 1_000_000, 500),
  LIVE_CONNECTIONS_PER_CALLER_MAX: whole(1, 1_000_000, 20),
  LIVE_KEEP_ALIVE_MILLISECONDS: whole(50, 300_000, 12_000),
  LIVE_RECHECK_MILLISECONDS: whole(50, 60_000, 1_000),
  LIVE_RESUME_MILLISECONDS: whole(50, 600_000, 30_000),
  GATEWAY_ENGINE: z.enum(ENGINE_NAMES, { error: 'expected planned or stock, or nothing' }).optional(),
  PRINCIPAL_CACHE_MILLISECONDS: whole(0, 60_000, 3_000),
  REVOCATION_POLL_MILLISECONDS: whole(50, 60_000, 250),
  PRINCIPAL_TIMEOUT_MILLISECONDS: whole(50, 30_000, 1_000),
  REQUEST_TIMEOUT_MILLISECONDS: whole(100, 300_000, 15_000),
  SUBGRAPH_TIMEOUT_MILLISECONDS: whole(100, 120_000, 10_000),
  SUBGRAPH_ANSWER_BYTES_MAX: whole(1_024, 268_435_456, 16_777_216),
  SUBGRAPH_FAILURES_MAX: whole(1, 1_000, 5),
  SUBGRAPH_REST_MILLISECONDS: whole(50, 60_000, 1_000),
}

type CostVariables = Record<
  'QUERY_COST_MAX' | `BUDGET_${'ANONYMOUS' | 'USER' | 'MACHINE' | 'PRIORITY'}_POINTS${'' | '_PER_SECOND'}`,
  number
>

function readCostLimits(read: CostVariables): CostLimits {
  const allowance = (of: 'ANONYMOUS' | 'USER' | 'MACHINE' | 'PRIORITY'): Allowance => ({
    points: read[`BUDGET_${of}_POINTS`],
    pointsPerSecond: read[`BUDGET_${of}_POINTS_PER_SECOND`],
  })
  return {
    operationMax: read.QUERY_COST_MAX,
    anonymous: allowance('ANONYMOUS'),
    user: allowance('USER'),
    machine: allowance('MACHINE'),
    priority: allowance('PRIORITY'),
  }
}
