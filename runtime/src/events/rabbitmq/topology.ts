import type { Channel } from 'rabbitmq-client'
import type { Route } from '../transport.ts'

/** How everything of ours in a broker is called, unless a test shares the broker with others. */
export const PREFIX = 'tikitu'

/** More redeliveries than there ever are: a broker counts a consumer that crashed, and drops a message beyond its limit. */
const DELIVERIES_MAX = 2 ** 31 - 1

/** What there is in the broker, and who hears what. */
export interface Topology {
  readonly prefix: string
  readonly routes: readonly Route[]
}

/** The topic exchange to which every event goes, with its type as the routing key. */
export const exchangeOf = ({ prefix }: Topology) => `${prefix}.events`

/** The queue of a consumer. */
export const queueOf = ({ prefix }: Topology, consumer: string) => `${prefix}.${consumer}`

/** Where a message waits for somebody to look that is no event of ours. */
const refusedOf = ({ prefix }: Topology) => `${prefix}.refused`

/**
 * Makes what is missing in the broker; changes nothing that is there. Publishers and consumers both do it whenever they
 * connect, because an event that is published before its queue is there would be lost.
 *
 * The queues are on disk on a majority of the brokers. One consumer of several gets all messages of a queue, until it is
 * gone: two at once could not keep the order. A binding that is no longer in the routes stays, because an older
 * publisher may not know of the newer consumer that needs it.
 */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  const refused = refusedOf(topology)
  await channel.exchangeDeclare({ exchange: exchangeOf(topology), type: 'topic', durable: true })
  await channel.exchangeDeclare({ exchange: refused, type: 'fanout', durable: true })
  await channel.queueDeclare({ queue: refused, durable: true, arguments: { 'x-queue-type': 'quorum' } })
  await channel.queueBind({ queue: refused, exchange: refused, routingKey: '' })
  for (const { consumer, types } of topology.routes) {
    const queue = queueOf(topology, consumer)
    await channel.queueDeclare({
      queue,
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-single-active-consumer': true,
        'x-delivery-limit': DELIVERIES_MAX,
        'x-dead-letter-exchange': refused,
      },
    })
    for (const type of types) await channel.queueBind({ queue, exchange: exchangeOf(topology), routingKey: type })
  }
}
