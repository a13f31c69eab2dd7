import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import {
  count,
  Counted,
  eventDatabase,
  handledIn,
  numbersOf,
  record,
  ROUTES,
  silent,
  startService,
  transportFor,
} from '../../test/events.ts'
import { waitFor } from '../testing/index.ts'
import { withTrace } from '../trace.ts'
import { inTransaction } from '../transaction.ts'
import { arrive } from './arrive.ts'
import type { Envelope } from './envelope.ts'
import { emit, on, startEvents } from './index.ts'

async function bookingAndPayment() {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  return { booking, payment }
}

test('a committed fact arrives, with why it happened and the time of the database that handles it', async () => {
  const { booking, payment } = await bookingAndPayment()
  const seen: (Envelope & { at: Date })[] = []
  const remember = on(Counted, async (_tx, _data, envelope) => void seen.push(envelope))
  await startService('booking', booking, { peers: { payment } })
  await startService('payment', payment, { subscriptions: [remember] })

  await withTrace({ correlationId: 'request 1', causationId: 'job 1', traceparent: '00-1-2-01' }, () =>
    count(booking, 'a', 1),
  )

  await waitFor('the event', () => seen.length > 0)
  expect(seen[0]).toMatchObject({
    specversion: '1.0',
    source: '/tikitu/booking',
    type: 'test.counted',
    dataversion: 1,
    partitionkey: 'a',
    correlationid: 'request 1',
    causationid: 'job 1',
    traceparent: '00-1-2-01',
    data: { key: 'a', n: 1 },
  })
  expect(seen[0]?.at).toBeInstanceOf(Date)
})

test('an event that is published while another is handled names it as its cause', async () => {
  const { booking, payment } = await bookingAndPayment()
  const seen: Envelope[] = []
  const routes = { booking: ['test.echoed'], payment: [Counted.type] }
  const Echoed = { ...Counted, type: 'test.echoed' }
  await startService('booking', booking, {
    routes,
    peers: { payment },
    subscriptions: [on(Echoed, async (_tx, _data, envelope) => void seen.push(envelope))],
  })
  await startService('payment', payment, {
    routes,
    peers: { booking },
    subscriptions: [on(Counted, (tx, data) => emit(tx, Echoed, data))],
  })

  await withTrace({ correlationId: 'request 1' }, () => count(booking, 'a', 1))

  await waitFor('the echo', () => seen.length > 0)
  const { rows } = await payment.database.pool.query<{ id: string }>('select id from inbox')
  expect(seen[0]).toMatchObject({ correlationid: 'request 1', causationid: rows[0]?.id, source: '/tikitu/payment' })
})

test('a fact that is rolled back never leaves', async () => {
  const { booking, payment } = await bookingAndPayment()
  await startService('booking', booking, { peers: { payment } })
  await startService('payment', payment, { subscriptions: [record] })

  await expect(
    inTransaction(booking.database, async (tx) => {
      await emit(tx, Counted, { key: 'a', n: 1 })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await count(booking, 'a', 2)

  await waitFor('the second', async () => (await handledIn(payment)).length > 0)
  expect(await numbersOf(payment, 'a')).toEqual([2])
})

test('a fact with a malformed shape is refused when it is emitted, and so is a transaction that nobody knows', async () => {
  const booking = await eventDatabase()
  const unknown = booking.database.orm.transaction((tx) => emit(tx, Counted, { key: 'a', n: 1 }))
  await expect(unknown).rejects.toThrow('was not opened by transact() or inTransaction()')
  const emitted = inTransaction(booking.database, (tx) => emit(tx, Counted, { key: 'a', n: 1.5 }))
  await expect(emitted).rejects.toThrow('test.counted was emitted with malformed data')
})

test('an event that is sent many times is handled once', async () => {
  const { booking, payment } = await bookingAndPayment()
  await startService('payment', payment, { subscriptions: [record] })
  await count(booking, 'a', 1)
  const transport = transportFor('booking', booking, { payment })
  const [pipe] = await transport.start([{ consumer: 'payment', types: [Counted.type] }])
  if (!pipe) throw new Error('no pipe')
  const batch = [anEnvelope('a', 1), anEnvelope('a', 2)]

  await Promise.all(Array.from({ length: 10 }, () => pipe.publish(batch)))
  await waitFor('the second', async () => (await handledIn(payment)).length >= 2)
  await pipe.publish(batch)
  await transport.stop()
  await arrive(payment.database.pool, [...batch, anEnvelope('a', 3)])

  await waitFor('the third', async () => (await numbersOf(payment, 'a')).includes(3))
  expect(await numbersOf(payment, 'a')).toEqual([1, 2, 3])
})

function anEnvelope(key: string, n: number): Envelope {
  return {
    specversion: '1.0',
    id: crypto.randomUUID(),
    source: '/tikitu/booking',
    type: Counted.type,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataversion: 1,
    partitionkey: key,
    sequence: String(n).padStart(19, '0'),
    correlationid: 'test',
    data: { key, n },
  }
}

test('a commit that comes late is not left behind by those that overtook it', async () => {
  const { booking, payment } = await bookingAndPayment()
  await startService('booking', booking, { peers: { payment } })
  await startService('payment', payment, { subscriptions: [record] })
  const written = Promise.withResolvers<void>()
  const overtaken = Promise.withResolvers<void>()

  const late = inTransaction(booking.database, async (tx) => {
    await emit(tx, Counted, { key: 'late', n: 1 })
    written.resolve()
    await overtaken.promise
  })
  await written.promise
  for (let n = 1; n <= 3; n++) await count(booking, 'prompt', n)
  await waitFor('the others', async () => (await numbersOf(payment, 'prompt')).length === 3)
  const { rows } = await booking.database.pool.query<{ lowest: string }>('select min(sequence) as lowest from outbox')
  overtaken.resolve()
  await late

  await waitFor('the late one', async () => (await numbersOf(payment, 'late')).length === 1)
  // The late one was written first: a cursor over the sequence would have passed it.
  expect(Number(rows[0]?.lowest)).toBeGreaterThan(1)
})

test('events of one key are handled in the order in which their transactions held the row', async () => {
  const { booking, payment } = await bookingAndPayment()
  await booking.database.pool.query(`create table counters (key text primary key, n int not null)`)
  await booking.database.pool.query(`insert into counters select 'key ' || k, 0 from generate_series(1, 5) as k`)
  await startService('booking', booking, { peers: { payment } })
  await startService('payment', payment, { subscriptions: [record] })

  await Promise.all(
    Array.from({ length: 8 }, async (_, producer) => {
      for (let turn = 0; turn < 25; turn++) {
        const key = `key ${((producer * 7 + turn * 3) % 5) + 1}`
        await inTransaction(booking.database, async (tx) => {
          const { rows } = await tx.execute<{ n: number }>(
            sql`update counters set n = n + 1 where key = ${key} returning n`,
          )
          await emit(tx, Counted, { key, n: rows[0]?.n ?? 0 })
        })
      }
    }),
  )

  await waitFor('all of them', async () => (await handledIn(payment)).length >= 200)
  for (let k = 1; k <= 5; k++) {
    const numbers = await numbersOf(payment, `key ${k}`)
    expect(numbers).toEqual(Array.from(numbers, (_, index) => index + 1))
  }
  expect(await handledIn(payment)).toHaveLength(200)
})

test('a service hears its own events', async () => {
  const booking = await eventDatabase()
  await startService('booking', booking, { routes: { booking: [Counted.type] }, subscriptions: [record] })
  await count(booking, 'a', 1)
  await waitFor('the event', async () => (await handledIn(booking)).length === 1)
})

test('a row that a database function wrote by itself is published like any other', async () => {
  const { booking, payment } = await bookingAndPayment()
  await startService('booking', booking, { peers: { payment } })
  await startService('payment', payment, { subscriptions: [record] })
  await booking.database.pool.query(
    `insert into outbox (type, key, data) values ('test.counted', 'a', '{"key":"a","n":7}')`,
  )
  await waitFor('the event', async () => (await handledIn(payment)).length === 1)
  expect(await numbersOf(payment, 'a')).toEqual([7])
})

test('a service whose handlers are not what its peers were promised does not start', async () => {
  const booking = await eventDatabase()
  const start = (subscriptions: (typeof record)[], service: 'booking' | 'payment') =>
    startEvents({
      service,
      database: booking.database,
      subscriptions,
      routes: ROUTES,
      transport: transportFor(service, booking, {}),
      log: silent,
    })
  await expect(start([], 'payment')).rejects.toThrow('without a handler: test.counted')
  await expect(start([record], 'booking')).rejects.toThrow('not in the table: test.counted')
})
