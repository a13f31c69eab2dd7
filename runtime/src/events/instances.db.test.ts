import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { count, Counted, eventDatabase, handledIn, numbersOf, record, startService } from '../../test/events.ts'
import { waitFor, type TestDatabase } from '../testing/index.ts'

/** Commits `many` events over ten keys from several transactions at once, each key counted from 1. */
async function produce(publisher: TestDatabase, many: number): Promise<void> {
  const perKey = many / 10
  await Promise.all(
    Array.from({ length: 10 }, async (_, key) => {
      for (let n = 1; n <= perKey; n++) await count(publisher, `key ${key}`, n)
    }),
  )
}

/** Every event handled once, each key in order. */
async function expectAll(consumer: TestDatabase, many: number): Promise<void> {
  await waitFor('all of them', async () => (await handledIn(consumer)).length >= many)
  for (let key = 0; key < 10; key++) {
    expect(await numbersOf(consumer, `key ${key}`)).toEqual(Array.from({ length: many / 10 }, (_, index) => index + 1))
  }
}

test('two instances of a publisher and two of a consumer neither lose, double nor reorder', async () => {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  for (let instance = 0; instance < 2; instance++) {
    await startService('booking', booking, { peers: { payment } })
    await startService('payment', payment, { subscriptions: [record] })
  }
  await produce(booking, 500)
  await expectAll(payment, 500)
})

test('when the instance that relays stops, the other takes its turn', async () => {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  const first = await startService('booking', booking, { peers: { payment } })
  await startService('payment', payment, { subscriptions: [record] })
  await startService('booking', booking, { peers: { payment } })
  await count(booking, 'a', 1)
  await waitFor('the first', async () => (await handledIn(payment)).length === 1)
  await first.stop()
  await count(booking, 'a', 2)
  await waitFor('the second', async () => (await handledIn(payment)).length === 2)
})

test('connections that the server ends are made again, and nothing is lost', async () => {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  await startService('booking', booking, { peers: { payment } })
  await startService('payment', payment, { subscriptions: [record] })
  const produced = produce(booking, 300).catch(() => 'a producer lost its connection')
  await waitFor('the first', async () => (await handledIn(payment)).length > 0)
  await asAdmin(async (admin) => {
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname in ($1, $2) and query not like '%handled order by%'`,
      [nameOf(booking), nameOf(payment)],
    )
  })
  await produced

  await waitFor('what was committed', async () => {
    const { rows } = await booking.database.pool.query<{ n: string }>('select count(*) as n from outbox')
    return (await handledIn(payment)).length === Number(rows[0]?.n)
  })
  for (let key = 0; key < 10; key++) {
    const numbers = await numbersOf(payment, `key ${key}`)
    expect(numbers).toEqual(Array.from(numbers, (_, index) => index + 1))
  }
})

test('a consumer that is down delays nobody else, and is sent everything in order when it is back', async () => {
  const [booking, payment, notification] = await Promise.all([eventDatabase(), eventDatabase(), eventDatabase()])
  const routes = { booking: [], payment: [Counted.type], notification: [Counted.type] }
  const publisher = await startService('booking', booking, { routes, peers: { payment, notification } })
  await startService('payment', payment, { routes, subscriptions: [record] })
  await count(booking, 'key 0', 1)
  await waitFor('the first', async () => (await inboxCount(notification)) === 1)

  await close(notification)
  for (let n = 2; n <= 30; n++) await count(booking, 'key 0', n)
  await waitFor('payment', async () => (await handledIn(payment)).length === 30)
  expect(await publisher.lag()).toMatchObject({
    unpublished: { count: 29 },
    failing: [{ pipe: 'notification', error: expect.stringContaining('not currently accepting connections') }],
  })
  await reopen(notification)

  await startService('notification', notification, { routes, subscriptions: [record] })
  await waitFor('notification', async () => (await handledIn(notification)).length === 30)
  expect(await numbersOf(notification, 'key 0')).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  await waitFor('no lag', async () => (await publisher.lag()).unpublished.count === 0)
  expect(await publisher.lag()).toMatchObject({ failing: [] })
})

test('a relay that is killed in the middle, again and again, loses and doubles nothing', async () => {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  await startService('payment', payment, { subscriptions: [record] })
  const kills = 3
  for (let kill = 0; kill < kills; kill++) {
    const relay = await startRelayProcess(booking, payment)
    const before = await inboxCount(payment)
    const producing = Promise.all(
      Array.from({ length: 10 }, async (_, key) => {
        for (let n = 1; n <= 10; n++) await count(booking, `key ${key}`, kill * 10 + n)
      }),
    )
    await waitFor('some progress', async () => (await inboxCount(payment)) > before)
    relay.kill('SIGKILL')
    await Promise.all([once(relay, 'exit'), producing])
  }
  await startService('booking', booking, { peers: { payment } })
  await expectAll(payment, kills * 100)
})

async function startRelayProcess(publisher: TestDatabase, consumer: TestDatabase): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('../../test/relay-process.ts', import.meta.url))
  const relay = fork(program, [publisher.url, consumer.relayUrl], { execArgv: [] })
  await once(relay, 'message')
  return relay
}

async function inboxCount({ database }: TestDatabase): Promise<number> {
  const { rows } = await database.pool.query<{ n: string }>('select count(*) as n from inbox')
  return Number(rows[0]?.n)
}

const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1)

/** Nobody can connect any more, and everybody who had is thrown out. */
async function close(down: TestDatabase): Promise<void> {
  await asAdmin(async (admin) => {
    await admin.query(`alter database ${nameOf(down)} allow_connections false`)
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [nameOf(down)])
  })
}

async function reopen(down: TestDatabase): Promise<void> {
  await asAdmin((admin) => admin.query(`alter database ${nameOf(down)} allow_connections true`))
}

async function asAdmin(use: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('postgres').adminUrl })
  await admin.connect()
  await use(admin)
  await admin.end()
}
