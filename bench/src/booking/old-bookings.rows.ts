import { newId } from '@tikitu/runtime/ids'
import { runPgbench } from './pgbench.ts'
import { alternate, median, ratio } from './rounds.ts'
import { holdTwoSeats } from './scripts.ts'
import { goal, type Parts } from './seats.rows.ts'
import { openPool } from './stage.ts'
import { aHall, anEvent, type OnSale } from './world.ts'

const CLIENTS = 8

/** The slowest holds beside a million bookings of the past, and beside none: two databases of one server, in turns. */
export async function measureBesideOldBookings(parts: Parts): Promise<void> {
  const { stage, seller, options, pgbench, context } = parts
  const { rounds, seconds, hallSeats, oldBookings } = options
  if (pgbench === undefined) return
  const hall = await aHall(stage, seller, hallSeats)
  const events: OnSale[] = []
  for (let round = 0; round <= rounds; round += 1) events.push(await anEvent(stage, seller, { hall }))

  const empty = Object.assign(new URL(stage.url), { pathname: '/beside_none' }).href
  const full = Object.assign(new URL(stage.url), { pathname: '/beside_old' }).href
  const admin = openPool(stage.postgres.adminUrl(), 1)
  const name = new URL(stage.url).pathname.slice(1)
  try {
    await stage.withoutService(async () => {
      await stage.idle()
      for (const copy of ['beside_none', 'beside_old'])
        await admin.query(`create database ${copy} template ${name} owner tikitu_booking`)
    })
  } finally {
    await admin.end()
  }
  for (const [url, rows] of [
    [empty, 0],
    [full, oldBookings],
  ] as const)
    await fill(url, rows)

  const turn = { empty: 0, full: 0 }
  const run = async (url: string, which: 'empty' | 'full') => {
    const { eventId } = events[turn[which]++] ?? { eventId: newId() }
    const script = holdTwoSeats(eventId, { hallSeats, clients: CLIENTS })
    const { directory } = stage
    return (await runPgbench({ program: pgbench, url, script, clients: CLIENTS, seconds, directory })).p99
  }
  // What is read for the first time comes from the disk; that is no part of this.
  await run(empty, 'empty')
  await run(full, 'full')
  const reached = await alternate(rounds, { empty: () => run(empty, 'empty'), full: () => run(full, 'full') })
  context.figure({ name: 'a hold of pgbench, 8 clients, p99', value: median(reached.empty), unit: 'ms' })
  context.figure({
    name: `p99 beside ${oldBookings} old bookings, times beside none`,
    value: ratio(reached.full, reached.empty),
    unit: 'x',
    ...goal(options, { atMost: 1.2 }),
  })
}

/** Nothing, or so many bookings of last year, of others and of other events. */
async function fill(url: string, rows: number): Promise<void> {
  const pool = openPool(url, 1)
  try {
    await pool.query('delete from bookings')
    await pool.query(OLD_BOOKINGS, [rows])
    // As autovacuum would have done long ago, and so that no checkpoint of it falls into what is measured.
    await pool.query('vacuum analyze bookings')
  } finally {
    await pool.end()
  }
}

const OLD_BOOKINGS = `
  insert into bookings (
    id, event_id, partner_id, user_id, idempotency_key, request_hash, status, quantity, seat_nos, lines, total, currency,
    expires_at, created_at, reference, ended_at
  )
  select uuidv7(interval '-400 days' + number * interval '1 second'), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
         gen_random_uuid()::text, 'the same', 'CANCELLED', 2, array[number, number + 1], '[]', 10000, 'EUR',
         now() - interval '300 days', now() - interval '300 days', 'OLD-' || number, now() - interval '300 days'
    from generate_series(1, $1::integer) as number`
