import { expect, test } from 'vitest'
import {
  asAdmin,
  count,
  Counted,
  eventDatabase,
  expectAll,
  handledIn,
  inboxCount,
  nameOf,
  numbersOf,
  overRabbitmq,
  produce,
  record,
  startService,
} from '../../test/events.ts'
import { waitFor, type TestDatabase } from '../testing/index.ts'

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

  const isAllHandled = async () => {
    const { rows } = await booking.database.pool.query<{ n: string }>('select count(*) as n from outbox')
    return (await handledIn(payment)).length === Number(rows[0]?.n)
  }
  // The test's own connections were ended as well, and each says so once.
  await waitFor('what was committed', () => isAllHandled().catch(() => false))
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
  await waitFor('the first', async () => (await inboxCount(overRabbitmq() ? payment : notification)) === 1)

  await close(notification)
  for (let n = 2; n <= 30; n++) await count(booking, 'key 0', n)
  await waitFor('payment', async () => (await handledIn(payment)).length === 30)
  // What is meant for it waits in the outbox or in the broker.
  if (overRabbitmq()) await waitFor('no lag', async () => (await publisher.lag()).unpublished.count === 0)
  else {
    // It is a patient consumer: the next attempt may be a moment away.
    await waitFor('a failure', async () => (await publisher.lag()).failing.length > 0)
    expect(await publisher.lag()).toMatchObject({
      unpublished: { count: 29 },
      failing: [{ pipe: 'notification', error: expect.stringContaining('not currently accepting connections') }],
    })
  }
  await reopen(notification)

  await startService('notification', notification, { routes, subscriptions: [record] })
  await waitFor('notification', async () => (await handledIn(notification)).length === 30)
  expect(await numbersOf(notification, 'key 0')).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  await waitFor('no lag', async () => (await publisher.lag()).unpublished.count === 0)
  expect(await publisher.lag()).toMatchObject({ failing: [] })
})

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
