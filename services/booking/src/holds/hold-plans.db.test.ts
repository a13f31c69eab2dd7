import { openDatabase, type Database } from '@tikitu/runtime/database'
import { createLog } from '@tikitu/runtime/log'
import { testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { anEvent } from '../../test/build.ts'
import { seatsWish, typeWish } from '../../test/wishes.ts'
import { holdBestSeatsTogether, holdChosenSeatsTogether, holdUnitsTogether } from './hold-batch.sql.ts'

/** More than a batch of three has any business with. */
const ROWS_READ_MAX = 60

/** More than a group that takes a row of its own has any business with. */
const HINTS_READ_MAX = 100

let database: Database
/** With one connection, because each makes plans of its own. */
let alone: Database

beforeAll(async () => {
  const { url, beforeDrop, ...opened } = await testDatabase('booking')
  database = opened.database
  alone = openDatabase({ url, connectionsMax: 1, log: createLog('booking', 'error') })
  beforeDrop(() => alone.close())
})

test('a connection that made its plans while there was nothing goes on reading little when there is much', async () => {
  for (let turn = 1; turn <= 3; turn++) {
    const event = await anEvent(database, { rows: [{ width: 20 }, { width: 20 }] })
    const ask = [
      () =>
        holdChosenSeatsTogether(
          alone,
          [0, 2, 4].map((seat) => seatsWish(event, [seat])),
        ),
      () =>
        holdUnitsTogether(
          alone,
          [1, 1, 1].map((units) => typeWish(event, units)),
        ),
      () =>
        holdBestSeatsTogether(
          alone,
          [2, 2, 2].map((seats) => typeWish(event, seats, { type: 'STALLS' })),
        ),
    ]
    for (const together of ask) {
      await alone.pool.query('begin')
      expect((await together()).map((answer) => answer?.outcome)).toEqual(['HELD', 'HELD', 'HELD'])
      expect(await rowsRead()).toBeLessThan(ROWS_READ_MAX)
      await alone.pool.query('commit')
    }
    await alone.pool.query(OLD_BOOKINGS, [event.id])
  }
})

test('a batch of groups looks at the rows of the hall where they sit, and not at each row for each group', async () => {
  const event = await anEvent(database, { rows: Array.from({ length: 1_000 }, () => ({ width: 4 })) })
  for (let turn = 1; turn <= 3; turn++) {
    const groups = Array.from({ length: 8 }, () => typeWish(event, 4, { type: 'STALLS' }))
    await alone.pool.query('begin')
    const answers = await holdBestSeatsTogether(alone, groups)
    expect(answers.map((answer) => answer?.outcome)).toEqual(groups.map(() => 'HELD'))
    expect(await rowsRead('seat_row_hints')).toBeLessThan(groups.length * HINTS_READ_MAX)
    await alone.pool.query('commit')
  }
})

/** Rows of a table, and entries of its indexes, that the open transaction has read so far. */
async function rowsRead(table = 'bookings'): Promise<number> {
  const { rows } = await alone.pool.query<{ read: number }>(
    `select sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid))::integer as read
       from pg_class where relname like $1 || '%'`,
    [table],
  )
  return rows[0]?.read ?? NaN
}

/** A thousand of what somebody has held of the event and let go. */
const OLD_BOOKINGS = `
  insert into bookings (event_id, partner_id, user_id, idempotency_key, request_hash, status, quantity, seat_nos, lines, total, currency, expires_at)
  select $1, gen_random_uuid(), gen_random_uuid(), number::text, 'the same', 'RELEASED', 1, array[number], '[]', 0, 'EUR', now()
    from generate_series(1, 1000) as number`
