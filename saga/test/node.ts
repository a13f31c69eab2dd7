import { setTimeout as pause } from 'node:timers/promises'
import type { Database, Transaction } from '@tikitu/runtime/database'
import { IDENTITY_HEADER, serviceIdentity, signIdentity, type Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import type { JobHandler, JobRun } from '@tikitu/runtime/jobs'
import type { ServiceConfig } from '@tikitu/runtime/config'
import { buildService, type Service, type ServiceDefinition } from '@tikitu/runtime/serve'
import { TEST_IDENTITY_SECRET, type GraphAnswer, type TestDatabase } from '@tikitu/runtime/testing'
import { SUBSCRIPTIONS } from '@tikitu/schema/subscriptions'
import { withClock } from './clocks.ts'
import type { Network } from './network.ts'

/** Where a step of a service can be disturbed: before it begins, or when it is done and before that is written down. */
export interface Step {
  /** `booking handles payment.succeeded`, `payment runs refund.pursue` */
  readonly name: string
  /** What it is about: the key of the event, or the data of the job. */
  readonly about: unknown
}

/** Is told of every step; what it throws, the step throws. */
export type Disturb = (step: Step, moment: 'before' | 'after') => Promise<void> | void

/** A service of a test in this process, over a database of its own, which can die and start again. */
export interface Node {
  readonly name: string
  readonly database: Database
  /** Asks the graph as somebody, with a really signed identity. */
  graph(identity: Identity, query: string, variables?: Record<string, unknown>): Promise<GraphAnswer>
  /** The gateway passes on what the provider sent. Answers with the status. */
  receive(body: string, signature: string): Promise<number>
  /** Runs a job's handler now, as the worker would. */
  runJob(name: string, data?: unknown): Promise<void>
  /** Disturbs every step from now on; null leaves them in peace. */
  disturb(disturb: Disturb | null): void
  /** Stops. What it has not done yet, it does when it starts again. */
  stop(): Promise<void>
  /** Starts, unless it runs. */
  start(): Promise<void>
}

/** What a node consists of. */
export interface NodeFacts {
  readonly definition: ServiceDefinition
  readonly config: ServiceConfig
  /** By how many milliseconds the clock of each of its instances is wrong. */
  readonly clocks: readonly number[]
}

/** Builds a service of `definition` at a network, with an instance for each clock, which are asked in turn. Call `start`. */
export function aNode(made: TestDatabase, network: Network, { definition, config, clocks }: NodeFacts): Node {
  const { name } = definition
  const instances: { readonly service: Service; readonly clock: number }[] = []
  let handlers: readonly JobHandler[] = []
  let disturbing: Disturb | null = null

  const step = async (about: Step, work: () => Promise<unknown>): Promise<void> => {
    await disturbing?.(about, 'before')
    await work()
    await disturbing?.(about, 'after')
  }
  const disturbed: ServiceDefinition = {
    ...definition,
    subscriptions: definition.subscriptions.map((subscription) => ({
      ...subscription,
      handle: (tx: Transaction, envelope) =>
        step({ name: `${name} handles ${envelope.type}`, about: envelope.partitionkey }, () =>
          subscription.handle(tx, envelope),
        ),
    })),
    jobs: (parts) => {
      handlers = (definition.jobs?.(parts) ?? []).map((handler) => ({
        ...handler,
        run: (payload: unknown, run: JobRun) =>
          step({ name: `${name} runs ${handler.name}`, about: payload }, () => handler.run(payload, run)),
      }))
      return handlers
    },
  }
  const stop = () => Promise.all(instances.splice(0).map(({ service }) => service.close()))
  made.beforeDrop(stop)

  /** The next instance answers, and by its clock the gateway has signed who asks. */
  const post = (signed: () => { url: string; headers: Record<string, string>; payload: string | object }) => {
    const next = instances.shift()
    if (!next) throw new Error(`${name} is down`)
    instances.push(next)
    // It begins when somebody waits for it, so that has to happen by the instance's clock.
    return withClock(next.clock, async () => await next.service.app.inject({ method: 'POST', ...signed() }))
  }

  return {
    name,
    database: made.database,
    async graph(identity, query, variables = {}) {
      const response = await post(() => ({
        url: '/graphql',
        headers: {
          [IDENTITY_HEADER]: signIdentity(identity, TEST_IDENTITY_SECRET),
          'x-request-id': identity.requestId,
        },
        payload: { query, variables },
      }))
      const body = response.json<Partial<GraphAnswer>>()
      return { status: response.statusCode, data: body.data, errors: body.errors ?? [] }
    },
    async receive(body, signature) {
      const { statusCode } = await post(() => ({
        url: '/webhooks/sandbox',
        headers: {
          [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', newId()), TEST_IDENTITY_SECRET),
          'content-type': 'application/octet-stream',
          'stripe-signature': signature,
        },
        payload: body,
      }))
      return statusCode
    },
    async runJob(jobName, data) {
      const handler = handlers.find((known) => known.name === jobName)
      if (!handler) throw new Error(`${name} has no job ${jobName}`)
      await withClock(clocks[0] ?? 0, () =>
        handler.run(data, { id: newId(), attempt: 1, signal: new AbortController().signal }),
      )
    },
    disturb(disturb) {
      disturbing = disturb
    },
    async stop() {
      await stop()
    },
    async start() {
      if (instances.length > 0) return
      const build = () => buildService(disturbed, config, { transport: () => network.transport() })
      for (const clock of clocks) instances.push({ clock, service: await withClock(clock, build) })
    },
  }
}

/** What a node has to publish to its peers, to handle or to run now, in words; nothing that is dead. */
async function busyWith({ database }: Node, peers: readonly string[]): Promise<string[]> {
  const routes = Object.entries(SUBSCRIPTIONS).filter(([consumer]) => peers.includes(consumer))
  const { rows } = await database.pool.query<{ what: string }>(
    `select 'it publishes ' || o.type as what
       from json_to_recordset($1) as route (consumer text, types text[]), outbox o
      where o.type = any(route.types)
        and (o.position is null or o.position > coalesce(
          (select c.position from outbox_cursors c where c.name = route.consumer), 0))
      union all
     select 'it handles ' || type || coalesce(', which failed: ' || last_error, '') from inbox where status = 'waiting'
      union all
     select 'it runs ' || name from pgboss.job
      where start_after <= now() and name not like '\\_\\_%'
        -- Whose end could not be written down, because the server was gone, is at rest although it counts as active.
        and (state in ('created', 'retry') or (state = 'active' and started_on > now() - interval '5 seconds'))
      limit 5`,
    [JSON.stringify(routes.map(([consumer, types]) => ({ consumer, types })))],
  )
  return rows.map(({ what }) => what)
}

/** How long nodes may take to be quiet, in milliseconds. */
const QUIET_MILLISECONDS = 20_000

/**
 * Waits until all of them are quiet, twice in a row: what one has just published is the next one's work. Throws with
 * what they are still at.
 */
export async function areQuiet(nodes: readonly Node[]): Promise<void> {
  const names = nodes.map(({ name }) => name)
  const deadline = performance.now() + QUIET_MILLISECONDS
  for (let quietRounds = 0; quietRounds < 2;) {
    const busy: string[] = []
    for (const node of nodes) busy.push(...(await busyWith(node, names)).map((what) => `${node.name}: ${what}`))
    quietRounds = busy.length === 0 ? quietRounds + 1 : 0
    if (performance.now() > deadline) throw new Error(`it did not become quiet:\n${busy.join('\n')}`)
    if (busy.length > 0) await pause(10)
  }
}
