import { expect, test } from 'vitest'
import { eventDatabase } from '../../test/events.ts'
import { inTransaction } from '../transaction.ts'
import { nextArrived } from './inbox.sql.ts'
import { LANES } from './lanes.ts'

/** More than three events have any business with. */
const ROWS_READ_MAX = 100

test('the plan by which events are taken is made once, while there are none, and reads little when there are many', async () => {
  const { database } = await eventDatabase()
  await inTransaction(database, async (_tx, { connection }) => {
    const planned = async () => {
      const { rows } = await connection.query<{ custom: string }>(
        `select custom_plans as custom from pg_prepared_statements where name = 'events_next_arrived'`,
      )
      return Number(rows[0]?.custom)
    }
    const rowsRead = async () => {
      const { rows } = await connection.query<{ read: number }>(
        `select sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid))::integer as read
           from pg_class where relname like 'inbox%'`,
      )
      return rows[0]?.read ?? NaN
    }
    const take = async () => {
      let found = 0
      for (let lane = 0; lane < LANES; lane++) {
        found += (await nextArrived(connection, [lane], 50, ['test.many'])).events.length
      }
      return found
    }
    expect(await take()).toBe(0)
    const before = await planned()

    await connection.query(ARRIVED, [5_000, 'handled'])
    await connection.query(ARRIVED, [3, 'waiting'])
    const readBefore = await rowsRead()
    expect(await take()).toBe(3)
    expect((await rowsRead()) - readBefore).toBeLessThan(ROWS_READ_MAX)
    expect(await planned()).toBe(before)
  })
})

const ARRIVED = `
  insert into inbox (id, source, type, version, key, occurred_at, position, correlation_id, data, status)
  select gen_random_uuid(), '/tikitu/booking', 'test.counted', 1, number::text, now(), number::text, 'test', '{}', $2
    from generate_series(1, $1) as number`
