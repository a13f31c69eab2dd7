import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aStranger,
  aUser,
  nobody,
  testService,
  type TestService,
} from '@tikitu/runtime/testing'
import { PaymentSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../../test/build.ts'
import { aHold, aSale, hours } from '../../test/sales.ts'
import { aConfirmed, aHeld, aPayment, aPending, cancel, checkOut, passDeadline } from '../../test/story.ts'
import { defineBooking } from '../service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const CHECKOUT = `mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename
  ... on Booking { id reference status total { amount currency } paymentDeadline }
  ... on HoldAlreadyUsed { bookingId } ... on HoldExpired { expiredAt } ... on Refusal { message } } }`

const CANCEL = `mutation ($input: CancelBookingInput!) { cancelBooking(input: $input) { __typename
  ... on Booking { id status cancelReason } ... on BookingNotCancellable { status } ... on Refusal { message } } }`

const BOOKING = `query ($id: ID!) { booking(id: $id) { id reference status user { id } event { id title }
  lines { ticketType { name } quantity unitPrice { amount } total { amount currency } } total { amount currency }
  paymentDeadline createdAt confirmedAt endedAt cancelReason
  tickets { id status code seat { id section row number } ticketType { name } holderName price { amount currency } event { id } booking { id } } } }`

const BOOKINGS = `query ($filter: BookingFilter, $first: Int!, $after: String) { bookings(filter: $filter, first: $first, after: $after) {
  edges { cursor node { id reference } } pageInfo { hasNextPage endCursor } } }`

const ENTITIES = `query ($refs: [_Any!]!) { _entities(representations: $refs) {
  ... on Booking { id status } ... on Ticket { id code booking { id } } ... on User { id bookings(first: 5) { edges { node { id } } } } } }`

const idsOf = (edges: { node: { id: string } }[]) => edges.map(({ node }) => node.id)

test('who is not signed in does not check out', async () => {
  const input = { holdId: newId(), idempotencyKey: newId() }
  expect((await booking.graph(nobody(), CHECKOUT, { input })).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED')
  expect((await booking.graph(aStranger(), CHECKOUT, { input })).errors[0]?.extensions['code']).toBe('FORBIDDEN')
  const machine = aMachine(newId(), ['tikitu/sales.read'])
  expect((await booking.graph(machine, CHECKOUT, { input })).errors[0]?.extensions['code']).toBe('FORBIDDEN')
})

/** What strangers write into text fields. */
const HOSTILE = ["'; drop table bookings; --", '" or 1=1', '\u0000', '\ud800', 'x'.repeat(5_000), '{"$ne":null}', '']

test('whatever is written into a text field is refused or taken as it is, and changes nothing else', async () => {
  const { database } = booking
  const pending = await aPending(database)
  const buyer = aUser({ userId: pending.userId })
  const counts = async () => {
    const { rows } = await database.pool.query(
      `select (select count(*) from bookings) as bookings, (select count(*) from tickets) as tickets,
              (select count(*) from outbox) as outbox, (select count(*) from check_ins) as scans`,
    )
    return rows[0]
  }
  const before = await counts()
  const scanner = aPartnerUser(pending.sale.partnerId, 'SCANNER')
  const doorIsShut = `mutation ($input: CheckInInput!) { checkIn(input: $input) { __typename } }`
  const scanned = { eventId: pending.sale.eventId, code: 'x', nonce: newId(), gate: 'North' }
  for (const text of HOSTILE) {
    const answers = await Promise.all([
      booking.graph(buyer, CHECKOUT, { input: { holdId: text, idempotencyKey: newId() } }),
      booking.graph(buyer, CHECKOUT, { input: { holdId: pending.id, idempotencyKey: text } }),
      booking.graph(buyer, CANCEL, { input: { bookingId: text, reason: 'x', idempotencyKey: newId() } }),
      booking.graph(buyer, CANCEL, { input: { bookingId: newId(), reason: 'x', idempotencyKey: `${text}c` } }),
      booking.graph(buyer, CANCEL, { input: { bookingId: newId(), reason: text, idempotencyKey: newId() } }),
      booking.graph(buyer, BOOKING, { id: text }),
      booking.graph(buyer, BOOKINGS, { first: 5, after: text }),
      booking.graph(buyer, BOOKINGS, { first: 5, filter: { eventId: text } }),
      booking.graph(buyer, BOOKINGS, { first: 5, filter: { reference: text } }),
      booking.graph(buyer, ENTITIES, {
        refs: ['Booking', 'Ticket', 'User'].map((__typename) => ({ __typename, id: text })),
      }),
      booking.graph(scanner, doorIsShut, { input: { ...scanned, eventId: text } }),
      booking.graph(scanner, doorIsShut, { input: { ...scanned, nonce: `${text} ` } }),
      booking.graph(scanner, doorIsShut, { input: { ...scanned, gate: `${text}\u0007` } }),
      booking.graph(
        scanner,
        `query ($eventId: ID!, $code: String!) { validateTicket(eventId: $eventId, code: $code) { valid } }`,
        {
          eventId: pending.sale.eventId,
          code: text,
        },
      ),
    ])
    const codes = answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions['code']))
    expect(codes.filter((code) => code !== 'BAD_USER_INPUT')).toEqual([])
  }
  expect(await counts()).toEqual(before)
})

test('a reason is kept in the words of who gave it', async () => {
  const pending = await aPending(booking.database)
  const reason = `Robert'); drop table bookings;-- 🎫 \u202e`
  const input = { bookingId: pending.id, reason, idempotencyKey: newId() }
  const { data } = await booking.graph(aUser({ userId: pending.userId }), CANCEL, { input })
  expect(data.cancelBooking).toEqual({
    __typename: 'Booking',
    id: pending.id,
    status: 'CANCELLED',
    cancelReason: reason.trim(),
  })
})

test('a reason that has a card number in it is refused, and nothing is cancelled', async () => {
  const pending = await aPending(booking.database)
  const buyer = aUser({ userId: pending.userId })
  const cancelFor = (reason: string) =>
    booking.graph(buyer, CANCEL, { input: { bookingId: pending.id, reason, idempotencyKey: newId() } })
  for (const card of ['4242424242424242', '4242 4242 4242 4242', '3782-822463-10005']) {
    const { errors } = await cancelFor(`Please pay back to ${card}, thank you`)
    expect(errors[0]).toMatchObject({
      message: 'input.reason: must not contain a card number',
      extensions: { code: 'BAD_USER_INPUT' },
    })
  }
  const { data } = await cancelFor('Call me on 020 7946 0958 about order 4242424242424241')
  expect(data.cancelBooking).toMatchObject({ __typename: 'Booking', status: 'CANCELLED' })
})

test('a cursor that was made up, and a page that is too large, are bad input', async () => {
  const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')
  for (const args of [
    { first: 0 },
    { first: 101 },
    { first: 5, after: cursor(["' or 1=1"]) },
    { first: 5, after: cursor([newId(), newId()]) },
  ]) {
    const { errors } = await booking.graph(aUser(), BOOKINGS, args)
    expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT')
  }
})

test('from the hold to the tickets, as a buyer sees it', async () => {
  const held = await aHeld(booking.database, { seatNos: [2, 3] })
  const buyer = aUser({ userId: held.userId })
  const input = { holdId: held.id, idempotencyKey: newId() }
  const { data } = await booking.graph(buyer, CHECKOUT, { input })
  expect(data.checkout).toMatchObject({
    __typename: 'Booking',
    id: held.id,
    status: 'PENDING',
    reference: expect.stringMatching(/^\w{4}-\w{4}$/),
    total: { amount: 5_000, currency: 'GBP' },
    paymentDeadline: expect.stringMatching(/Z$/),
  })
  expect((await booking.graph(buyer, CHECKOUT, { input })).data.checkout).toEqual(data.checkout)
  expect(
    (await booking.graph(buyer, CHECKOUT, { input: { ...input, idempotencyKey: newId() } })).data.checkout,
  ).toMatchObject({
    __typename: 'HoldAlreadyUsed',
    bookingId: held.id,
  })

  await booking.deliver(PaymentSucceeded, aPayment(held))
  const seen = (await booking.graph(buyer, BOOKING, { id: held.id })).data.booking
  expect(seen).toMatchObject({
    status: 'CONFIRMED',
    user: { id: held.userId },
    event: { id: held.sale.eventId, title: 'Tosca' },
    lines: [
      {
        ticketType: { name: 'Stalls' },
        quantity: 2,
        unitPrice: { amount: 2_500 },
        total: { amount: 5_000, currency: 'GBP' },
      },
    ],
    confirmedAt: expect.stringMatching(/Z$/),
    endedAt: null,
    cancelReason: null,
  })
  expect(seen.tickets).toMatchObject([
    { seat: { id: 'Stalls-1-3', section: 'Stalls', row: '1', number: '3' }, price: { amount: 2_500, currency: 'GBP' } },
    {
      seat: { id: 'Stalls-1-4' },
      status: 'ACTIVE',
      ticketType: { name: 'Stalls' },
      holderName: null,
      booking: { id: held.id },
    },
  ])
  expect(seen.tickets[0].code).toMatch(/^[\w-]{116}$/)
})

test('a free booking has no payment deadline', async () => {
  const held = await aHeld(booking.database, { units: 1, unitPrice: 0 })
  const { data } = await booking.graph(aUser({ userId: held.userId }), CHECKOUT, {
    input: { holdId: held.id, idempotencyKey: newId() },
  })
  expect(data.checkout).toMatchObject({ status: 'CONFIRMED', paymentDeadline: null, total: { amount: 0 } })
})

test('a booking exists for its buyer, its seller and admins, on every path, and for nobody else', async () => {
  const confirmed = await aConfirmed(booking.database)
  const { partnerId } = confirmed.sale
  const buyer = aUser({ userId: confirmed.userId })
  const [ticket] = (await booking.graph(buyer, BOOKING, { id: confirmed.id })).data.booking.tickets
  const refs = [
    { __typename: 'Booking', id: confirmed.id },
    { __typename: 'Ticket', id: ticket.id },
    { __typename: 'User', id: confirmed.userId },
  ]
  const paths = async (identity: Identity) => {
    const one = (await booking.graph(identity, BOOKING, { id: confirmed.id })).data.booking
    const list = await booking.graph(identity, BOOKINGS, { first: 100 })
    const [entity, ticketEntity, user] = (await booking.graph(identity, ENTITIES, { refs })).data._entities
    return {
      one: one?.id === confirmed.id,
      list: idsOf(list.data?.bookings.edges ?? []).includes(confirmed.id),
      entity: entity !== null,
      ticket: ticketEntity !== null,
      ofUser: idsOf(user.bookings.edges).includes(confirmed.id),
      code: Boolean(one?.tickets[0].code ?? ticketEntity?.code),
    }
  }
  const everything = { one: true, list: true, entity: true, ticket: true, ofUser: true, code: true }
  const nothing = { one: false, list: false, entity: false, ticket: false, ofUser: false, code: false }
  expect(await paths(buyer)).toEqual(everything)
  for (const admin of [anAdmin(), anAdmin('SUPPORT'), anAdmin('FINANCE')])
    expect(await paths(admin)).toEqual({ ...everything, code: false })
  for (const seller of [
    aPartnerUser(partnerId),
    aPartnerUser(partnerId, 'MANAGER'),
    aMachine(partnerId, ['tikitu/sales.read']),
  ])
    expect(await paths(seller)).toEqual({ ...everything, ofUser: false, code: false })
  const outsiders = [
    nobody(),
    aStranger(),
    aUser(),
    aPartnerUser(newId()),
    aPartnerUser(partnerId, 'SCANNER'),
    aMachine(partnerId, ['tikitu/checkin.write']),
    aMachine(newId(), ['tikitu/sales.read']),
  ]
  for (const outsider of outsiders) expect(await paths(outsider)).toEqual(nothing)
})

test('who can have no bookings is told to sign in or register', async () => {
  const codeOf = async (identity: Identity) =>
    (await booking.graph(identity, BOOKINGS, { first: 5 })).errors[0]?.extensions['code']
  expect(await codeOf(nobody())).toBe('UNAUTHENTICATED')
  expect(await codeOf(aStranger())).toBe('FORBIDDEN')
})

test('holds, and holds that ended, are no bookings for anybody', async () => {
  const held = await aHeld(booking.database)
  const ended = await aHold(booking.database, held.sale, { userId: held.userId, seatNos: [8] })
  await passDeadline(booking.database, ended.id)
  for (const identity of [aUser({ userId: held.userId }), aPartnerUser(held.sale.partnerId), anAdmin()]) {
    for (const { id } of [held, ended]) expect((await booking.graph(identity, BOOKING, { id })).data.booking).toBeNull()
    const filter = { eventId: held.sale.eventId }
    expect((await booking.graph(identity, BOOKINGS, { first: 10, filter })).data.bookings.edges).toEqual([])
  }
})

test('a list goes newest first, page by page, and is narrowed by event, state and reference', async () => {
  const { database } = booking
  const userId = newId()
  const buyer = aUser({ userId })
  const sale = await aSale(database, { capacity: 50 })
  const holds = []
  for (let index = 0; index < 5; index++) holds.push(await aHold(database, sale, { userId, units: 1 }))
  for (const hold of holds) accepted(await checkOut(database, hold))
  accepted(await cancel(database, holds[0]?.id ?? '', buyer))

  const seen: string[] = []
  let after: string | null = null
  do {
    const { data } = await booking.graph(buyer, BOOKINGS, { first: 2, after })
    seen.push(...idsOf(data.bookings.edges))
    after = data.bookings.pageInfo.hasNextPage ? data.bookings.pageInfo.endCursor : null
  } while (after)
  expect(seen).toEqual(holds.map(({ id }) => id).toReversed())

  const narrowed = async (filter: object) =>
    idsOf((await booking.graph(buyer, BOOKINGS, { first: 10, filter })).data.bookings.edges)
  expect(await narrowed({ status: 'CANCELLED' })).toEqual([holds[0]?.id])
  expect(await narrowed({ eventId: sale.eventId })).toHaveLength(5)
  expect(await narrowed({ eventId: newId() })).toEqual([])
  const { reference } = (await booking.graph(buyer, BOOKING, { id: holds[2]?.id })).data.booking
  expect(await narrowed({ reference: reference.replace('-', '').toLowerCase() })).toEqual([holds[2]?.id])
  expect(await narrowed({ reference: 'no reference' })).toEqual([])
})

test('the door: looked at, let in, refused, and never shown the code', async () => {
  const confirmed = await aConfirmed(booking.database, { startsAt: hours(0.5), seatNos: [9] })
  const { data } = await booking.graph(aUser({ userId: confirmed.userId }), BOOKING, { id: confirmed.id })
  const [{ code }] = data.booking.tickets
  const scanner = aPartnerUser(confirmed.sale.partnerId, 'SCANNER')
  const { eventId } = confirmed.sale
  const validate = `query ($eventId: ID!, $code: String!) { validateTicket(eventId: $eventId, code: $code) {
    valid reason ticket { id status code seat { number } booking { id } } } }`
  const checkIn = `mutation ($input: CheckInInput!) { checkIn(input: $input) { __typename
    ... on CheckInAccepted { ticket { status code } at } ... on CheckInRefused { reason message firstUsedAt firstUsedGate }
    ... on EventNotFound { eventId } } }`
  expect((await booking.graph(scanner, validate, { eventId, code })).data.validateTicket).toMatchObject({
    valid: true,
    reason: null,
    ticket: { status: 'ACTIVE', code: null, seat: { number: '10' }, booking: null },
  })
  expect((await booking.graph(scanner, validate, { eventId: newId(), code })).errors[0]?.extensions['code']).toBe(
    'NOT_FOUND',
  )
  const input = { eventId, code, nonce: newId(), gate: 'North' }
  const first = (await booking.graph(scanner, checkIn, { input })).data.checkIn
  expect(first).toMatchObject({ __typename: 'CheckInAccepted', ticket: { status: 'USED', code: null } })
  expect((await booking.graph(scanner, checkIn, { input })).data.checkIn).toEqual(first)
  expect((await booking.graph(scanner, checkIn, { input: { ...input, nonce: newId() } })).data.checkIn).toMatchObject({
    __typename: 'CheckInRefused',
    reason: 'ALREADY_USED',
    firstUsedAt: first.at,
    firstUsedGate: 'North',
  })
  expect((await booking.graph(aUser(), checkIn, { input })).errors[0]?.extensions['code']).toBe('FORBIDDEN')
  expect(
    (await booking.graph(scanner, checkIn, { input: { ...input, eventId: newId() } })).data.checkIn.__typename,
  ).toBe('EventNotFound')
})

test('the code of a cancelled ticket is not given out', async () => {
  const confirmed = await aConfirmed(booking.database)
  const buyer = aUser({ userId: confirmed.userId })
  accepted(await cancel(booking.database, confirmed.id, buyer))
  const { data } = await booking.graph(buyer, BOOKING, { id: confirmed.id })
  expect(
    data.booking.tickets.map(({ status, code }: { status: string; code: string | null }) => [status, code]),
  ).toEqual([
    ['CANCELLED', null],
    ['CANCELLED', null],
  ])
})

test('the audit is for admins, and finds nothing', async () => {
  const audit = `{ auditInventory { invariant violations } }`
  expect((await booking.graph(aUser(), audit)).errors[0]?.extensions['code']).toBe('FORBIDDEN')
  expect((await booking.graph(nobody(), audit)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED')
  const { data } = await booking.graph(anAdmin('FINANCE'), audit)
  expect(data.auditInventory.map(({ violations }: { violations: number }) => violations)).toEqual(Array(10).fill(0))
})
