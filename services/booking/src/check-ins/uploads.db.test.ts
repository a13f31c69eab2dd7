import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { anAdmin, aUser, testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { aTicket, codesOf, offline, scan, scansKept, tell, ticketOf, TONIGHT } from '../../test/doors.ts'
import { cancel, told, warm } from '../../test/story.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

test('only those who stand at the door tell of it, and there is no door without an event', async () => {
  const ticket = await aTicket(database)
  expect(await tell(database, { ...ticket, eventId: newId() }, offline(ticket.code))).toMatchObject({
    refusal: 'EventNotFound',
  })
  for (const scanner of [aUser(), anAdmin()])
    await expect(tell(database, { ...ticket, scanner }, offline(ticket.code))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
  expect(await scansKept(database, ticket.eventId)).toBe(0)
})

test('who was let in with what is no ticket, one of another event or a cancelled one is a conflict, and is kept', async () => {
  const [ticket, other, gone] = [await aTicket(database), await aTicket(database), await aTicket(database)]
  accepted(await cancel(database, gone.booking.id, anAdmin()))
  const { results, conflicts } = accepted(
    await tell(database, ticket, offline('no ticket'), offline(other.code), offline(ticket.code)),
  )
  expect(results.map(({ status, reason }) => [status, reason])).toEqual([
    ['CONFLICT', 'UNKNOWN'],
    ['CONFLICT', 'WRONG_EVENT'],
    ['KEPT', null],
  ])
  expect(conflicts.map(({ reason, first }) => [reason, first])).toEqual([
    ['UNKNOWN', null],
    ['WRONG_EVENT', null],
  ])
  expect(accepted(await tell(database, gone, offline(gone.code))).results).toMatchObject([
    { status: 'CONFLICT', reason: 'CANCELLED' },
  ])
  expect(await ticketOf(database, gone.booking)).toMatchObject({ usedAt: null, inside: false })
  expect(await scansKept(database, ticket.eventId)).toBe(3)
})

test('whom a device did not let in is kept, and has used nothing', async () => {
  const ticket = await aTicket(database)
  const { results } = accepted(await tell(database, ticket, offline(ticket.code, { refusedFor: 'NOT_YET' })))
  expect(results).toMatchObject([{ status: 'KEPT', reason: 'NOT_YET' }])
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ status: 'ACTIVE', inside: false })
  expect(await scansKept(database, ticket.eventId)).toBe(1)
})

test('what was told once is told again without effect, and under its nonce another code is not kept', async () => {
  const ticket = await aTicket(database)
  const first = offline(ticket.code)
  const { results } = accepted(await tell(database, ticket, first, first, { ...first, code: 'another' }))
  expect(results.map(({ status }) => status)).toEqual(['KEPT', 'KEPT', 'NONCE_REUSED'])
  expect(accepted(await tell(database, ticket, first)).results).toEqual([results[0]])
  expect(await scansKept(database, ticket.eventId)).toBe(1)
  expect((await told(database, ticket.booking.id)).filter((type) => type === 'ticket.used')).toHaveLength(1)
})

test('a scan whose answer was lost is told under its nonce, and counts once', async () => {
  const ticket = await aTicket(database)
  const nonce = newId()
  const answer = accepted(await scan(database, { ...ticket, nonce }))
  const { results, conflicts } = accepted(await tell(database, ticket, offline(ticket.code, { nonce })))
  expect([results, conflicts]).toMatchObject([[{ status: 'KEPT' }], []])
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ usedAt: answer.at, usedGate: 'North' })
  const later = newId()
  accepted(await tell(database, ticket, offline('no code', { nonce: later })))
  expect(await scan(database, { ...ticket, code: 'no code', nonce: later })).toMatchObject({
    value: { reason: 'UNKNOWN' },
  })
})

test('of two devices with one ticket the earlier scan wins, whoever tells first, and both hear with whom they met', async () => {
  const ticket = await aTicket(database)
  const [early, late] = [
    offline(ticket.code, { scannedAt: minutesAgo(20), gate: 'East' }),
    offline(ticket.code, { scannedAt: minutesAgo(10), gate: 'West' }),
  ]
  expect(accepted(await tell(database, ticket, late))).toMatchObject({ results: [{ status: 'KEPT' }], conflicts: [] })
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ usedGate: 'West', inside: true })
  const { results, conflicts } = accepted(await tell(database, ticket, early))
  expect(results).toMatchObject([{ status: 'KEPT', reason: null }])
  expect(conflicts).toMatchObject([
    { reason: 'ALREADY_USED', scan: { nonce: late.nonce, gate: 'West' }, first: { nonce: early.nonce, gate: 'East' } },
  ])
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ usedAt: early.scannedAt, usedGate: 'East' })
  expect(accepted(await tell(database, ticket, late)).results).toMatchObject([
    { status: 'CONFLICT', reason: 'ALREADY_USED' },
  ])
  expect((await told(database, ticket.booking.id)).filter((type) => type === 'ticket.used')).toHaveLength(1)
})

test('a scan without network before one with it wins as well, and who came out in between is no conflict', async () => {
  const ticket = await aTicket(database)
  accepted(await scan(database, ticket))
  const entry = offline(ticket.code, { scannedAt: minutesAgo(20) })
  expect(accepted(await tell(database, ticket, entry)).conflicts).toMatchObject([
    { scan: { gate: 'North', offline: false }, first: { gate: 'South', offline: true } },
  ])
  const exit = offline(ticket.code, { scannedAt: minutesAgo(15), direction: 'EXIT' })
  expect(accepted(await tell(database, ticket, exit)).conflicts).toEqual([])
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ inside: true, usedGate: 'South' })
})

test('a clock that runs ahead makes no scan later than it was told', async () => {
  const ticket = await aTicket(database)
  accepted(await tell(database, ticket, offline(ticket.code, { scannedAt: minutesAgo(-60) })))
  const { usedAt } = await ticketOf(database, ticket.booking)
  expect(usedAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000)
})

test('a clock that is far behind does not win against a door that had network', async () => {
  const ticket = await aTicket(database)
  const { at } = accepted(await scan(database, ticket))
  const { conflicts } = accepted(await tell(database, ticket, offline(ticket.code, { scannedAt: new Date(0) })))
  expect(conflicts).toMatchObject([{ reason: 'ALREADY_USED', scan: { offline: true }, first: { gate: 'North' } }])
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ usedAt: at, usedGate: 'North' })
})

test('a ticket that expired because nobody had told yet was used after all', async () => {
  const ticket = await aTicket(database)
  await database.pool.query(`update tickets set status = 'EXPIRED' where booking_id = $1`, [ticket.booking.id])
  accepted(await tell(database, ticket, offline(ticket.code)))
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ status: 'USED', inside: true })
})

test('many devices tell of the same tickets at once: all is kept, and each ticket was used when it was scanned first', async () => {
  const ticket = await aTicket(database, { ...TONIGHT, seatNos: [1, 2, 3] })

  const codes = await codesOf(database, ticket.booking)
  await warm(database)
  const devices = Array.from({ length: 12 }, (_, device) => {
    const scans = codes.map((code) => offline(code, { scannedAt: minutesAgo(30 + device), gate: `Gate ${device}` }))
    return tell(database, ticket, ...(device % 2 ? scans : scans.toReversed()))
  })
  for (const answer of await Promise.all(devices)) accepted(answer)
  expect(await scansKept(database, ticket.eventId)).toBe(36)
  const { rows } = await database.pool.query('select used_gate, inside from tickets where booking_id = $1', [
    ticket.booking.id,
  ])
  expect(rows).toEqual(Array.from({ length: 3 }, () => ({ used_gate: 'Gate 11', inside: true })))
  expect((await told(database, ticket.booking.id)).filter((type) => type === 'ticket.used')).toHaveLength(3)
})
