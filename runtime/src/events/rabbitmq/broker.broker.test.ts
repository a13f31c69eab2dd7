import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Connection } from 'rabbitmq-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  count,
  Counted,
  eventDatabase,
  expectAll,
  handledIn,
  inboxCount,
  numbersOf,
  produce,
  record,
  silent,
  startService,
} from '../../../test/events.ts'
import { brokerPrefix, brokerUrl, restartBroker } from '../../../test/rabbitmq.ts'
import { waitFor } from '../../testing/index.ts'
import { arrive } from '../arrive.ts'
import { postgresTransport, rabbitmqTransport } from '../index.ts'

vi.setConfig({ testTimeout: 90_000 })

const url = () => brokerUrl() ?? ''

async function bookingAndPayment() {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  return { booking, payment }
}

test('a broker that cannot be reached delays events, and the lag says why', async () => {
  const booking = await eventDatabase()
  await count(booking, 'a', 1)
  const nobody = rabbitmqTransport({ service: 'booking', url: 'amqp://127.0.0.1:1', log: silent })
  const events = await startService('booking', booking, { transport: nobody })
  await waitFor('the failure', async () => (await events.lag()).failing.length > 0)
  expect(await events.lag()).toMatchObject({
    unpublished: { count: 1 },
    failing: [{ pipe: 'rabbitmq', error: expect.stringContaining('ECONNREFUSED') }],
  })
  await events.stop()
})

test('a message that is no event is put aside, and those around it arrive', async () => {
  const { booking, payment } = await bookingAndPayment()
  await startService('booking', booking)
  await startService('payment', payment, { subscriptions: [record] })
  await count(booking, 'a', 1)
  await waitFor('the first', async () => (await handledIn(payment)).length === 1)
  const connection = connect()
  const publisher = connection.createPublisher({ confirm: true })
  const envelope = { exchange: `${brokerPrefix()}.events`, routingKey: Counted.type }
  await publisher.send(envelope, 'no JSON')
  await publisher.send(envelope, { specversion: '1.0', id: 'no uuid' })
  await count(booking, 'a', 2)

  await waitFor('the second', async () => (await handledIn(payment)).length === 2)
  await waitFor('both put aside', async () => {
    const refused = await connection.queueDeclare({ queue: `${brokerPrefix()}.refused`, passive: true })
    return refused.messageCount === 2
  })
  await publisher.close()
})

test('what lies in the broker is counted until it is stored, and nobody knows without a broker', async () => {
  const transport = rabbitmqTransport({ service: 'booking', url: url(), log: silent, prefix: brokerPrefix() })
  const [pipe] = await transport.start([{ consumer: 'payment', types: [Counted.type] }])
  if (!pipe) throw new Error('no pipe')
  const { promise: works, resolve: repair } = Promise.withResolvers<void>()
  const batches = [1, 2, 3].map((number) => [anEnvelope(number)])
  for (const batch of batches) await pipe.publish(batch)
  expect(await transport.between('payment')).toBe(null)
  await transport.feed('payment', () => works)
  await expect.poll(() => transport.between('payment')).toBe(3)
  await pipe.publish([anEnvelope(4)])
  await expect.poll(() => transport.between('payment')).toBe(4)
  repair()
  await expect.poll(() => transport.between('payment')).toBe(0)
  expect(await transport.between('user')).toBe(null)
  await transport.stop()
})

test('events for which there is no queue count as not delivered, and go out when it has been made again', async () => {
  const transport = rabbitmqTransport({ service: 'booking', url: url(), log: silent, prefix: brokerPrefix() })
  const [pipe] = await transport.start([{ consumer: 'payment', types: [Counted.type] }])
  if (!pipe) throw new Error('no pipe')
  const queue = `${brokerPrefix()}.payment`
  await pipe.publish([anEnvelope(1)])
  const connection = connect()
  await connection.queueDelete({ queue })

  await expect(pipe.publish([anEnvelope(2)])).rejects.toThrow('no queue is bound for test.counted')
  await pipe.publish([anEnvelope(2)])

  expect(await connection.queueDeclare({ queue, passive: true })).toMatchObject({ messageCount: 1 })
  await transport.stop()
})

test('neighbours of one type share a message, and the order of all stays', async () => {
  const Other = 'test.other'
  const routes = [{ consumer: 'payment', types: [Counted.type, Other] }]
  const transport = rabbitmqTransport({ service: 'payment', url: url(), log: silent, prefix: brokerPrefix() })
  const [pipe] = await transport.start(routes)
  const batch = Array.from({ length: 122 }, (_, n) => ({ ...anEnvelope(n), type: n === 60 ? Other : Counted.type }))
  await pipe?.publish(batch)
  const { messageCount } = await connect().queueDeclare({ queue: `${brokerPrefix()}.payment`, passive: true })
  // 50 and 10, the other one, 50 and 11.
  expect(messageCount).toBe(5)

  const fed: string[] = []
  await transport.feed('payment', async (events) => void fed.push(...events.map(({ id }) => id)))
  await waitFor('all of them', () => fed.length >= batch.length)
  expect(fed).toEqual(batch.map(({ id }) => id))
  await transport.stop()
})

test('a consumer whose store fails after the rows are there doubles nothing and keeps the order', async () => {
  const { booking, payment } = await bookingAndPayment()
  const transport = rabbitmqTransport({ service: 'payment', url: url(), log: silent, prefix: brokerPrefix() })
  let failures = 0
  const forgetful = {
    ...transport,
    feed: (consumer: string) =>
      transport.feed(consumer, async (batch) => {
        await arrive(payment.database.pool, batch)
        if (failures++ < 2) throw new Error('it was stored, but nobody knows')
      }),
  }
  await startService('payment', payment, { subscriptions: [record], transport: forgetful })
  await startService('booking', booking)
  await produce(booking, 100)
  await expectAll(payment, 100)
  await waitFor('all failures', () => failures > 2)
  expect(await inboxCount(payment)).toBe(100)
})

test('a consumer that is killed again and again loses and doubles nothing, and the order stays', async () => {
  const { booking, payment } = await bookingAndPayment()
  await startService('booking', booking)
  const program = fileURLToPath(new URL('../../../test/consumer-process.ts', import.meta.url))
  const kills = 2
  for (let round = 0; round < kills; round++) {
    const consumer = fork(program, [payment.url, url(), brokerPrefix()], { execArgv: [] })
    await once(consumer, 'message')
    const before = await inboxCount(payment)
    const producing = Promise.all(
      Array.from({ length: 10 }, async (_, key) => {
        for (let n = 1; n <= 10; n++) await count(booking, `key ${key}`, round * 10 + n)
      }),
    )
    await waitFor('some progress', async () => (await inboxCount(payment)) > before)
    consumer.kill('SIGKILL')
    await Promise.all([once(consumer, 'exit'), producing])
  }
  await startService('payment', payment, { subscriptions: [record] })
  await expectAll(payment, kills * 100)
})

test('a system that changes its transport, and back, loses and doubles nothing', async () => {
  const { booking, payment } = await bookingAndPayment()
  const overPostgres = () =>
    postgresTransport({
      publisher: 'booking',
      relayUrls: { payment: payment.relayUrl },
      database: booking.database,
      log: silent,
    })
  const overBroker = (service: 'booking' | 'payment') =>
    rabbitmqTransport({ service, url: url(), log: silent, prefix: brokerPrefix() })

  for (let round = 0; round < 3; round++) {
    const transport = round === 1 ? overBroker('booking') : overPostgres()
    const publisher = await startService('booking', booking, { transport })
    const consumer = await startService('payment', payment, {
      subscriptions: [record],
      transport: overBroker('payment'),
    })
    for (let n = 1; n <= 5; n++) await count(booking, 'a', round * 5 + n)
    await waitFor(`round ${round}`, async () => (await handledIn(payment)).length >= (round + 1) * 5)
    await Promise.all([publisher.stop(), consumer.stop()])
  }
  expect(await numbersOf(payment, 'a')).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
  expect(await inboxCount(payment)).toBe(15)
})

/** A kill within the first seconds of a queue is what RabbitMQ 3.10 itself does not survive, and waiting for them is for a soak. */
const RESTARTS = process.env['SOAK'] ? (['SIGTERM', 'SIGKILL'] as const) : (['SIGTERM'] as const)
const QUEUE_SECONDS = 8

test.each(RESTARTS)(
  'a broker that ends by %s in mid-stream loses and doubles nothing, and keeps the order',
  async (signal) => {
    const { booking, payment } = await bookingAndPayment()
    for (let instance = 0; instance < 2; instance++) {
      await startService('booking', booking)
      await startService('payment', payment, { subscriptions: [record] })
    }
    await count(booking, 'before', 1)
    await waitFor('the first', async () => (await inboxCount(payment)) === 1)
    const madeAt = performance.now()
    if (signal === 'SIGKILL') await vi.waitUntil(() => performance.now() - madeAt > QUEUE_SECONDS * 1_000, 20_000)
    const producing = produce(booking, 300)
    await waitFor('some progress', async () => (await inboxCount(payment)) > 1)
    await restartBroker(signal)
    await producing
    await count(booking, 'after', 1)
    // Both sides may have to wait for their next attempt.
    await expect.poll(() => numbersOf(payment, 'after'), { timeout: 30_000 }).toEqual([1])
    await expectAll(payment, 300)
    expect(await handledIn(payment)).toHaveLength(302)
  },
)

function connect(): Connection {
  const connection = new Connection(url())
  onTestFinished(() => connection.close())
  return connection
}

function anEnvelope(n: number) {
  return {
    specversion: '1.0' as const,
    id: crypto.randomUUID(),
    source: '/tikitu/booking',
    type: Counted.type,
    time: new Date().toISOString(),
    datacontenttype: 'application/json' as const,
    dataversion: 1,
    partitionkey: 'a',
    sequence: String(n).padStart(19, '0'),
    correlationid: 'test',
    data: { key: 'a', n },
  }
}
