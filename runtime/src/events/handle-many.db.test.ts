import { expect, test } from 'vitest'
import { arrive } from './arrive.ts'
import { count, Counted, eventDatabase, handledIn, recordCounted, startService } from '../../test/events.ts'
import { newId } from '../ids.ts'
import { type TestDatabase, waitFor } from '../testing/index.ts'
import type { Envelope } from './envelope.ts'
import { onMany, type Subscription } from './index.ts'

const ROUTES = { booking: [Counted.type] }
const EVENTS = 300

/** Events of as many keys, so that they are in all lanes. */
const events: readonly Envelope[] = Array.from({ length: EVENTS }, (_, n) => ({
  specversion: '1.0',
  id: newId(),
  source: '/tikitu/booking',
  type: Counted.type,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  dataversion: Counted.version,
  partitionkey: `key ${n}`,
  sequence: String(n),
  correlationid: newId(),
  data: { key: `key ${n}`, n },
}))

/** Writes down what it was given, and remembers how much that was each time. */
function recorder() {
  const sizes: number[] = []
  const subscription: Subscription = onMany(Counted, async (tx, data) => {
    sizes.push(data.length)
    for (const one of data) await recordCounted(tx, one)
  })
  return { sizes, subscription }
}

const statuses = async ({ database }: TestDatabase) => {
  const { rows } = await database.pool.query<{ status: string; n: string }>(
    'select status, count(*) as n from inbox group by status',
  )
  return Object.fromEntries(rows.map(({ status, n }) => [status, Number(n)]))
}

const start = (own: TestDatabase, subscription: Subscription) =>
  startService('booking', own, { routes: ROUTES, subscriptions: [subscription] })

test('what arrives together is handled together, each event once, by however many instances and however often it arrives', async () => {
  const booking = await eventDatabase()
  const { sizes, subscription } = recorder()
  for (let instance = 0; instance < 2; instance++) await start(booking, subscription)
  for (let delivery = 0; delivery < 3; delivery++) {
    for (let first = 0; first < EVENTS; first += 50)
      await arrive(booking.database.pool, events.slice(first, first + 50))
  }
  await waitFor('all of them', async () => (await handledIn(booking)).length >= EVENTS)
  await waitFor('the record', async () => (await statuses(booking))['handled'] === EVENTS)
  const numbers = (await handledIn(booking)).map(({ n }) => n)
  expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: EVENTS }, (_, n) => n))
  expect(sizes.length).toBeLessThan(EVENTS / 10)
})

test('one that cannot be handled keeps none of the others from it', async () => {
  const booking = await eventDatabase()
  const { subscription } = recorder()
  const [first, ...others] = events.slice(0, 30)
  await arrive(booking.database.pool, [{ ...first!, data: { key: 'key 0' } }, ...others])
  await start(booking, subscription)
  await waitFor('all but one', async () => (await handledIn(booking)).length === others.length)
  await waitFor('its death', async () => (await statuses(booking))['dead'] === 1)
  expect(await statuses(booking)).toEqual({ handled: others.length, dead: 1 })
})

test('a handler that hangs is given up with its connection, and its writes are undone', async () => {
  const booking = await eventDatabase()
  let hangs = true
  const subscription = onMany(Counted, async (tx, data) => {
    for (const one of data) await recordCounted(tx, one)
    if (!hangs) return
    hangs = false
    await new Promise(() => undefined)
  })
  const retry = { handlerMilliseconds: 300 }
  await startService('booking', booking, { routes: ROUTES, subscriptions: [subscription], retry })
  await count(booking, 'a', 1)
  await count(booking, 'b', 2)
  await waitFor('both', async () => (await handledIn(booking)).length === 2)
  expect(new Set((await handledIn(booking)).map(({ n }) => n))).toEqual(new Set([1, 2]))
})
