import { startTestPool, type TestPool } from '@tikitu/runtime/testing/cognito'
import type { FastifyInstance } from 'fastify'
import { readConfig, type GatewayConfig } from '../src/config.ts'
import { buildGateway } from '../src/gateway.ts'
import { principalRoutes, principalWorld, type PrincipalWorld } from './principals.ts'
import { IDENTITY_SECRET, startSubgraphs, type Subgraphs } from './subgraphs.ts'

/** An answer of the graph. */
export interface GraphAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body as it came. */
  readonly text: string
  readonly data: Record<string, unknown> | null | undefined
  readonly errors: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[] | undefined
  readonly extensions: Record<string, unknown> | undefined
}

/** A gateway that listens. */
export interface RunningGateway {
  readonly url: string
  /** Sends an operation by POST; `token` goes into the header Authorization. */
  graph(query: string, options?: GraphOptions): Promise<GraphAnswer>
}

/** A gateway that listens, six fixture subgraphs behind it, and the pool whose tokens it believes. */
export interface TestGateway extends RunningGateway {
  readonly config: GatewayConfig
  readonly subgraphs: Subgraphs
  readonly pool: TestPool
  readonly principals: PrincipalWorld
  /** Another gateway in front of the same subgraphs. */
  startAnother(config: GatewayConfig): Promise<RunningGateway>
  close(): Promise<void>
}

/** What goes with an operation. */
export interface GraphOptions {
  readonly variables?: Record<string, unknown>
  readonly operationName?: string
  readonly token?: string
  readonly headers?: Record<string, string>
}

/** The machine may stand still for seconds while tests run: who is not tried for that waits longer, and is not turned away. */
const PATIENCE = { SHED_DELAY_MILLISECONDS: '60000', PRINCIPAL_TIMEOUT_MILLISECONDS: '10000' }

/** Starts all of it on free ports. `env` adds to the gateway's settings. */
export async function startTestGateway(env: Record<string, string> = {}): Promise<TestGateway> {
  const principals = principalWorld()
  const [subgraphs, pool] = await Promise.all([startSubgraphs(principalRoutes(principals)), startTestPool()])
  const serviceUrls = Object.entries(subgraphs.urls).map(([name, url]) => [`SERVICE_URL_${name.toUpperCase()}`, url])
  const config = readConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    IDENTITY_SECRET,
    ...PATIENCE,
    ...pool.env,
    ...Object.fromEntries(serviceUrls),
    ...env,
  })
  const apps: FastifyInstance[] = []
  const start = async (of: GatewayConfig): Promise<RunningGateway> => {
    const app = await buildGateway(of)
    apps.push(app)
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    return { url, graph: (query, options = {}) => post(url, query, options) }
  }
  return {
    ...(await start(config)),
    config,
    subgraphs,
    pool,
    principals,
    startAnother: start,
    close: async () => {
      await Promise.all(apps.map((app) => app.close()))
      await Promise.all([subgraphs.close(), pool.stop()])
    },
  }
}

async function post(url: string, query: string, options: GraphOptions): Promise<GraphAnswer> {
  const { variables, operationName, token, headers } = options
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ query, variables, operationName }),
  })
  const text = await response.text()
  const { data, errors, extensions } = JSON.parse(text) as Pick<GraphAnswer, 'data' | 'errors' | 'extensions'>
  return { status: response.status, headers: response.headers, text, data, errors, extensions }
}
