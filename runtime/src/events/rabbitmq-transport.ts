import type { ServiceName } from '@tikitu/schema/services'
import type { Logger } from '../log.ts'
import { startFeed, type Feed } from './rabbitmq/feed.ts'
import { createPublisher, type Publisher } from './rabbitmq/publisher.ts'
import { PREFIX, type Topology } from './rabbitmq/topology.ts'
import type { EventTransport } from './transport.ts'

/** What the rabbitmq transport needs. */
export interface RabbitmqTransportOptions {
  /** The service whose outbox is relayed, and whose inbox is fed. */
  readonly service: ServiceName
  /** `amqp://user:password@host:port/vhost`, or `amqps://`. */
  readonly url: string
  readonly log: Logger
  /** The first part of all names in the broker; for systems that share one. */
  readonly prefix?: string
}

/**
 * Carries events through RabbitMQ: one topic exchange, and a quorum queue with a single active consumer for each service.
 * There is one pipe, because the broker is one place to be down; a consumer that is down has its events wait in its queue.
 * A batch counts as delivered when the broker confirmed all of it, and as received when the inbox has it.
 */
export function rabbitmqTransport({ service, url, log, prefix = PREFIX }: RabbitmqTransportOptions): EventTransport {
  let topology: Topology = { prefix, routes: [] }
  let publisher: Publisher | undefined
  const feeds = new Map<string, Feed>()

  return {
    async start(routes) {
      topology = { prefix, routes }
      const types = [...new Set(routes.flatMap((route) => route.types))]
      if (types.length === 0) return []
      publisher = createPublisher(url, `tikitu relay of ${service}`, topology)
      return [{ name: 'rabbitmq', types, publish: publisher.publish }]
    },
    async feed(consumer, store) {
      // Nobody has a queue who consumes nothing.
      if (!topology.routes.some((route) => route.consumer === consumer)) return
      feeds.set(consumer, startFeed({ url, name: `tikitu inbox of ${consumer}`, topology, consumer, store, log }))
    },
    between: async (consumer) => (await feeds.get(consumer)?.waiting()) ?? null,
    async stop() {
      const ending = [...feeds.values()].map((feed) => feed.stop())
      feeds.clear()
      await Promise.all([...ending, publisher?.stop()])
    },
  }
}
