import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { count, Counted, eventDatabase, handledIn, overRabbitmq, record, startService } from '../../test/events.ts'
import { waitFor } from '../testing/index.ts'
import { inTransaction } from '../transaction.ts'
import { pruneInbox } from './inbox.sql.ts'
import { emit } from './index.ts'
import { createCursors, nextBatch, numberCommitted, passOver, pruneOutbox, SESSION_SETTINGS } from './outbox.sql.ts'
import { openSession } from './session.ts'
import { onWake, wakeRelay } from './wake.ts'

test('relays that number at the same time give every event one position, and positions are never given twice', async () => {
  const { database } = await eventDatabase()
  await createCursors(database.pool, [])
  await Promise.all([
    ...Array.from({ length: 4 }, async (_, producer) => {
      for (let n = 0; n < 50; n++) await inTransaction(database, (tx) => emit(tx, Counted, { key: `${producer}`, n }))
    }),
    ...Array.from({ length: 4 }, async () => {
      for (let round = 0; round < 50; round++) await numberCommitted(database.pool)
    }),
  ])
  await numberCommitted(database.pool)
  const { rows } = await database.pool.query<{ key: string; positions: string; ordered: boolean }>(`
    select key, count(distinct position) as positions, bool_and(sequence_before < sequence) as ordered
    from (select *, lag(sequence, 1, 0) over (partition by key order by position) as sequence_before from outbox) as row
    group by key`)
  expect(rows).toHaveLength(4)
  for (const row of rows) expect(row).toMatchObject({ positions: '50', ordered: true })
  const { rows: all } = await database.pool.query<{ n: string }>('select count(distinct position) as n from outbox')
  expect(all[0]?.n).toBe('200')
})

test('a relay that numbers behind another does not give a late commit a position that is taken', async () => {
  const booking = await eventDatabase()
  const { pool } = booking.database
  await createCursors(pool, [])
  const [late, first] = await Promise.all([pool.connect(), pool.connect()])
  await late.query(`begin; insert into outbox (type, key, data) values ('test.counted', 'late', '{}')`)
  await count(booking, 'prompt', 1)
  await first.query('begin')
  await numberCommitted(first)
  await late.query('commit')

  const second = numberCommitted(pool)
  await waitFor('the second at the lock', async () => {
    const { rows } = await pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows.length > 0
  })
  await first.query('commit')
  await second
  for (const connection of [late, first]) connection.release()

  const { rows } = await pool.query('select key, position from outbox order by position')
  expect(rows).toEqual([
    { key: 'prompt', position: '1' },
    { key: 'late', position: '2' },
  ])
})

test('what was numbered in a rush is not looked at again, though nobody has vacuumed', async () => {
  const { database } = await eventDatabase()
  const session = await openSession(database, { name: 'relay', onNotification: () => {}, onLost: () => {} })
  await session.query(SESSION_SETTINGS)
  await createCursors(session, [])
  for (let round = 1; round <= 8; round++) {
    await database.pool.query(
      `insert into outbox (type, key, data) select 'test.counted', 'a', '{}' from generate_series(1, 400)`,
    )
    await numberCommitted(session)
  }
  await numberCommitted(session)

  const entriesRead = async () => {
    const { rows } = await session.query<{ read: number }>(
      `select pg_stat_get_xact_tuples_returned('outbox_position'::regclass)::integer as read`,
    )
    return rows[0]?.read ?? NaN
  }
  const before = await entriesRead()
  await numberCommitted(session)
  const read = (await entriesRead()) - before
  await session.end()
  expect(read).toBeLessThan(400)
})

test('a batch of heavy events is cut, and a light one goes out whole', async () => {
  const { database } = await eventDatabase()
  await createCursors(database.pool, ['payment'])
  // Random text, because what is weighed is what is stored, and that is compressed.
  await database.pool.query(`
    insert into outbox (type, key, data)
    select 'test.counted', 'a', jsonb_build_object('key', 'a', 'n', n, 'padding',
      (select string_agg(md5(random()::text || part), '') from generate_series(1, 12000 + 0 * n) as part))
    from generate_series(1, 6) as n`)
  await numberCommitted(database.pool)
  const from = { source: '/tikitu/booking', pipe: 'payment', types: [Counted.type] }
  const heavy = await nextBatch(database.pool, from)
  expect(heavy?.events.length).toBeGreaterThanOrEqual(1)
  expect(heavy?.events.length).toBeLessThan(6)
})

test('an idle pipe passes over what is not for it, but never over what is', async () => {
  const { database } = await eventDatabase()
  await createCursors(database.pool, ['payment', 'notification'])
  for (let n = 0; n < 3; n++) await inTransaction(database, (tx) => emit(tx, Counted, { key: 'a', n }))
  await numberCommitted(database.pool)
  await passOver(database.pool, 'payment', [Counted.type])
  await passOver(database.pool, 'notification', ['test.other'])
  const { rows } = await database.pool.query<{ position: string }>(
    'select name, position from outbox_cursors order by name',
  )
  expect(rows).toEqual([
    { name: 'notification', position: '3' },
    { name: 'outbox', position: '3' },
    { name: 'payment', position: '0' },
  ])
})

test('old events are deleted once every pipe has them, and not before', async () => {
  const booking = await eventDatabase()
  const { pool } = booking.database
  await createCursors(pool, ['payment'])
  for (let n = 0; n < 3; n++) await count(booking, 'a', n)
  await numberCommitted(pool)
  await pool.query(`update outbox set created_at = now() - interval '31 days' where position <= 2`)
  expect(await pruneOutbox(pool, ['payment'], 30)).toBe(0)
  await pool.query(`update outbox_cursors set position = 3 where name = 'payment'`)
  expect(await pruneOutbox(pool, ['payment'], 30)).toBe(2)
  const { rows } = await pool.query<{ position: string }>('select position from outbox')
  expect(rows).toEqual([{ position: '3' }])
})

test('settled events are deleted from the inbox when they are old, dead ones never', async () => {
  const { database } = await eventDatabase()
  await database.pool.query(`
    insert into inbox (id, source, type, version, key, occurred_at, position, correlation_id, data, status, handled_at)
    select uuidv7(), '/tikitu/booking', 'test.counted', 1, 'a', now(), '1', 'c', '{}', status, now() - days * interval '1 day'
    from (values ('handled', 32), ('handled', 30), ('skipped', 32), ('dead', 32)) as row (status, days)`)
  expect(await pruneInbox(database.pool, 31)).toBe(2)
})

// rabbitmq/broker.broker.test.ts asks the same of a broker that is not there.
test.skipIf(overRabbitmq())('the lag says what waits where', async () => {
  const [booking, payment] = await Promise.all([eventDatabase(), eventDatabase()])
  await count(booking, 'a', 1)
  const lonely = await startService('booking', booking)
  await waitFor('the failure', async () => (await lonely.lag()).failing.length > 0)
  expect(await lonely.lag()).toMatchObject({
    unpublished: { count: 1 },
    unhandled: { count: 0 },
    dead: 0,
    failing: [{ pipe: 'payment', error: 'RELAY_URL_PAYMENT is not set' }],
  })
  await lonely.stop()
  await startService('booking', booking, { peers: { payment } })
  await startService('payment', payment, { subscriptions: [record] })
  await waitFor('the event', async () => (await handledIn(payment)).length === 1)
})

test('the relay is woken when a transaction that emitted has committed, once, and not when it rolled back', async () => {
  const { database } = await eventDatabase()
  let woken = 0
  onWake(database, () => woken++)

  await inTransaction(database, async (tx) => {
    for (let n = 0; n < 3; n++) await emit(tx, Counted, { key: 'a', n })
    await tx.transaction((nested) => emit(nested, Counted, { key: 'a', n: 4 }))
    expect(woken).toBe(0)
  })
  expect(woken).toBe(1)
  await inTransaction(database, async (tx) => {
    await emit(tx, Counted, { key: 'a', n: 5 })
    throw new Error('no')
  }).catch(() => undefined)
  expect(woken).toBe(1)
  wakeRelay(database)
  expect(woken).toBe(2)
})

test('a service that is stopped at any moment of its start ends', async () => {
  const booking = await eventDatabase()
  for (let moment = 0; moment < 100; moment++) {
    const events = await startService('booking', booking)
    await delay(moment / 3)
    await events.stop()
  }
}, 20_000)
