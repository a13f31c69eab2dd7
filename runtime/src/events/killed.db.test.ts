import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import {
  asAdmin,
  count,
  eventDatabase,
  expectAll,
  inboxCount,
  nameOf,
  overRabbitmq,
  produce,
  record,
  startService,
} from '../../test/events.ts'
import { brokerPrefix, brokerUrl } from '../../test/rabbitmq.ts'
import { waitFor, type TestDatabase } from '../testing/index.ts'

// Each of these starts processes, which takes seconds where many tests run at once.
vi.setConfig({ testTimeout: 120_000 })

/** A relay in a process of its own. */
async function startRelayProcess(publisher: TestDatabase, consumer: TestDatabase): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('../../test/relay-process.ts', import.meta.url))
  const broker = brokerUrl()
  const to = broker === undefined ? [consumer.relayUrl] : [broker, brokerPrefix()]
  const relay = fork(program, [publisher.url, ...to], { execArgv: [] })
  await once(relay, 'message')
  return relay
}

async function kill(process: ChildProcess): Promise<void> {
  process.kill('SIGKILL')
  await once(process, 'exit')
}

/** Waits until somebody waits for a lock in the database. Only the superuser sees what other roles wait for. */
async function waitForLock(database: TestDatabase): Promise<void> {
  await waitFor('somebody at the lock', async () => {
    const { rows } = await asAdmin((admin) => admin.query(`select ${AT_THE_LOCK}`, [nameOf(database)]))
    return rows.length > 0
  })
}

/** The server would finish the statement of a killed client: nothing tells it that nobody waits any more. */
async function endThoseAtTheLock(database: TestDatabase): Promise<void> {
  await asAdmin((admin) => admin.query(`select pg_terminate_backend(pid) ${AT_THE_LOCK}`, [nameOf(database)]))
}

const AT_THE_LOCK = `from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`

// Over RabbitMQ the relay writes no inbox that could be locked; feed.broker.test.ts kills what does.
test.skipIf(overRabbitmq())('a relay that is killed while it delivers loses nothing', async () => {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  await produce(booking, 100)
  const blocker = await payment.database.pool.connect()
  await blocker.query('begin; lock table inbox in exclusive mode')

  const relay = await startRelayProcess(booking, payment)
  await waitForLock(payment)
  await kill(relay)
  await endThoseAtTheLock(payment)
  await blocker.query('commit')
  blocker.release()
  expect(await inboxCount(payment)).toBe(0)

  await startService('payment', payment, { subscriptions: [record] })
  await startService('booking', booking, { peers: { payment } })
  await expectAll(payment, 100)
})

test('a relay that is killed after it delivered, before it wrote that down, doubles nothing', async () => {
  const pipe = overRabbitmq() ? 'rabbitmq' : 'payment'
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  await startService('payment', payment, { subscriptions: [record] })
  // Once, so that there is a cursor to lock.
  const first = await startService('booking', booking, { peers: { payment } })
  await waitFor('the cursor', async () => {
    const { rows } = await booking.database.pool.query('select from outbox_cursors where name = $1', [pipe])
    return rows.length > 0
  })
  await first.stop()
  await produce(booking, 100)
  const blocker = await booking.database.pool.connect()
  await blocker.query('begin')
  await blocker.query('select from outbox_cursors where name = $1 for update', [pipe])

  const relay = await startRelayProcess(booking, payment)
  await waitFor('delivery', async () => (await inboxCount(payment)) === 100)
  await waitForLock(booking)
  await kill(relay)
  await endThoseAtTheLock(booking)
  await blocker.query('rollback')
  blocker.release()

  await startService('booking', booking, { peers: { payment } })
  await count(booking, 'key 0', 11)
  await waitFor('the last', async () => (await inboxCount(payment)) === 101)
  await waitFor('no lag', async () => {
    const { rows } = await payment.database.pool.query(`select from inbox where status <> 'handled'`)
    return rows.length === 0
  })
  const { rows } = await payment.database.pool.query('select key, n from handled group by key, n having count(*) > 1')
  expect(rows).toEqual([])
})

test('a relay that is killed again and again, at any moment, loses and doubles nothing', async () => {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  await startService('payment', payment, { subscriptions: [record] })
  const kills = 2
  for (let round = 0; round < kills; round++) {
    const relay = await startRelayProcess(booking, payment)
    const before = await inboxCount(payment)
    const producing = Promise.all(
      Array.from({ length: 10 }, async (_, key) => {
        for (let n = 1; n <= 10; n++) await count(booking, `key ${key}`, round * 10 + n)
      }),
    )
    await waitFor('some progress', async () => (await inboxCount(payment)) > before)
    await Promise.all([kill(relay), producing])
  }
  await startService('booking', booking, { peers: { payment } })
  await expectAll(payment, kills * 100)
})
