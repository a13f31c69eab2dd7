import type { AsyncMessage, Channel } from 'rabbitmq-client'
import { z } from 'zod'
import { createBell } from '../../bell.ts'
import type { Logger } from '../../log.ts'
import type { Envelope } from '../envelope.ts'
import { pause } from '../pause.ts'
import { closeConnection, openConnection } from './connection.ts'
import { declareTopology, queueOf, type Topology } from './topology.ts'

/** How many events are stored at once, and how many more the broker sends ahead. */
const BATCH_EVENTS = 200
const PREFETCH_EVENTS = 2 * BATCH_EVENTS

/** The pauses between attempts to connect or to store: doubled from the first to the longest, in milliseconds. */
const RETRY_FIRST_MILLISECONDS = 250
const RETRY_LONGEST_MILLISECONDS = 2_000

/** After so many failures in a row another instance, whose database may answer, gets its turn. */
const STORE_ATTEMPTS = 5

/** What the feed needs. */
export interface FeedOptions {
  readonly url: string
  /** How the connection is called in the broker. */
  readonly name: string
  readonly topology: Topology
  readonly consumer: string
  readonly store: (batch: readonly Envelope[]) => Promise<void>
  readonly log: Logger
}

/** A running feed. */
export interface Feed {
  /** Finishes the batch that is being stored; the rest stays in the broker. */
  stop(): Promise<void>
}

/**
 * Takes the consumer's events from its queue to `store` in order, for ever, and acknowledges them after that.
 * It never hands a message back while it goes on: that message would come again behind later ones.
 */
export function startFeed({ url, name, topology, consumer, store, log }: FeedOptions): Feed {
  const stopping = new AbortController()
  const running = run()

  async function run() {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        await connected(() => (failures = 0))
      } catch (error) {
        if (failures === 0) log.warn({ err: error, consumer }, 'events are not received and wait in the broker')
        await pause(pauseAfter(failures), stopping.signal)
      }
    }
  }

  /** Rejects when the connection is lost or the events cannot be stored. */
  async function connected(succeeded: () => void) {
    const broker = await openConnection(url, name)
    try {
      const channel = await broker.connection.acquire({ emitErrorsFromChannel: true })
      await consume(channel, succeeded)
      // Not cancelled before: the broker would go on with another consumer, ahead of what it takes back from this one.
      void channel.close()
      await closeConnection(broker.connection)
    } catch (error) {
      broker.connection.unsafeDestroy()
      throw broker.reason() ?? error
    }
  }

  async function consume(channel: Channel, succeeded: () => void) {
    const bell = createBell()
    const arrived: AsyncMessage[] = []
    let lost: Error | undefined
    const lose = (error: Error) => {
      lost ??= error
      bell.ring()
    }
    channel.on('error', lose)
    channel.on('close', () => lose(new Error('the broker closed the channel')))
    channel.on('basic.cancel', () => lose(new Error('the queue was deleted')))
    stopping.signal.addEventListener('abort', bell.ring)
    try {
      await declareTopology(channel, topology)
      await channel.basicQos({ prefetchCount: PREFETCH_EVENTS })
      await channel.basicConsume({ queue: queueOf(topology, consumer) }, (message) => {
        arrived.push(message)
        bell.ring()
      })
      while (!stopping.signal.aborted) {
        if (lost) throw lost
        const batch = arrived.splice(0, BATCH_EVENTS)
        if (batch.length === 0) await bell.wait(FOREVER)
        else if (await take(channel, batch)) succeeded()
      }
    } finally {
      stopping.signal.removeEventListener('abort', bell.ring)
    }
  }

  /** False when it was told to stop before the batch was stored. */
  async function take(channel: Channel, batch: readonly AsyncMessage[]): Promise<boolean> {
    const events: Envelope[] = []
    const strangers: AsyncMessage[] = []
    for (const message of batch) {
      const event = toEvent(message.body)
      if (event) events.push(event)
      else strangers.push(message)
    }
    if (events.length > 0 && !(await storeAll(events))) return false
    for (const { deliveryTag, messageId } of strangers) {
      log.error({ consumer, messageId }, 'a message that is no event is put aside in the broker')
      channel.basicNack({ deliveryTag, requeue: false })
    }
    const last = batch.findLast((message) => !strangers.includes(message))
    if (last) channel.basicAck({ deliveryTag: last.deliveryTag, multiple: true })
    return true
  }

  async function storeAll(events: readonly Envelope[]): Promise<boolean> {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        await store(events)
        return true
      } catch (error) {
        if (failures + 1 >= STORE_ATTEMPTS) throw error
        if (failures === 0) log.warn({ err: error, consumer }, 'events cannot be stored and wait')
        await pause(pauseAfter(failures), stopping.signal)
      }
    }
    return false
  }

  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

const pauseAfter = (failures: number) => Math.min(RETRY_FIRST_MILLISECONDS * 2 ** failures, RETRY_LONGEST_MILLISECONDS)

/** The longest that a timer can wait. */
const FOREVER = 2 ** 31 - 1

/** As much of an envelope as the inbox needs to store it; the handler checks `data`. */
const envelopeShape = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.string(),
  type: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  dataversion: z.int(),
  partitionkey: z.string(),
  sequence: z.string(),
  correlationid: z.string(),
  causationid: z.string().optional(),
  traceparent: z.string().optional(),
  data: z.unknown(),
})

function toEvent(body: unknown): Envelope | undefined {
  if (!Buffer.isBuffer(body)) return undefined
  try {
    return envelopeShape.parse(JSON.parse(body.toString('utf8'))) as Envelope
  } catch {
    return undefined
  }
}
