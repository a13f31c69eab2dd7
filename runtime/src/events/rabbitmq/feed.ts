import type { AsyncMessage, Channel } from 'rabbitmq-client'
import { z } from 'zod'
import { createBell } from '../../bell.ts'
import type { Logger } from '../../log.ts'
import type { Envelope } from '../envelope.ts'
import { pause } from '../pause.ts'
import { closeConnection, openConnection } from './connection.ts'
import { declareTopology, queueOf, type Topology } from './topology.ts'

/** How many events are stored at once, but for those of the last message, and how many messages the broker sends ahead. */
const BATCH_EVENTS = 200
const PREFETCH_MESSAGES = 200

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

/** How long the broker may take to say how much waits, in milliseconds: whoever asks wants to know how everything is. */
const ASK_MILLISECONDS = 1_000

/** A running feed. */
export interface Feed {
  /** Messages that the broker keeps, and those it has sent that are not stored. Null when it does not answer. */
  waiting(): Promise<number | null>
  /** Finishes the batch that is being stored; the rest stays in the broker. */
  stop(): Promise<void>
}

/**
 * Takes the consumer's events from its queue to `store` in order, for ever, and acknowledges them after that.
 * It never hands a message back while it goes on: that message would come again behind later ones.
 */
export function startFeed({ url, name, topology, consumer, store, log }: FeedOptions): Feed {
  const stopping = new AbortController()
  /** The channel on which messages come, while there is one. */
  let open: Channel | undefined
  /** Messages that came on it and are not settled. */
  let unsettled = 0
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
      open = channel
      unsettled = 0
      await consume(channel, succeeded)
      // Not cancelled before: the broker would go on with another consumer, ahead of what it takes back from this one.
      void channel.close()
      await closeConnection(broker.connection)
    } catch (error) {
      broker.connection.unsafeDestroy()
      throw broker.reason() ?? error
    } finally {
      open = undefined
    }
  }

  async function consume(channel: Channel, succeeded: () => void) {
    const bell = createBell()
    const arrived: Arrived[] = []
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
      await channel.basicQos({ prefetchCount: PREFETCH_MESSAGES })
      await channel.basicConsume({ queue: queueOf(topology, consumer) }, (message) => {
        arrived.push({ message, events: toEvents(message.body) })
        unsettled += 1
        bell.ring()
      })
      while (!stopping.signal.aborted) {
        if (lost) throw lost
        const batch = nextBatch(arrived)
        if (batch.length === 0) await bell.wait(FOREVER)
        else if (await take(channel, batch)) succeeded()
      }
    } finally {
      stopping.signal.removeEventListener('abort', bell.ring)
    }
  }

  /** False when it was told to stop before the batch was stored. */
  async function take(channel: Channel, batch: readonly Arrived[]): Promise<boolean> {
    const events = batch.flatMap((arrived) => arrived.events ?? [])
    if (events.length > 0 && !(await storeAll(events))) return false
    for (const { message } of batch.filter((arrived) => !arrived.events)) {
      log.error({ consumer, messageId: message.messageId }, 'a message that is no event is put aside in the broker')
      channel.basicNack({ deliveryTag: message.deliveryTag, requeue: false })
    }
    const last = batch.findLast((arrived) => arrived.events)
    if (last) channel.basicAck({ deliveryTag: last.message.deliveryTag, multiple: true })
    unsettled -= batch.length
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

  async function ask(): Promise<number | null> {
    if (!open) return null
    const { messageCount } = await open.queueDeclare({ queue: queueOf(topology, consumer), passive: true })
    return messageCount + unsettled
  }

  return {
    waiting: () => Promise.race([ask().catch(() => null), pause(ASK_MILLISECONDS, stopping.signal).then(() => null)]),
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** A message, with the events in it; without when they are none. */
interface Arrived {
  readonly message: AsyncMessage
  readonly events: readonly Envelope[] | undefined
}

/** Takes the first messages out, until they have enough events. */
function nextBatch(arrived: Arrived[]): Arrived[] {
  let events = 0
  const enough = arrived.findIndex((each) => (events += each.events?.length ?? 0) >= BATCH_EVENTS)
  return arrived.splice(0, enough === -1 ? arrived.length : enough + 1)
}

const pauseAfter = (failures: number) => Math.min(RETRY_FIRST_MILLISECONDS * 2 ** failures, RETRY_LONGEST_MILLISECONDS)

/** The longest that a timer can wait. */
const FOREVER = 2 ** 31 - 1

/** As much of an envelope as the inbox needs to store it; the handler checks `data`. */
const eventsShape = z
  .array(
    z.object({
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
    }),
  )
  .min(1)

function toEvents(body: unknown): readonly Envelope[] | undefined {
  if (!Buffer.isBuffer(body)) return undefined
  try {
    return eventsShape.parse(JSON.parse(body.toString('utf8'))) as Envelope[]
  } catch {
    return undefined
  }
}
