import { setImmediate as turn } from 'node:timers/promises'
import type { Channel, ReturnedMessage } from 'rabbitmq-client'
import type { Envelope } from '../envelope.ts'
import { closeConnection, openConnection, type BrokerConnection } from './connection.ts'
import { declareTopology, exchangeOf, type Topology } from './topology.ts'

/** How long the broker may take to let us in with everything in place, and to have a batch on its disks, in milliseconds. */
const OPEN_MILLISECONDS = 20_000
const CONFIRM_MILLISECONDS = 15_000

/** CloudEvents' name for a JSON list of events. */
const CONTENT_TYPE = 'application/cloudevents-batch+json'

/** How much one message carries at most: events, and characters unless one event alone has more. */
const MESSAGE_EVENTS = 50
const MESSAGE_CHARACTERS = 250_000

/** Sends events to the broker. */
export interface Publisher {
  /** Resolves when the broker has every event of the batch durably in every queue that it goes to. */
  publish(batch: readonly Envelope[]): Promise<void>
  /** Lets go of the connection. */
  stop(): Promise<void>
}

interface Opened extends BrokerConnection {
  readonly channel: Channel
  /** Ids of events that no queue wanted. */
  readonly unrouted: Set<string>
}

/**
 * Connects at the first batch. After any failure it connects anew and makes what is missing in the broker, so that the
 * batch, which the relay sends again from its beginning, finds everything in place.
 */
export function createPublisher(url: string, name: string, topology: Topology): Publisher {
  let opened: Promise<Opened> | undefined

  async function open(): Promise<Opened> {
    const broker = await openConnection(url, name)
    try {
      const channel = await broker.connection.acquire()
      const unrouted = new Set<string>()
      channel.on('basic.return', ({ messageId }: ReturnedMessage) => unrouted.add(messageId ?? ''))
      await declareTopology(channel, topology)
      await channel.confirmSelect()
      return { ...broker, channel, unrouted }
    } catch (error) {
      broker.connection.unsafeDestroy()
      throw broker.reason() ?? error
    }
  }

  return {
    async publish(batch) {
      opened ??= open()
      const mine = opened
      let broker: Opened | undefined
      try {
        broker = await beforeDeadline(mine, OPEN_MILLISECONDS)
        await send(broker, batch, topology)
      } catch (error) {
        // What is still under way on this connection could overtake what is sent again on the next one.
        if (opened === mine) opened = undefined
        mine.then(({ connection }) => connection.unsafeDestroy()).catch(() => undefined)
        throw broker?.reason() ?? error
      }
    },
    async stop() {
      const mine = opened
      opened = undefined
      const broker = mine && (await beforeDeadline(mine, OPEN_MILLISECONDS).catch(() => undefined))
      if (!broker) return
      void broker.channel.close()
      await closeConnection(broker.connection)
    },
  }
}

/** All at once: the broker takes them in the order in which they were written, and confirms them together. */
async function send({ channel, unrouted }: Opened, batch: readonly Envelope[], topology: Topology): Promise<void> {
  const exchange = exchangeOf(topology)
  const sent = messagesOf(batch).map(({ type, id, texts }) =>
    channel.basicPublish(
      { exchange, routingKey: type, mandatory: true, durable: true, messageId: id, type, contentType: CONTENT_TYPE },
      Buffer.from(`[${texts.join(',')}]`),
    ),
  )
  await beforeDeadline(Promise.all(sent), CONFIRM_MILLISECONDS)
  // A returned message is told of in a later turn than its confirmation.
  await turn()
  const lost = batch.filter((event) => unrouted.delete(event.id))
  if (lost.length > 0) throw new Error(`no queue is bound for ${[...new Set(lost.map(({ type }) => type))].join(', ')}`)
}

/** Events that go together, of one type. */
interface Message {
  readonly type: string
  /** Of the first. */
  readonly id: string
  readonly texts: string[]
}

/** Neighbours of one type share a message, because a message costs the broker the same whatever is in it. */
function messagesOf(batch: readonly Envelope[]): Message[] {
  const messages: Message[] = []
  let characters = 0
  for (const event of batch) {
    const text = JSON.stringify(event)
    characters += text.length
    const last = messages.at(-1)
    if (last?.type === event.type && last.texts.length < MESSAGE_EVENTS && characters <= MESSAGE_CHARACTERS) {
      last.texts.push(text)
    } else {
      messages.push({ type: event.type, id: event.id, texts: [text] })
      characters = text.length
    }
  }
  return messages
}

/** A broker that is short of memory or disk stops to read, and says nothing. */
async function beforeDeadline<Result>(answer: Promise<Result>, milliseconds: number): Promise<Result> {
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`the broker did not answer within ${milliseconds} ms`)), milliseconds)
  try {
    return await Promise.race([answer, deadline])
  } finally {
    clearTimeout(timer)
  }
}
