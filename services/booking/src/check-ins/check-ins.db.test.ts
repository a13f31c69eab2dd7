import type { Database } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { aMachine, anAdmin, aPartnerUser, aUser, nobody, testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { keyring } from '../../test/build.ts'
import { aTicket, codesOf, look, scan, scansKept, ticketOf } from '../../test/doors.ts'
import { hours } from '../../test/sales.ts'
import { brokenInvariants, cancel, told, warm } from '../../test/story.ts'
import { eventKeysByIds } from '../tickets/event-key.sql.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

test('there is no door without an event', async () => {
  const { code, scanner } = await aTicket(database)
  for (const eventId of [newId(), "' or 1=1 --", '']) {
    expect(await scan(database, { eventId, code, scanner })).toMatchObject({
      refusal: 'EventNotFound',
      facts: { eventId },
    })
    expect(await look(database, { eventId, code, scanner })).toMatchObject({ refusal: 'EventNotFound' })
  }
})

test('a draft has no door for others than its staff', async () => {
  const { code, eventId } = await aTicket(database)
  await database.pool.query(`update events set status = 'DRAFT' where id = $1`, [eventId])
  expect(await scan(database, { eventId, code, scanner: aUser() })).toMatchObject({ refusal: 'EventNotFound' })
  await database.pool.query(`update events set status = 'PUBLISHED' where id = $1`, [eventId])
})

test('only the seller’s people and machines stand at the door', async () => {
  const ticket = await aTicket(database)
  const partnerId = ticket.booking.sale.partnerId
  const outsiders: [Identity, string][] = [
    [nobody(), 'UNAUTHENTICATED'],
    [{ ...aUser(), incomplete: true }, 'UNAVAILABLE'],
    [aUser({ userId: ticket.booking.userId }), 'FORBIDDEN'],
    [aPartnerUser(newId()), 'FORBIDDEN'],
    [anAdmin(), 'FORBIDDEN'],
    [aMachine(partnerId, ['tikitu/sales.read']), 'FORBIDDEN'],
    [aMachine(newId(), ['tikitu/checkin.write']), 'FORBIDDEN'],
  ]
  for (const [scanner, code] of outsiders) {
    await expect(scan(database, { ...ticket, scanner })).rejects.toMatchObject({ code })
    await expect(look(database, { ...ticket, scanner })).rejects.toMatchObject({ code })
  }
  expect(await scansKept(database, ticket.eventId)).toBe(0)
  const insiders = [
    ...(['OWNER', 'MANAGER', 'SCANNER'] as const).map((role) => aPartnerUser(partnerId, role)),
    aMachine(partnerId, ['tikitu/checkin.write']),
  ]
  for (const scanner of insiders)
    expect(await look(database, { ...ticket, scanner })).toMatchObject({ value: { reason: null } })
})

test('a code that is made up, tampered with, signed by another event or replaced is unknown', async () => {
  const [ticket, other] = [await aTicket(database), await aTicket(database)]
  const [otherKey] = await eventKeysByIds(database.orm, [other.eventId])
  if (!otherKey) throw new Error('the event has no key')
  const foreign = keyring.codeOf(await ticketOf(database, ticket.booking), otherKey)
  const flipped = ticket.code.slice(0, 40) + (ticket.code[40] === 'A' ? 'B' : 'A') + ticket.code.slice(41)
  const unknown = ['', 'TICKET', "'; drop table tickets --", '\u0000', foreign, flipped]
  for (const code of unknown) {
    expect(await look(database, { ...ticket, code })).toMatchObject({ value: { reason: 'UNKNOWN', ticket: null } })
    expect(await scan(database, { ...ticket, code })).toMatchObject({ value: { reason: 'UNKNOWN', ticket: null } })
  }
  await database.pool.query('update tickets set code_version = 2 where booking_id = $1', [ticket.booking.id])
  expect(await scan(database, ticket)).toMatchObject({ value: { reason: 'UNKNOWN' } })
  const [renewed = ''] = await codesOf(database, ticket.booking)
  expect(await scan(database, { ...ticket, code: renewed })).toMatchObject({ value: { reason: null } })
  expect(await scansKept(database, ticket.eventId)).toBe(unknown.length + 2)
})

test('a ticket of another event is not let in, and not shown', async () => {
  const [ticket, other] = [await aTicket(database), await aTicket(database)]
  expect(await scan(database, { ...ticket, code: other.code })).toMatchObject({
    value: { reason: 'WRONG_EVENT', ticket: null },
  })
})

test('a cancelled ticket, an early bird and somebody who comes when all is over are not let in', async () => {
  const cancelled = await aTicket(database)
  accepted(await cancel(database, cancelled.booking.id, anAdmin()))
  expect(await scan(database, cancelled)).toMatchObject({ value: { reason: 'CANCELLED' } })
  expect(await scan(database, await aTicket(database, { startsAt: hours(2) }))).toMatchObject({
    value: { reason: 'NOT_YET' },
  })
  const over = await aTicket(database)
  await database.pool.query('update events set starts_at = $2, doors_at = $2, ends_at = $3 where id = $1', [
    over.eventId,
    hours(-3),
    hours(-0.1),
  ])
  expect(await scan(database, over)).toMatchObject({ value: { reason: 'EXPIRED' } })
})

test('a ticket is let in once, and the second time the door hears when and where', async () => {
  const ticket = await aTicket(database)
  expect(await look(database, ticket)).toMatchObject({ value: { reason: null, ticket: { status: 'ACTIVE' } } })
  const first = accepted(await scan(database, { ...ticket, gate: 'North' }))
  expect(first).toMatchObject({ reason: null, ticket: { status: 'USED', usedGate: 'North' } })
  expect(await scan(database, { ...ticket, gate: 'South' })).toMatchObject({
    value: { reason: 'ALREADY_USED', ticket: { usedAt: first.at, usedGate: 'North' } },
  })
  expect(await look(database, ticket)).toMatchObject({ value: { reason: 'ALREADY_USED' } })
  expect((await told(database, ticket.booking.id)).filter((type) => type === 'ticket.used')).toHaveLength(1)
})

test('the same scan again gives the first answer, let in or not', async () => {
  const ticket = await aTicket(database)
  const nonce = newId()
  const first = accepted(await scan(database, { ...ticket, nonce }))
  const again = accepted(await scan(database, { ...ticket, nonce, gate: 'South' }))
  expect([again.reason, again.at]).toEqual([null, first.at])
  const bad = newId()
  expect(await scan(database, { ...ticket, code: 'no code', nonce: bad })).toMatchObject({
    value: { reason: 'UNKNOWN' },
  })
  expect(await scan(database, { ...ticket, code: 'no code', nonce: bad })).toMatchObject({
    value: { reason: 'UNKNOWN' },
  })
})

test('a nonce that was used for another code lets nobody in, and nothing is kept', async () => {
  const [ticket, other] = [await aTicket(database), await aTicket(database)]
  const nonce = newId()
  accepted(await scan(database, { ...ticket, nonce }))
  for (const code of ['no code', '', other.code]) {
    await expect(scan(database, { ...ticket, code, nonce })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('input.nonce'),
    })
  }
  expect(await scansKept(database, ticket.eventId)).toBe(1)
  const bad = newId()
  accepted(await scan(database, { ...ticket, code: 'no code', nonce: bad }))
  await expect(scan(database, { ...ticket, nonce: bad })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
})

test('scanners do not meet each other’s nonces', async () => {
  const ticket = await aTicket(database)
  const nonce = newId()
  const partnerId = ticket.booking.sale.partnerId
  accepted(await scan(database, { ...ticket, nonce }))
  for (const scanner of [aPartnerUser(partnerId, 'SCANNER'), aMachine(partnerId, ['tikitu/checkin.write'])]) {
    expect(await scan(database, { ...ticket, scanner, nonce })).toMatchObject({ value: { reason: 'ALREADY_USED' } })
    expect(await scan(database, { ...ticket, scanner, nonce })).toMatchObject({ value: { reason: 'ALREADY_USED' } })
  }
  expect(await scansKept(database, ticket.eventId)).toBe(3)
})

test('forty codes at once under one nonce of one scanner: the first is answered, and the others are faults', async () => {
  const ticket = await aTicket(database)
  const nonce = newId()
  await warm(database)
  const answers = await Promise.allSettled(
    Array.from({ length: 40 }, (_, guess) =>
      scan(database, { ...ticket, code: guess === 20 ? ticket.code : `${guess}`, nonce }),
    ),
  )
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await scansKept(database, ticket.eventId)).toBe(1)
})

test('forty scans of one ticket at once let one in, and all are kept', async () => {
  const ticket = await aTicket(database)
  await warm(database)
  const answers = await Promise.all(Array.from({ length: 40 }, () => scan(database, ticket)))
  const reasons = answers.map((answer) => accepted(answer).reason)
  expect(reasons.filter((reason) => reason === null)).toHaveLength(1)
  expect(reasons.filter((reason) => reason === 'ALREADY_USED')).toHaveLength(39)
  expect(await scansKept(database, ticket.eventId)).toBe(40)
})

test('forty repetitions of one scan at once get one answer, which is kept once', async () => {
  const ticket = await aTicket(database)
  const nonce = newId()
  await warm(database)
  const answers = await Promise.all(Array.from({ length: 40 }, () => scan(database, { ...ticket, nonce })))
  expect(new Set(answers.map((answer) => accepted(answer).reason))).toEqual(new Set([null]))
  expect(await scansKept(database, ticket.eventId)).toBe(1)
  expect((await told(database, ticket.booking.id)).filter((type) => type === 'ticket.used')).toHaveLength(1)
})

test('scanned and cancelled by its buyer at once: in, or money back, never both', async () => {
  await warm(database)
  for (let round = 0; round < 10; round++) {
    // The policy of 24 hours would be over; the doors open a week early.
    const ticket = await aTicket(database, { doorsAt: hours(-1) })
    const [door, cancelled] = await Promise.all([
      scan(database, ticket),
      cancel(database, ticket.booking.id, aUser({ userId: ticket.booking.userId })),
    ])
    expect((accepted(door).reason === null) !== cancelled.ok).toBe(true)
  }
  expect(await brokenInvariants(database)).toEqual([])
})
