import type { Database } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { aMachine, anAdmin, aPartnerUser, aUser, nobody, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, expect, test } from 'vitest'
import { keyring } from '../../test/build.ts'
import { hours, type HoldFacts, type SaleFacts } from '../../test/sales.ts'
import { aConfirmed, brokenInvariants, cancel, told, warm, type Told } from '../../test/story.ts'
import { eventKeysByIds } from '../tickets/event-key.sql.ts'
import { ticketsOfBookings, type TicketRow } from '../tickets/ticket.sql.ts'
import { checkIn, validateTicket } from './check-ins.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

/** Doors are open: the event begins in half an hour. */
const TONIGHT = { startsAt: hours(0.5) }

async function codesOf(booking: Told): Promise<string[]> {
  const [key] = await eventKeysByIds(database.orm, [booking.sale.eventId])
  if (!key) throw new Error('the event has no key')
  return (await ticketsOfBookings(database.orm, [booking.id])).map((ticket) => keyring.codeOf(ticket, key))
}

async function aTicket(facts: HoldFacts & SaleFacts = TONIGHT) {
  const booking = await aConfirmed(database, { seatNos: [6], ...facts })
  const [code = ''] = await codesOf(booking)
  return { booking, code, eventId: booking.sale.eventId, scanner: aPartnerUser(booking.sale.partnerId, 'SCANNER') }
}

interface Scanned {
  readonly eventId: string
  readonly code: string
  readonly scanner: Identity
  readonly nonce?: string
  readonly gate?: string
}

const scan = ({ eventId, code, scanner, nonce = newId(), gate = 'North' }: Scanned) =>
  transact(database, (tx, at) => checkIn(tx, { eventId, code, nonce, gate, identity: scanner, at }))

const look = ({ eventId, code, scanner }: Scanned) =>
  transact(database, (tx, at) => validateTicket(tx, { eventId, code, identity: scanner, at }))

const scansKept = async (eventId: string): Promise<number> => {
  const { rows } = await database.pool.query('select count(*)::integer as kept from check_ins where event_id = $1', [
    eventId,
  ])
  return rows[0].kept
}

const ticketOf = async (booking: Told): Promise<TicketRow> => {
  const [ticket] = await ticketsOfBookings(database.orm, [booking.id])
  if (!ticket) throw new Error('the booking has no ticket')
  return ticket
}

test('there is no door without an event', async () => {
  const { code, scanner } = await aTicket()
  for (const eventId of [newId(), "' or 1=1 --", '']) {
    expect(await scan({ eventId, code, scanner })).toMatchObject({ refusal: 'EventNotFound', facts: { eventId } })
    expect(await look({ eventId, code, scanner })).toMatchObject({ refusal: 'EventNotFound' })
  }
})

test('a draft has no door for others than its staff', async () => {
  const { code, eventId } = await aTicket()
  await database.pool.query(`update events set status = 'DRAFT' where id = $1`, [eventId])
  expect(await scan({ eventId, code, scanner: aUser() })).toMatchObject({ refusal: 'EventNotFound' })
  await database.pool.query(`update events set status = 'PUBLISHED' where id = $1`, [eventId])
})

test('only the seller’s people and machines stand at the door', async () => {
  const ticket = await aTicket()
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
    await expect(scan({ ...ticket, scanner })).rejects.toMatchObject({ code })
    await expect(look({ ...ticket, scanner })).rejects.toMatchObject({ code })
  }
  const { rows } = await database.pool.query('select count(*)::integer as kept from check_ins where event_id = $1', [
    ticket.eventId,
  ])
  expect(rows[0].kept).toBe(0)
  const insiders = [
    ...(['OWNER', 'MANAGER', 'SCANNER'] as const).map((role) => aPartnerUser(partnerId, role)),
    aMachine(partnerId, ['tikitu/checkin.write']),
  ]
  for (const scanner of insiders) expect(await look({ ...ticket, scanner })).toMatchObject({ value: { reason: null } })
})

test('a code that is made up, tampered with, signed by another event or replaced is unknown', async () => {
  const [ticket, other] = [await aTicket(), await aTicket()]
  const [otherKey] = await eventKeysByIds(database.orm, [other.eventId])
  if (!otherKey) throw new Error('the event has no key')
  const foreign = keyring.codeOf(await ticketOf(ticket.booking), otherKey)
  const flipped = ticket.code.slice(0, 40) + (ticket.code[40] === 'A' ? 'B' : 'A') + ticket.code.slice(41)
  const unknown = ['', 'TICKET', "'; drop table tickets --", '\u0000', foreign, flipped]
  for (const code of unknown) {
    expect(await look({ ...ticket, code })).toMatchObject({ value: { reason: 'UNKNOWN', ticket: null } })
    expect(await scan({ ...ticket, code })).toMatchObject({ value: { reason: 'UNKNOWN', ticket: null } })
  }
  await database.pool.query('update tickets set code_version = 2 where booking_id = $1', [ticket.booking.id])
  expect(await scan(ticket)).toMatchObject({ value: { reason: 'UNKNOWN' } })
  const [renewed = ''] = await codesOf(ticket.booking)
  expect(await scan({ ...ticket, code: renewed })).toMatchObject({ value: { reason: null } })
  const { rows } = await database.pool.query('select count(*)::integer as kept from check_ins where event_id = $1', [
    ticket.eventId,
  ])
  expect(rows[0].kept).toBe(unknown.length + 2)
})

test('a ticket of another event is not let in, and not shown', async () => {
  const [ticket, other] = [await aTicket(), await aTicket()]
  expect(await scan({ ...ticket, code: other.code })).toMatchObject({ value: { reason: 'WRONG_EVENT', ticket: null } })
})

test('a cancelled ticket, an early bird and somebody who comes when all is over are not let in', async () => {
  const cancelled = await aTicket()
  accepted(await cancel(database, cancelled.booking.id, anAdmin()))
  expect(await scan(cancelled)).toMatchObject({ value: { reason: 'CANCELLED' } })
  expect(await scan(await aTicket({ startsAt: hours(2) }))).toMatchObject({ value: { reason: 'NOT_YET' } })
  const over = await aTicket()
  await database.pool.query('update events set starts_at = $2, doors_at = $2, ends_at = $3 where id = $1', [
    over.eventId,
    hours(-3),
    hours(-0.1),
  ])
  expect(await scan(over)).toMatchObject({ value: { reason: 'EXPIRED' } })
})

test('a ticket is let in once, and the second time the door hears when and where', async () => {
  const ticket = await aTicket()
  expect(await look(ticket)).toMatchObject({ value: { reason: null, ticket: { status: 'ACTIVE' } } })
  const first = accepted(await scan({ ...ticket, gate: 'North' }))
  expect(first).toMatchObject({ reason: null, ticket: { status: 'USED', usedGate: 'North' } })
  expect(await scan({ ...ticket, gate: 'South' })).toMatchObject({
    value: { reason: 'ALREADY_USED', ticket: { usedAt: first.at, usedGate: 'North' } },
  })
  expect(await look(ticket)).toMatchObject({ value: { reason: 'ALREADY_USED' } })
  expect((await told(database, ticket.booking.id)).filter((type) => type === 'ticket.used')).toHaveLength(1)
})

test('the same scan again gives the first answer, let in or not', async () => {
  const ticket = await aTicket()
  const nonce = newId()
  const first = accepted(await scan({ ...ticket, nonce }))
  const again = accepted(await scan({ ...ticket, nonce, gate: 'South' }))
  expect([again.reason, again.at]).toEqual([null, first.at])
  const bad = newId()
  expect(await scan({ ...ticket, code: 'no code', nonce: bad })).toMatchObject({ value: { reason: 'UNKNOWN' } })
  expect(await scan({ ...ticket, code: 'no code', nonce: bad })).toMatchObject({ value: { reason: 'UNKNOWN' } })
})

test('a nonce that was used for another code lets nobody in, and nothing is kept', async () => {
  const [ticket, other] = [await aTicket(), await aTicket()]
  const nonce = newId()
  accepted(await scan({ ...ticket, nonce }))
  for (const code of ['no code', '', other.code]) {
    await expect(scan({ ...ticket, code, nonce })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('input.nonce'),
    })
  }
  expect(await scansKept(ticket.eventId)).toBe(1)
  const bad = newId()
  accepted(await scan({ ...ticket, code: 'no code', nonce: bad }))
  await expect(scan({ ...ticket, nonce: bad })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
})

test('scanners do not meet each other’s nonces', async () => {
  const ticket = await aTicket()
  const nonce = newId()
  const partnerId = ticket.booking.sale.partnerId
  accepted(await scan({ ...ticket, nonce }))
  for (const scanner of [aPartnerUser(partnerId, 'SCANNER'), aMachine(partnerId, ['tikitu/checkin.write'])]) {
    expect(await scan({ ...ticket, scanner, nonce })).toMatchObject({ value: { reason: 'ALREADY_USED' } })
    expect(await scan({ ...ticket, scanner, nonce })).toMatchObject({ value: { reason: 'ALREADY_USED' } })
  }
  expect(await scansKept(ticket.eventId)).toBe(3)
})

test('forty codes at once under one nonce of one scanner: the first is answered, and the others are faults', async () => {
  const ticket = await aTicket()
  const nonce = newId()
  await warm(database)
  const answers = await Promise.allSettled(
    Array.from({ length: 40 }, (_, guess) => scan({ ...ticket, code: guess === 20 ? ticket.code : `${guess}`, nonce })),
  )
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await scansKept(ticket.eventId)).toBe(1)
})

test('forty scans of one ticket at once let one in, and all are kept', async () => {
  const ticket = await aTicket()
  await warm(database)
  const answers = await Promise.all(Array.from({ length: 40 }, () => scan(ticket)))
  const reasons = answers.map((answer) => accepted(answer).reason)
  expect(reasons.filter((reason) => reason === null)).toHaveLength(1)
  expect(reasons.filter((reason) => reason === 'ALREADY_USED')).toHaveLength(39)
  const { rows } = await database.pool.query('select count(*)::integer as kept from check_ins where event_id = $1', [
    ticket.eventId,
  ])
  expect(rows[0].kept).toBe(40)
})

test('forty repetitions of one scan at once get one answer, which is kept once', async () => {
  const ticket = await aTicket()
  const nonce = newId()
  await warm(database)
  const answers = await Promise.all(Array.from({ length: 40 }, () => scan({ ...ticket, nonce })))
  expect(new Set(answers.map((answer) => accepted(answer).reason))).toEqual(new Set([null]))
  const { rows } = await database.pool.query('select count(*)::integer as kept from check_ins where event_id = $1', [
    ticket.eventId,
  ])
  expect(rows[0].kept).toBe(1)
  expect((await told(database, ticket.booking.id)).filter((type) => type === 'ticket.used')).toHaveLength(1)
})

test('scanned and cancelled by its buyer at once: in, or money back, never both', async () => {
  await warm(database)
  for (let round = 0; round < 10; round++) {
    // The policy of 24 hours would be over; the doors open a week early.
    const ticket = await aTicket({ doorsAt: hours(-1) })
    const [door, cancelled] = await Promise.all([
      scan(ticket),
      cancel(database, ticket.booking.id, aUser({ userId: ticket.booking.userId })),
    ])
    expect((accepted(door).reason === null) !== cancelled.ok).toBe(true)
  }
  expect(await brokenInvariants(database)).toEqual([])
})
