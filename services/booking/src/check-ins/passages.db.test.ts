import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { aTicket, look, scan, scansKept, ticketOf } from '../../test/doors.ts'
import { told, warm } from '../../test/story.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

test('nobody leaves who did not come in, and nobody twice', async () => {
  const ticket = await aTicket(database)
  const out = { ...ticket, direction: 'EXIT' as const }
  expect(await scan(database, out)).toMatchObject({ value: { reason: 'NOT_INSIDE' } })
  accepted(await scan(database, ticket))
  expect(await scan(database, out)).toMatchObject({ value: { reason: null, direction: 'EXIT' } })
  expect(await scan(database, out)).toMatchObject({ value: { reason: 'NOT_INSIDE' } })
  expect(await scansKept(database, ticket.eventId)).toBe(4)
})

test('who went out comes in again with the same ticket, and still counts as having come when they first did', async () => {
  const ticket = await aTicket(database)
  const first = accepted(await scan(database, { ...ticket, gate: 'North' }))
  accepted(await scan(database, { ...ticket, direction: 'EXIT' }))
  expect(await look(database, ticket)).toMatchObject({ value: { reason: null } })
  expect(await scan(database, { ...ticket, gate: 'West' })).toMatchObject({
    value: { reason: null, ticket: { inside: true, usedGate: 'North', usedAt: first.at } },
  })
  expect(await scan(database, ticket)).toMatchObject({ value: { reason: 'ALREADY_USED' } })
  expect((await told(database, ticket.booking.id)).filter((type) => type === 'ticket.used')).toHaveLength(1)
})

test('two gates scan one ticket at once, in and out: one goes through each time', async () => {
  const ticket = await aTicket(database)
  await warm(database)
  for (const direction of ['ENTRY', 'EXIT', 'ENTRY'] as const) {
    const gates = Array.from({ length: 20 }, (_, at) => scan(database, { ...ticket, direction, gate: `Gate ${at}` }))
    const answers = (await Promise.all(gates)).map((answer) => accepted(answer))
    expect(answers.filter(({ reason }) => reason === null)).toHaveLength(1)
  }
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ inside: true, passages: 3 })
})

test('the same scan again gives the first answer, whatever has happened since', async () => {
  const ticket = await aTicket(database)
  const nonce = newId()
  accepted(await scan(database, { ...ticket, nonce }))
  accepted(await scan(database, { ...ticket, direction: 'EXIT' }))
  expect(await scan(database, { ...ticket, nonce })).toMatchObject({ value: { reason: null, direction: 'ENTRY' } })
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ inside: false })
})

test('what was scanned stays: nothing can change or remove a scan', async () => {
  const ticket = await aTicket(database)
  accepted(await scan(database, ticket))
  for (const statement of ['update check_ins set gate = gate', 'delete from check_ins', 'truncate check_ins'])
    await expect(database.pool.query(statement)).rejects.toMatchObject({ code: '42501' })
})
