import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { testDatabase, type TestDatabase } from './database.ts'

let user: TestDatabase
let booking: TestDatabase

beforeAll(async () => {
  // At once, as two files do that start together.
  ;[user, booking] = await Promise.all([testDatabase('user'), testDatabase('booking')])
})

const tablesOf = async ({ database }: TestDatabase) => {
  const { rows } = await database.pool.query<{ tablename: string }>(
    "select tablename from pg_tables where schemaname = 'public'",
  )
  return rows.map(({ tablename }) => tablename)
}

test('a test database has what the newest migrations make', async () => {
  expect(await tablesOf(user)).toEqual(expect.arrayContaining(['outbox', 'inbox']))
})

test('each call makes a database of its own', async () => {
  await user.database.pool.query('create table mine (id int)')
  expect(await tablesOf(await testDatabase('user'))).not.toContain('mine')
})

test('the role of one service may not enter the database of another', async () => {
  const intruder = Object.assign(new URL(user.url), { pathname: new URL(booking.url).pathname })
  const client = new pg.Client({ connectionString: intruder.href })
  await expect(client.connect()).rejects.toMatchObject({ code: '42501' })
})

test('the relay may write the inbox, and cannot read it', async () => {
  const relay = new pg.Client({ connectionString: user.relayUrl })
  await relay.connect()
  try {
    const { rows } = await relay.query(
      "select has_table_privilege('inbox', 'insert') as insert, has_table_privilege('inbox', 'select') as select",
    )
    expect(rows).toEqual([{ insert: true, select: false }])
  } finally {
    await relay.end()
  }
})
