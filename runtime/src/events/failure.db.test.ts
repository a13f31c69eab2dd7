import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { count, Counted, eventDatabase, handledIn, numbersOf, recordCounted, startService } from '../../test/events.ts'
import { type TestDatabase, waitFor } from '../testing/index.ts'
import { on, redriveEvent, skipEvent, type Events, type Subscription } from './index.ts'

const ROUTES = { booking: [Counted.type] }
const QUICK = { attemptsMax: 3, pause: () => 20, handlerMilliseconds: 300 }

/** Booking hears itself: what fails is the same wherever the event came from. */
async function aService(...subscriptions: Subscription[]): Promise<{ booking: TestDatabase; events: Events }> {
  const booking = await eventDatabase()
  const events = await startService('booking', booking, { routes: ROUTES, subscriptions, retry: QUICK })
  return { booking, events }
}

interface InboxRow {
  readonly id: string
  readonly status: string
  readonly attempts: number
  readonly last_error: string | null
}

async function inboxOf({ database }: TestDatabase, key: string): Promise<InboxRow[]> {
  const { rows } = await database.pool.query<InboxRow>(
    'select id, status, attempts, last_error from inbox where key = $1 order by sequence',
    [key],
  )
  return rows
}

const statusesOf = async (service: TestDatabase, key: string) => (await inboxOf(service, key)).map((row) => row.status)

test('an event that cannot be handled parks its key alone, and is redriven in order', async () => {
  let broken = true
  const { booking, events } = await aService(
    on(Counted, async (tx, data) => {
      await recordCounted(tx, data)
      if (broken && data.key === 'bad' && data.n === 2) throw new Error('the handler has a mistake')
    }),
  )
  for (let n = 1; n <= 4; n++) {
    await count(booking, 'bad', n)
    await count(booking, 'good', n)
  }
  await waitFor('death', async () => (await statusesOf(booking, 'bad')).includes('dead'))
  await waitFor('the good', async () => (await numbersOf(booking, 'good')).length === 4)
  expect(await statusesOf(booking, 'bad')).toEqual(['handled', 'dead', 'waiting', 'waiting'])
  const [, dead] = await inboxOf(booking, 'bad')
  expect(dead).toMatchObject({ attempts: 3, last_error: 'Error: the handler has a mistake' })
  expect(await events.lag()).toMatchObject({ dead: 1, unhandled: { count: 2 } })

  broken = false
  expect(await redriveEvent(booking.database.orm, dead?.id ?? '')).toBe(true)

  await waitFor('all of them', async () => (await numbersOf(booking, 'bad')).length === 4)
  expect(await numbersOf(booking, 'bad')).toEqual([1, 2, 3, 4])
})

test('many events that fail in one batch each have their own attempts, and no more', async () => {
  const attempts = new Map<string, number>()
  const booking = await eventDatabase()
  for (let key = 0; key < 50; key++) {
    await count(booking, `bad ${key}`, 1)
    await count(booking, `good ${key}`, 1)
  }
  const events = await startService('booking', booking, {
    routes: ROUTES,
    retry: QUICK,
    subscriptions: [
      on(Counted, async (tx, data) => {
        if (data.key.startsWith('good')) return recordCounted(tx, data)
        attempts.set(data.key, (attempts.get(data.key) ?? 0) + 1)
        throw new Error('no')
      }),
    ],
  })
  await waitFor('death', async () => (await events.lag()).dead === 50)
  expect(new Set(attempts.values())).toEqual(new Set([3]))
  expect(await handledIn(booking)).toHaveLength(50)
})

test('two instances whose handlers fail at random handle everything once and in order', async () => {
  const booking = await eventDatabase()
  for (let n = 1; n <= 10; n++) {
    await Promise.all(Array.from({ length: 20 }, (_, key) => count(booking, `key ${key}`, n)))
  }
  const fickle = on(Counted, async (tx, data) => {
    const luck = Math.random()
    if (luck < 0.1) throw new Error('before writing')
    await recordCounted(tx, data)
    if (luck < 0.2) throw new Error('after writing')
    if (luck < 0.3) await tx.execute(sql`select 1 / 0`)
  })
  const retry = { ...QUICK, attemptsMax: 100 }
  for (let instance = 0; instance < 2; instance++) {
    await startService('booking', booking, { routes: ROUTES, retry, subscriptions: [fickle] })
  }
  await waitFor('all of them', async () => (await handledIn(booking)).length >= 200)
  for (let key = 0; key < 20; key++) {
    expect(await numbersOf(booking, `key ${key}`)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  }
})

test('a dead event that is skipped lets the later ones of its key go on', async () => {
  const { booking } = await aService(
    on(Counted, async (tx, data) => {
      if (data.n === 1) throw new Error('never')
      await recordCounted(tx, data)
    }),
  )
  await count(booking, 'a', 1)
  await count(booking, 'a', 2)
  await waitFor('death', async () => (await statusesOf(booking, 'a')).includes('dead'))
  const [dead] = await inboxOf(booking, 'a')

  expect(await skipEvent(booking.database.orm, dead?.id ?? '')).toBe(true)

  await waitFor('the second', async () => (await numbersOf(booking, 'a')).length === 1)
  expect(await statusesOf(booking, 'a')).toEqual(['skipped', 'handled'])
  expect(await skipEvent(booking.database.orm, dead?.id ?? '')).toBe(false)
})

test('a handler that fails now and then loses nothing, and later events of the key wait for it', async () => {
  const failures = new Map<number, number>()
  const { booking } = await aService(
    on(Counted, async (tx, data) => {
      await recordCounted(tx, data)
      const failed = failures.get(data.n) ?? 0
      failures.set(data.n, failed + 1)
      if (failed < 2) throw new Error('flaky')
    }),
  )
  for (let n = 1; n <= 5; n++) await count(booking, 'a', n)
  await waitFor('all of them', async () => (await numbersOf(booking, 'a')).length === 5)
  expect(await numbersOf(booking, 'a')).toEqual([1, 2, 3, 4, 5])
})

test('an event that fails only when it is committed is found among the others', async () => {
  const booking = await eventDatabase()
  await booking.database.pool.query(`
    create table parents (n int primary key);
    insert into parents values (1), (3);
    create table children (n int references parents deferrable initially deferred)`)
  for (let n = 1; n <= 3; n++) await count(booking, `key ${n}`, n)
  await startService('booking', booking, {
    routes: ROUTES,
    retry: QUICK,
    subscriptions: [
      on(Counted, async (tx, data) => {
        await tx.execute(sql`insert into children values (${data.n})`)
        await recordCounted(tx, data)
      }),
    ],
  })
  await waitFor('death', async () => (await statusesOf(booking, 'key 2'))[0] === 'dead')
  await waitFor('the others', async () => (await numbersOf(booking, 'key 3')).length === 1)
  expect(await numbersOf(booking, 'key 1')).toEqual([1])
  expect(await numbersOf(booking, 'key 2')).toEqual([])
  expect((await inboxOf(booking, 'key 2'))[0]?.last_error).toContain('violates foreign key constraint')
})

test('a handler that never ends fails alone, and what it does afterwards is not written', async () => {
  const woken = Promise.withResolvers<void>()
  const zombie = Promise.withResolvers<unknown>()
  let hangs = true
  const { booking } = await aService(
    on(Counted, async (tx, data) => {
      if (hangs && data.key === 'bad') {
        hangs = false
        await woken.promise
        await recordCounted(tx, data).catch(zombie.resolve)
        zombie.resolve('it wrote')
        return
      }
      await recordCounted(tx, data)
    }),
  )
  await count(booking, 'bad', 1)
  await count(booking, 'good', 1)
  await waitFor('the good', async () => (await numbersOf(booking, 'good')).length === 1)
  await waitFor('the second attempt', async () => (await numbersOf(booking, 'bad')).length === 1)
  woken.resolve()
  expect(await zombie.promise).toBeInstanceOf(Error)
  expect(await numbersOf(booking, 'bad')).toEqual([1])
})

test('a handler that swallows the error of a statement has failed', async () => {
  const { booking } = await aService(
    on(Counted, async (tx, data) => {
      await tx.execute(sql`select 1 / 0`).catch(() => undefined)
      await recordCounted(tx, data).catch(() => undefined)
    }),
  )
  await count(booking, 'a', 1)
  await waitFor('death', async () => (await statusesOf(booking, 'a'))[0] === 'dead')
})

test('an event of an unknown version or a malformed shape is dead at once, and says why', async () => {
  const { booking, events } = await aService(on(Counted, recordCounted))
  await booking.database.pool.query(`
    insert into outbox (type, version, key, data) values
      ('test.counted', 2, 'version', '{"key":"version","n":1}'),
      ('test.counted', 1, 'shape', '{"key":"shape","n":"one"}'),
      ('test.counted', 1, 'null', 'null'),
      ('test.counted', 1, 'good', '{"key":"good","n":1,"more":true}')`)
  await waitFor('the good', async () => (await numbersOf(booking, 'good')).length === 1)
  await waitFor('the bad', async () => (await events.lag()).dead === 3)
  expect((await inboxOf(booking, 'version'))[0]).toMatchObject({
    status: 'dead',
    attempts: 1,
    last_error: 'UnknownEvent: no handler for version 2 of test.counted (known: 1)',
  })
  expect((await inboxOf(booking, 'shape'))[0]?.last_error).toMatch(/^MalformedEvent: test.counted version 1: n: /)
})
