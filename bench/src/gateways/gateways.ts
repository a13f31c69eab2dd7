import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEMO_CLIENT_IDS, DEMO_POOL_ID } from '@tikitu/local/demo-accounts'
import { IDENTITY_HEADER } from '@tikitu/runtime/identity'
import { REPOSITORY } from '@tikitu/local/settings'
import { subgraphSdl, supergraphSdl } from '@tikitu/schema/sdl'
import { SERVICE_NAMES, servicePort, type ServiceName } from '@tikitu/schema/services'
import type { Program } from './processes.ts'

/** The gateways that are compared; the order is that of the tables. */
export const GATEWAY_NAMES = ['ours', 'proxy', 'stock', 'stock-jit', 'apollo', 'hive'] as const

/** One of them. */
export type GatewayName = (typeof GATEWAY_NAMES)[number]

/** Where everything is. */
export interface Site {
  readonly portBase: number
  readonly identitySecret: string
  /** Of the development issuer. */
  readonly issuer: string
  /** Where the peers are installed; empty when none of them runs. */
  readonly peers: string
  /** For what the gateways read. */
  readonly directory: string
  /** Whether our gateway is to be profiled. */
  readonly isProfiled: boolean
}

/** The largest number that the gateway takes for a limit. */
const PLENTY = '1000000000'

/** Ends a process whose parent is gone. */
const LEASH = ['--import', join(REPOSITORY, 'local/src/runner/leash.ts')]

const PRODUCTION_GRAPHQL = ['--import', join(import.meta.dirname, 'production-graphql.main.ts')]

/** The ports that a bench needs in a row. */
export const PORTS = 20

/** Above the six stand-ins, where a system has its issuer. */
export const ISSUER_PORT = 11

/** The stand-in for a service. */
export function subgraphProgram(service: ServiceName, portBase: number): Program {
  const port = servicePort(portBase, service)
  const main = join(import.meta.dirname, 'subgraph.main.ts')
  return {
    name: service,
    args: [...LEASH, main, service, String(port)],
    env: { NODE_ENV: 'production' },
    port,
    isReady: (origin) => fetch(`${origin}/readyz`),
  }
}

/** A gateway on its port, over the six stand-ins. */
export function gatewayProgram(name: GatewayName, site: Site): Program {
  if (name === 'ours') return ours(site)
  const port = site.portBase + 12 + GATEWAY_NAMES.indexOf(name)
  return {
    name,
    args: [...LEASH, ...peerArgs(name, port, site)],
    cwd: site.peers,
    env: { NODE_ENV: 'production' },
    port,
    isReady: askTypename,
  }
}

/**
 * As it runs anywhere, with the whole policy of its edge. It cannot be `production` itself, because the tokens are of the
 * development issuer, but its graphql-js is.
 */
function ours({ portBase, identitySecret, issuer, isProfiled }: Site): Program {
  const profiler = isProfiled ? ['--import', join(import.meta.dirname, 'profiler.main.ts')] : []
  return {
    name: 'ours',
    args: [...LEASH, ...PRODUCTION_GRAPHQL, ...profiler, join(REPOSITORY, 'gateway/src/main.ts')],
    env: {
      PORT_BASE: String(portBase),
      NODE_ENV: 'development',
      LOG_LEVEL: 'info',
      IDENTITY_SECRET: identitySecret,
      COGNITO_USER_POOL_ID: DEMO_POOL_ID,
      COGNITO_CLIENT_IDS: DEMO_CLIENT_IDS.join(','),
      COGNITO_JWKS_ORIGIN: issuer,
      GATEWAY_ENGINE: 'planned',
      // What an operation costs is reckoned and booked as ever, but a caller here asks more than any client may.
      QUERY_COST_MAX: PLENTY,
      BUDGET_USER_POINTS: PLENTY,
      BUDGET_USER_POINTS_PER_SECOND: PLENTY,
    },
    port: portBase,
    isReady: askTypename,
  }
}

function peerArgs(name: Exclude<GatewayName, 'ours'>, port: number, site: Site): string[] {
  const url = (service: ServiceName) => `http://127.0.0.1:${servicePort(site.portBase, service)}`
  switch (name) {
    case 'proxy':
      return ['proxy.mjs', String(port), url('booking')]
    case 'stock':
    case 'stock-jit': {
      const services = SERVICE_NAMES.map((service) => `${service}=${url(service)}/graphql`)
      return ['stock.mjs', String(port), writeSchemas(site.directory), name === 'stock' ? '0' : '1', ...services]
    }
    case 'apollo':
      return ['apollo.mjs', String(port), writeSupergraph(site.directory, url)]
    case 'hive':
      return [
        'node_modules/@graphql-hive/gateway/dist/bin.js',
        'supergraph',
        writeSupergraph(site.directory, url),
        '--hive-router-runtime',
        '--config-path=hive.config.mjs',
        '--host=127.0.0.1',
        `--port=${port}`,
      ]
  }
}

function writeSchemas(directory: string): string {
  const schemas = join(directory, 'schemas')
  mkdirSync(schemas, { recursive: true })
  for (const service of SERVICE_NAMES) writeFileSync(join(schemas, `${service}.graphql`), subgraphSdl(service))
  return schemas
}

/** The supergraph that our own gateway plans by, with the addresses of the stand-ins. */
function writeSupergraph(directory: string, url: (service: ServiceName) => string): string {
  const file = join(directory, 'supergraph.graphql')
  const sdl = SERVICE_NAMES.reduce(
    (text, service) => text.replace(`http://${service}.service/`, `${url(service)}/`),
    supergraphSdl(),
  )
  writeFileSync(file, sdl)
  return file
}

function askTypename(origin: string): Promise<Response> {
  return fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [IDENTITY_HEADER]: 'nobody' },
    body: JSON.stringify({ query: '{ __typename }' }),
  })
}
