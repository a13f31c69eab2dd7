import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { anAdmin, aUser, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, expect, test } from 'vitest'
import { aTicket, codesOf, look, offline, scan, secrets, tell, ticketOf, TONIGHT } from '../../test/doors.ts'
import { hours } from '../../test/sales.ts'
import { brokenInvariants, cancel, endEvent, told, warm } from '../../test/story.ts'
import { renameTicket } from './naming.ts'
import { claimTicket, transferTicket, withdrawTransfer } from './transfers.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

const rename = (ticketId: string, userId: string, holderName: string | null = 'Ada', idempotencyKey = newId()) =>
  transact(database, (tx, at) => renameTicket(tx, { ticketId, userId, holderName, idempotencyKey, at }))

const offer = (ticketId: string, userId: string, idempotencyKey = newId()) =>
  transact(database, (tx, at) => transferTicket(tx, { ticketId, userId, idempotencyKey, hours: 72, secrets, at }))

const withdraw = (transferId: string, userId: string) =>
  transact(database, (tx, at) => withdrawTransfer(tx, { transferId, userId, idempotencyKey: null, at }))

const claim = (token: string, userId = newId(), idempotencyKey = newId()) =>
  transact(database, (tx, at) => claimTicket(tx, { token, userId, holderName: 'Grace', idempotencyKey, at }))

/** A ticket for tonight, and who bought it. */
async function bought(facts = TONIGHT) {
  const ticket = await aTicket(database, facts)
  const { id } = await ticketOf(database, ticket.booking)
  return { ...ticket, id, userId: ticket.booking.userId }
}

/** The same, on offer. */
async function offered(facts = TONIGHT) {
  const ticket = await bought(facts)
  const transferId = accepted(await offer(ticket.id, ticket.userId)).id
  return { ...ticket, transferId, token: secrets('transfer', transferId) }
}

const versionOf = async (ticket: Awaited<ReturnType<typeof bought>>) =>
  (await ticketOf(database, ticket.booking)).codeVersion

test('nobody renames or offers a ticket that they do not hold, or that there is not', async () => {
  const ticket = await bought()
  for (const [id, userId] of [
    [ticket.id, newId()],
    [newId(), ticket.userId],
    ["' or 1=1 --", ticket.userId],
  ] as const) {
    expect(await rename(id, userId)).toMatchObject({ refusal: 'TicketNotFound', facts: { ticketId: id } })
    expect(await offer(id, userId)).toMatchObject({ refusal: 'TicketNotFound' })
  }
  expect(await versionOf(ticket)).toBe(1)
})

test('a ticket that was used, is worth nothing, or whose event is over is not renamed, offered or claimed', async () => {
  const [used, gone, over] = [await offered(), await offered(), await offered()]
  accepted(await scan(database, used))
  accepted(await scan(database, { ...used, direction: 'EXIT' }))
  accepted(await cancel(database, gone.booking.id, anAdmin()))
  await endEvent(database, over.eventId)
  for (const [ticket, reason] of [
    [used, 'USED'],
    [gone, 'CANCELLED'],
    [over, 'EXPIRED'],
  ] as const) {
    const refused = { refusal: 'TicketNotChangeable', facts: { ticketId: ticket.id, reason } }
    expect(await rename(ticket.id, ticket.userId)).toMatchObject(refused)
    expect(await offer(ticket.id, ticket.userId)).toMatchObject(refused)
    expect(await claim(ticket.token)).toMatchObject(refused)
  }
})

test('what is no claim token, or one that is over, gives no ticket', async () => {
  const ticket = await offered()
  const flipped = ticket.token.slice(0, -1) + (ticket.token.endsWith('A') ? 'B' : 'A')
  for (const token of ['', 'token', flipped, secrets('transfer', newId()), secrets('device', ticket.transferId)])
    expect(await claim(token)).toMatchObject({ refusal: 'TransferNotClaimable', facts: { reason: 'UNKNOWN' } })
  expect(await claim(ticket.token, ticket.userId)).toMatchObject({ facts: { reason: 'OWN' } })
  await database.pool.query('update ticket_transfers set expires_at = now() where id = $1', [ticket.transferId])
  expect(await claim(ticket.token)).toMatchObject({ facts: { reason: 'EXPIRED' } })
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ userId: ticket.userId, codeVersion: 1 })
})

test('an offer that was withdrawn, or followed by another, gives no ticket', async () => {
  const ticket = await offered()
  expect(await withdraw(ticket.transferId, newId())).toMatchObject({ refusal: 'TransferNotFound' })
  expect(await withdraw("'", ticket.userId)).toMatchObject({ refusal: 'TransferNotFound' })
  accepted(await withdraw(ticket.transferId, ticket.userId))
  accepted(await withdraw(ticket.transferId, ticket.userId))
  expect(await claim(ticket.token)).toMatchObject({ facts: { reason: 'WITHDRAWN' } })
  const [first, second] = [await offer(ticket.id, ticket.userId), await offer(ticket.id, ticket.userId)]
  expect(await claim(secrets('transfer', accepted(first).id))).toMatchObject({ facts: { reason: 'WITHDRAWN' } })
  accepted(await claim(secrets('transfer', accepted(second).id)))
  expect(await withdraw(accepted(second).id, ticket.userId)).toMatchObject({ refusal: 'TransferAlreadyClaimed' })
})

test('a ticket that was claimed is the claimer’s: the old code is worth nothing, and its buyer has nothing to give away or cancel', async () => {
  const ticket = await offered({ startsAt: hours(48) })
  const grace = newId()
  accepted(await claim(ticket.token, grace))
  expect(await ticketOf(database, ticket.booking)).toMatchObject({
    userId: grace,
    holderName: 'Grace',
    codeVersion: 2,
    status: 'ACTIVE',
  })
  expect(await look(database, ticket)).toMatchObject({ value: { reason: 'UNKNOWN' } })
  const [code = ''] = await codesOf(database, ticket.booking)
  expect(await look(database, { ...ticket, code })).toMatchObject({ value: { reason: 'NOT_YET' } })
  expect(await offer(ticket.id, ticket.userId)).toMatchObject({ refusal: 'TicketNotFound' })
  expect(await claim(ticket.token)).toMatchObject({ facts: { reason: 'CLAIMED' } })
  const buyer = aUser({ userId: ticket.userId })
  expect(await cancel(database, ticket.booking.id, buyer)).toMatchObject({ refusal: 'BookingNotCancellable' })
  expect((await told(database, ticket.booking.id)).at(-1)).toBe('ticket.transferred')
  accepted(await claim(secrets('transfer', accepted(await offer(ticket.id, grace)).id)))
  accepted(await cancel(database, ticket.booking.id, anAdmin()))
  expect(await brokenInvariants(database)).toEqual([])
})

test('another name on a ticket makes its code another; the name it has, or the same request, changes nothing', async () => {
  const ticket = await bought()
  const key = newId()
  accepted(await rename(ticket.id, ticket.userId, 'Ada', key))
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ holderName: 'Ada', codeVersion: 2 })
  expect(await look(database, ticket)).toMatchObject({ value: { reason: 'UNKNOWN' } })
  accepted(await rename(ticket.id, ticket.userId, 'Ada', key))
  accepted(await rename(ticket.id, ticket.userId, 'Ada'))
  expect(await rename(ticket.id, ticket.userId, 'Grace', key)).toMatchObject({ refusal: 'IdempotencyKeyReused' })
  expect(await versionOf(ticket)).toBe(2)
  accepted(await rename(ticket.id, ticket.userId, null))
  expect(await ticketOf(database, ticket.booking)).toMatchObject({ holderName: null, codeVersion: 3 })
})

test('the same request again gives the same offer and the same ticket, whatever has happened since', async () => {
  const ticket = await bought()
  const [offerKey, claimKey, grace] = [newId(), newId(), newId()]
  const { id } = accepted(await offer(ticket.id, ticket.userId, offerKey))
  expect(accepted(await offer(ticket.id, ticket.userId, offerKey)).id).toBe(id)
  accepted(await claim(secrets('transfer', id), grace, claimKey))
  expect(accepted(await claim(secrets('transfer', id), grace, claimKey))).toMatchObject({
    id: ticket.id,
    repeated: true,
  })
  expect(accepted(await offer(ticket.id, ticket.userId, offerKey)).id).toBe(id)
  expect(await versionOf(ticket)).toBe(2)
})

test('twenty who claim one ticket at once: one has it', async () => {
  const ticket = await offered()
  await warm(database)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => claim(ticket.token)))
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
  expect(await versionOf(ticket)).toBe(2)
})

test('claimed and scanned by its old holder at once: one of them has the ticket, never both', async () => {
  await warm(database)
  for (let round = 0; round < 10; round++) {
    const ticket = await offered()
    const [claimed, door] = await Promise.all([claim(ticket.token), scan(database, ticket)])
    expect(claimed.ok).toBe(accepted(door).reason !== null)
  }
})

test('claimed and cancelled, or withdrawn, at once: the new holder has a ticket, or the buyer the money, never both', async () => {
  await warm(database)
  for (let round = 0; round < 8; round++) {
    const ticket = await offered({ startsAt: hours(48) })
    const stopped =
      round % 2
        ? cancel(database, ticket.booking.id, aUser({ userId: ticket.userId }))
        : withdraw(ticket.transferId, ticket.userId)
    const [claimed, ended] = await Promise.all([claim(ticket.token), stopped])
    expect(claimed.ok).toBe(!ended.ok)
  }
  expect(await brokenInvariants(database)).toEqual([])
})

test('who came in by the old code before a door without network told keeps the new holder out of nothing', async () => {
  const ticket = await offered()
  accepted(await claim(ticket.token))
  expect(accepted(await tell(database, ticket, offline(ticket.code))).conflicts).toMatchObject([{ reason: 'UNKNOWN' }])
  const [code = ''] = await codesOf(database, ticket.booking)
  expect(await scan(database, { ...ticket, code })).toMatchObject({ value: { reason: null } })
})
