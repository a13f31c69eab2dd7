import { createPublicKey, verify } from 'node:crypto'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { anAdmin, aPartnerUser, aUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../../test/build.ts'
import { aTicket, codesOf, offline, scan, tell, TONIGHT } from '../../test/doors.ts'
import { aHold } from '../../test/sales.ts'
import { cancel, checkOut } from '../../test/story.ts'
import { defineBooking } from '../service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const LIST = `query ($eventId: ID!, $since: String) { doorList(eventId: $eventId, since: $since) {
  event { id doorsAt } publicKey keyId version hasMore size entries } }`
const COUNTERS = `{ tickets arrived inside refused conflicts gates { gate entries exits refused } }`
const CONFLICTS = `query ($eventId: ID!, $first: Int!, $after: String) { doorConflicts(eventId: $eventId, first: $first, after: $after) {
  edges { node { reason ticket { id } scan { gate scannedAt uploadedAt direction } first { gate } } } pageInfo { hasNextPage endCursor } } }`
const UPLOAD = `mutation ($input: UploadScansInput!) { uploadScans(input: $input) { __typename
  ... on ScansUploaded { results { nonce status reason } conflicts { reason ticket { status } scan { gate } first { gate scannedAt } } } } }`

const codeOf = ({ errors }: { errors: readonly { extensions: Record<string, unknown> }[] }) =>
  errors[0]?.extensions['code']

/** What a scanner makes of a list: the state of each ticket and code version. */
function decode(entries: string): Map<string, number> {
  const bytes = Buffer.from(entries, 'base64url')
  const all = Array.from({ length: bytes.length / 19 }, (_, index) => bytes.subarray(index * 19, (index + 1) * 19))
  return new Map(all.map((entry) => [entry.toString('hex', 0, 18), entry[18] ?? -1]))
}

/** What a scanner without network makes of a code. */
function stateOf(code: string, publicKey: string, list: ReadonlyMap<string, number>): number | undefined {
  const bytes = Buffer.from(code, 'base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  if (!verify(null, bytes.subarray(0, 23), key, bytes.subarray(23))) return undefined
  return list.get(bytes.toString('hex', 1, 19))
}

async function listOf(scanner: Identity, eventId: string, since?: string) {
  return (await booking.graph(scanner, LIST, { eventId, since })).data.doorList
}

test('who does not stand at the door gets no list, no counters and no conflicts', async () => {
  const { eventId, scanner } = await aTicket(booking.database)
  const asked = [
    [LIST, {}],
    [`query ($eventId: ID!) { doorCounters(eventId: $eventId) ${COUNTERS} }`, {}],
    [CONFLICTS, { first: 5 }],
  ] as const
  for (const [query, variables] of asked) {
    for (const none of [newId(), "' or 1=1 --"]) {
      const { data, errors } = await booking.graph(scanner, query, { ...variables, eventId: none })
      expect(errors).toEqual([])
      expect(data.doorList ?? data.doorCounters ?? data.doorConflicts?.edges[0]).toBeFalsy()
    }
    for (const [who, code] of [
      [nobody(), 'UNAUTHENTICATED'],
      [aUser(), 'FORBIDDEN'],
      [anAdmin(), 'FORBIDDEN'],
      [aPartnerUser(newId()), 'FORBIDDEN'],
    ] as const)
      expect(codeOf(await booking.graph(who, query, { ...variables, eventId }))).toBe(code)
  }
  for (const since of ['', 'yesterday', '1.2.3', "1'; drop table tickets --"])
    expect(codeOf(await booking.graph(scanner, LIST, { eventId, since }))).toBe('BAD_USER_INPUT')
})

test('a door without network knows who may come in, and hears what has changed since', async () => {
  const { database } = booking
  const ticket = await aTicket(database, { ...TONIGHT, seatNos: [1, 2] })
  const [first = '', second = ''] = await codesOf(database, ticket.booking)
  const list = await listOf(ticket.scanner, ticket.eventId)
  expect(list).toMatchObject({ event: { id: ticket.eventId }, hasMore: false, size: 2 })
  const states = decode(list.entries)
  expect([first, second].map((code) => stateOf(code, list.publicKey, states))).toEqual([0, 0])
  const forged = first.slice(0, 60) + (first[60] === 'A' ? 'B' : 'A') + first.slice(61)
  expect(stateOf(forged, list.publicKey, states)).toBeUndefined()

  accepted(await scan(database, { ...ticket, code: first }))
  const next = await listOf(ticket.scanner, ticket.eventId, list.version)
  expect(next.size).toBeLessThanOrEqual(2)
  expect(stateOf(first, list.publicKey, decode(next.entries))).toBe(1)
  accepted(await cancel(database, ticket.booking.id, anAdmin()))
  const last = await listOf(ticket.scanner, ticket.eventId, next.version)
  expect([first, second].map((code) => stateOf(code, list.publicKey, decode(last.entries)))).toEqual([2, 2])
})

test('what a transaction that was not over wrote is in the next list, although later ones came before it', async () => {
  const { database } = booking
  const [ticket, slow] = [await aTicket(database), await database.pool.connect()]
  const hold = await aHold(database, ticket.booking.sale, { seatNos: [7] })
  await slow.query('begin')
  await slow.query('update tickets set holder_name = $2 where booking_id = $1', [ticket.booking.id, 'Ada'])
  accepted(await checkOut(database, hold))
  const list = await listOf(ticket.scanner, ticket.eventId)
  const again = await listOf(ticket.scanner, ticket.eventId, list.version)
  await slow.query('commit')
  slow.release()
  const { size } = await listOf(ticket.scanner, ticket.eventId, again.version)
  expect(size).toBeGreaterThanOrEqual(1)
})

test('a version from after the present begins the list anew', async () => {
  const ticket = await aTicket(booking.database)
  expect((await listOf(ticket.scanner, ticket.eventId, '999999999999')).size).toBe(1)
})

test('the counters follow the doors', async () => {
  const { database } = booking
  const ticket = await aTicket(database, { ...TONIGHT, seatNos: [1, 2] })
  const updates = await booking.subscribe(
    ticket.scanner,
    `subscription ($eventId: ID!) { doorCountersUpdated(eventId: $eventId) ${COUNTERS} }`,
    { eventId: ticket.eventId },
  )
  const counted = (facts: object) => ({ data: { doorCountersUpdated: expect.objectContaining(facts) } })
  expect(await updates.next()).toEqual(counted({ tickets: 2, arrived: 0, inside: 0, refused: 0, gates: [] }))
  accepted(await scan(database, ticket))
  expect(await updates.next()).toEqual(
    counted({ arrived: 1, inside: 1, gates: [{ gate: 'North', entries: 1, exits: 0, refused: 0 }] }),
  )
  accepted(await scan(database, ticket))
  expect(await updates.next()).toEqual(counted({ arrived: 1, refused: 1 }))
  accepted(await scan(database, { ...ticket, direction: 'EXIT', gate: 'West' }))
  expect(await updates.next()).toEqual(counted({ arrived: 1, inside: 0 }))
  accepted(await tell(database, ticket, offline(ticket.code)))
  expect(await updates.next()).toEqual(counted({ conflicts: 1 }))
  updates.leave()
})

test('a device is told of its scans what it has to know, and whoever runs the event sees all conflicts by page', async () => {
  const { database } = booking
  const ticket = await aTicket(database, { ...TONIGHT, seatNos: [1, 2] })
  const codes = await codesOf(database, ticket.booking)
  for (const code of codes) accepted(await tell(database, ticket, offline(code, { gate: 'East' })))
  const scans = codes.map((code, index) => ({
    nonce: `scan-${index}`,
    code,
    gate: 'West',
    scannedAt: new Date(Date.now() - 60_000).toISOString(),
  }))
  const bad = [
    [],
    [{ ...scans[0], nonce: 'a b' }],
    [{ ...scans[0], gate: '' }],
    Array.from({ length: 501 }, () => scans[0]),
  ]
  for (const wrong of bad)
    expect(
      codeOf(await booking.graph(ticket.scanner, UPLOAD, { input: { eventId: ticket.eventId, scans: wrong } })),
    ).toBe('BAD_USER_INPUT')
  const { data } = await booking.graph(ticket.scanner, UPLOAD, { input: { eventId: ticket.eventId, scans } })
  expect(data.uploadScans.results).toEqual(
    scans.map(({ nonce }) => ({ nonce, status: 'CONFLICT', reason: 'ALREADY_USED' })),
  )
  expect(data.uploadScans.conflicts[0]).toMatchObject({
    ticket: { status: 'USED' },
    scan: { gate: 'West' },
    first: { gate: 'East' },
  })
  const page = (after?: string) =>
    booking.graph(ticket.scanner, CONFLICTS, { eventId: ticket.eventId, first: 1, after })
  const one = (await page()).data.doorConflicts
  const two = (await page(one.pageInfo.endCursor)).data.doorConflicts
  expect([one.pageInfo.hasNextPage, two.pageInfo.hasNextPage]).toEqual([true, false])
  expect(one.edges[0].node.ticket.id).not.toBe(two.edges[0].node.ticket.id)
})
