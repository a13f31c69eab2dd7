import type { ServiceName } from '@tikitu/schema/services'
import { SUBSCRIPTIONS } from '@tikitu/schema/subscriptions'
import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import { arrive } from './arrive.ts'
import { sourceOf } from './envelope.ts'
import type { Retry } from './handle.ts'
import { startInbox } from './inbox.ts'
import { readLag, type EventLag } from './lag.ts'
import type { Subscription } from './on.ts'
import { startRelay } from './relay.ts'
import type { EventTransport } from './transport.ts'

/** What a service says to take part in the events. */
export interface EventsOptions {
  readonly service: ServiceName
  readonly database: Database
  /** Exactly the event types that the table of subscriptions gives this service. */
  readonly subscriptions: readonly Subscription[]
  readonly transport: EventTransport
  readonly log: Logger
  /** Who consumes what, by service; the system's own table unless said. */
  readonly routes?: Readonly<Record<string, readonly string[]>>
  /** Which facts of the outbox are changes of what somebody may be watching: their topic by event type. */
  readonly watched?: Readonly<Record<string, string>> | undefined
  /** How failed events are tried again, where that differs from what is usual. */
  readonly retry?: Partial<Retry>
}

/** The running relay and inbox of a service. */
export interface Events {
  /** How far behind it is, for health pages. */
  lag(): Promise<EventLag>
  /** Looks for events to relay and to handle now instead of at the next poll. */
  wake(): void
  /** Finishes what is being handled, and closes the connections. Everything else goes on at the next start. */
  stop(): Promise<void>
}

/**
 * Starts to publish the service's outbox and to handle its inbox. Does not need the other services to be up.
 * Throws when the handlers are not those that the table of subscriptions promises to the publishers.
 */
export async function startEvents({
  service,
  database,
  subscriptions,
  transport,
  log,
  routes = SUBSCRIPTIONS,
  watched,
  retry,
}: EventsOptions): Promise<Events> {
  refuseMismatch(service, routes[service] ?? [], subscriptions)
  const pipes = await transport.start(
    Object.entries(routes)
      .map(([consumer, types]) => ({ consumer, types }))
      .filter(({ types }) => types.length > 0),
  )
  const relay = startRelay({ database, source: sourceOf(service), pipes, log, watched })
  const inbox = startInbox({ database, subscriptions, log, retry })
  await transport.feed(service, (batch) => arrive(database.pool, batch))
  return {
    lag: () => readLag(database.pool, pipes, () => transport.between(service)),
    wake() {
      relay.wake()
      inbox.wake()
    },
    async stop() {
      await Promise.all([relay.stop(), inbox.stop()])
      await transport.stop()
    },
  }
}

/** An event without a handler would die in the inbox; a handler without a route would never run. */
function refuseMismatch(service: string, promised: readonly string[], subscriptions: readonly Subscription[]): void {
  const handled = new Set(subscriptions.map((subscription) => subscription.type))
  const missing = promised.filter((type) => !handled.has(type))
  const surplus = [...handled].filter((type) => !promised.includes(type))
  if (missing.length === 0 && surplus.length === 0) return
  throw new Error(
    [
      `the handlers of ${service} differ from its row in schema/src/subscriptions.ts`,
      ...(missing.length > 0 ? [`without a handler: ${missing.join(', ')}`] : []),
      ...(surplus.length > 0 ? [`not in the table: ${surplus.join(', ')}`] : []),
    ].join('; '),
  )
}
