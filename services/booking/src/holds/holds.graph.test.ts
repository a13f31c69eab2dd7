import { newId } from '@tikitu/runtime/ids'
import { SettingChanged } from '@tikitu/schema/events/admin'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aStranger,
  aUser,
  nobody,
  testService,
  waitFor,
  type TestService,
} from '@tikitu/runtime/testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { anEvent, runOut, TICKET_KEY_SECRET } from '../../test/build.ts'
import { expectSoundInventory } from '../../test/sound.ts'
import { defineBooking } from '../service.ts'

let booking: TestService

beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

afterEach(() => expectSoundInventory(booking.database))

const HOLD = `... on Hold { id expiresAt event { id title } lines { ticketTypeId quantity unitPrice { amount currency } }
  seats { id section row number status ticketTypeId accessible } total { amount currency } } ... on Refusal { message }`
const SEATS = `mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { __typename ${HOLD} ... on SeatsTaken { seatIds } ... on SeatsUnknown { seatIds }
  ... on SalesClosed { opensAt closesAt } ... on QuantityOutOfRange { min max } ... on BuyerLimitReached { ticketsMax ticketsNow holdsMax holdsNow } } }`
const BEST = `mutation ($input: HoldBestAvailableInput!) { holdBestAvailable(input: $input) { __typename ${HOLD} ... on SoldOut { available } } }`
const STANDING = `mutation ($input: HoldGeneralAdmissionInput!) { holdGeneralAdmission(input: $input) { __typename ${HOLD} ... on SoldOut { available } } }`
const EXTEND = `mutation ($input: ExtendHoldInput!) { extendHold(input: $input) { __typename
  ... on Hold { id expiresAt total { amount } seats { id } } ... on HoldNotExtendable { expiresAt extensionsMax } ... on Refusal { message } } }`
const RELEASE = `mutation ($input: ReleaseHoldInput!) { releaseHold(input: $input) { __typename ... on Hold { id } ... on Refusal { message } } }`
const MAP = `query ($id: ID!, $section: String) { event(id: $id) { sections { name rows seats available }
  seats(section: $section) { id section row number status ticketTypeId accessible } ticketTypes { name available } } }`

describe('a hold', () => {
  test('is answered with its seats, lines and total, and the map shows it', async () => {
    const event = await anEvent(booking.database, {
      rows: [
        { width: 3, accessible: [1] },
        { section: 'B', width: 2 },
      ],
    })
    const buyer = aUser()
    const input = { eventId: event.id, seatIds: ['A-1-2', 'A-1-1'], idempotencyKey: newId() }
    const { data, errors } = await booking.graph(buyer, SEATS, { input })
    expect(errors).toEqual([])
    const ticketTypeId = event.types['STALLS']?.id
    const seat = { section: 'A', row: '1', status: 'HELD', ticketTypeId }
    expect(data.holdSeats).toMatchObject({
      __typename: 'Hold',
      event: { id: event.id, title: 'An evening' },
      lines: [{ ticketTypeId, quantity: 2, unitPrice: { amount: 5000, currency: 'EUR' } }],
      seats: [
        { id: 'A-1-1', number: '1', accessible: true, ...seat },
        { id: 'A-1-2', number: '2', accessible: false, ...seat },
      ],
      total: { amount: 10_000, currency: 'EUR' },
    })
    expect((await booking.graph(buyer, SEATS, { input })).data).toEqual(data)

    const map = await booking.graph(nobody(), MAP, { id: event.id, section: 'A' })
    expect(map.data.event.sections).toEqual([
      { name: 'A', rows: 1, seats: 3, available: 1 },
      { name: 'B', rows: 1, seats: 2, available: 2 },
    ])
    expect(map.data.event.seats.map((it: { id: string; status: string }) => [it.id, it.status])).toEqual([
      ['A-1-1', 'HELD'],
      ['A-1-2', 'HELD'],
      ['A-1-3', 'AVAILABLE'],
    ])
    expect(map.data.event.ticketTypes).toEqual([
      { name: 'STALLS', available: 3 },
      { name: 'Standing', available: 20 },
    ])
    const whole = await booking.graph(nobody(), MAP, { id: event.id })
    expect(whole.data.event.seats.length).toBe(5)
    for (const section of ['C', '', "' or true", '\u0000']) {
      expect((await booking.graph(nobody(), MAP, { id: event.id, section })).data.event.seats).toEqual([])
    }
  })

  test('is seen by its buyer alone, and only while it lasts', async () => {
    const event = await anEvent(booking.database)
    const buyer = aUser()
    const input = { eventId: event.id, ticketTypeId: event.types['STALLS']?.id, quantity: 2, idempotencyKey: newId() }
    const { id } = (await booking.graph(buyer, BEST, { input })).data.holdBestAvailable
    const query = `query ($id: ID!) { hold(id: $id) { id seats { id status } } _entities(representations: [{ __typename: "Hold", id: "${id}" }]) { ... on Hold { id } } }`
    expect((await booking.graph(buyer, query, { id })).data).toEqual({
      hold: {
        id,
        seats: [
          { id: 'A-1-1', status: 'HELD' },
          { id: 'A-1-2', status: 'HELD' },
        ],
      },
      _entities: [{ id }],
    })
    const nothing = { hold: null, _entities: [null] }
    for (const other of [nobody(), aUser(), anAdmin(), aStranger()]) {
      expect((await booking.graph(other, query, { id })).data).toEqual(nothing)
    }
    await runOut(booking.database, [id])
    expect((await booking.graph(buyer, query, { id })).data).toEqual(nothing)
    for (const bad of ['', 'no id', '\u0000']) {
      expect((await booking.graph(buyer, 'query ($id: ID!) { hold(id: $id) { id } }', { id: bad })).data).toEqual({
        hold: null,
      })
    }
  })

  test('repeated after its seats went to somebody else says so of the seats', async () => {
    const event = await anEvent(booking.database)
    const [buyer, next] = [aUser(), aUser()]
    const input = { eventId: event.id, seatIds: ['A-1-1'], idempotencyKey: newId() }
    const { id } = (await booking.graph(buyer, SEATS, { input })).data.holdSeats
    await booking.graph(buyer, RELEASE, { input: { holdId: id } })
    const again = await booking.graph(buyer, SEATS, { input })
    expect(again.data.holdSeats).toMatchObject({ __typename: 'Hold', id, seats: [{ status: 'AVAILABLE' }] })
    await booking.graph(next, SEATS, { input: { ...input, idempotencyKey: newId() } })
    expect((await booking.graph(buyer, SEATS, { input })).data.holdSeats.seats).toMatchObject([{ status: 'HELD' }])
  })

  test('of units has no seats', async () => {
    const event = await anEvent(booking.database, { standing: 3 })
    const input = { eventId: event.id, ticketTypeId: event.types['Standing']?.id, quantity: 2, idempotencyKey: newId() }
    const { data } = await booking.graph(aUser(), STANDING, { input })
    expect(data.holdGeneralAdmission).toMatchObject({ seats: [], total: { amount: 4000 }, lines: [{ quantity: 2 }] })
    const sold = await booking.graph(aUser(), STANDING, { input: { ...input, idempotencyKey: newId() } })
    expect(sold.data.holdGeneralAdmission).toMatchObject({ __typename: 'SoldOut', available: 1 })
    const map = await booking.graph(nobody(), MAP, { id: event.id })
    expect(map.data.event.ticketTypes).toContainEqual({ name: 'Standing', available: 1 })
    await runOut(booking.database, [data.holdGeneralAdmission.id])
    const later = await booking.graph(nobody(), MAP, { id: event.id })
    expect(later.data.event.ticketTypes).toContainEqual({ name: 'Standing', available: 3 })
  })
})

describe('who may not hold', () => {
  test('is told to sign in or to register', async () => {
    const event = await anEvent(booking.database)
    const type = { eventId: event.id, ticketTypeId: newId(), quantity: 1, idempotencyKey: newId() }
    const asked = [
      [SEATS, { eventId: event.id, seatIds: ['A-1-1'], idempotencyKey: newId() }],
      [BEST, type],
      [STANDING, type],
      [RELEASE, { holdId: newId() }],
    ] as const
    for (const [mutation, input] of asked) {
      const code = async (identity: Parameters<TestService['graph']>[0]) =>
        (await booking.graph(identity, mutation, { input })).errors[0]?.extensions['code']
      expect(await code(nobody())).toBe('UNAUTHENTICATED')
      expect(await code(aStranger())).toBe('FORBIDDEN')
      expect(await code(aMachine(event.partnerId, ['tikitu/events.write']))).toBe('FORBIDDEN')
    }
  })
})

describe('bad input', () => {
  test.each(['', 'short', 'x'.repeat(101), 'with space', 'with\u0000nul', 'ümläut-key', "'; drop table bookings"])(
    'the idempotency key %j is refused',
    async (idempotencyKey) => {
      const event = await anEvent(booking.database)
      const { errors } = await booking.graph(aUser(), SEATS, {
        input: { eventId: event.id, seatIds: ['A-1-1'], idempotencyKey },
      })
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.idempotencyKey' })
    },
  )

  test('SQL, NUL and novels for ids are unknown ids', async () => {
    const event = await anEvent(booking.database)
    const [buyer, idempotencyKey] = [aUser(), `k';drop--"${newId()}`]
    for (const bad of ["' or true; --", '\u0000', 'x'.repeat(10_000), '', '00000000-0000-0000-0000-00000000000g']) {
      const seats = await booking.graph(buyer, SEATS, { input: { eventId: event.id, seatIds: [bad], idempotencyKey } })
      expect(seats.data.holdSeats).toMatchObject({ __typename: 'SeatsUnknown', seatIds: [bad] })
      const type = { eventId: event.id, ticketTypeId: bad, quantity: 1, idempotencyKey }
      expect((await booking.graph(buyer, BEST, { input: type })).data.holdBestAvailable.__typename).toBe(
        'TicketTypeNotFound',
      )
      expect((await booking.graph(buyer, STANDING, { input: type })).data.holdGeneralAdmission.__typename).toBe(
        'TicketTypeNotFound',
      )
      const elsewhere = { ...type, eventId: bad, ticketTypeId: newId() }
      expect((await booking.graph(buyer, BEST, { input: elsewhere })).data.holdBestAvailable.__typename).toBe(
        'EventNotFound',
      )
      expect((await booking.graph(buyer, RELEASE, { input: { holdId: bad } })).data.releaseHold.__typename).toBe(
        'HoldNotFound',
      )
    }
    const { data } = await booking.graph(buyer, SEATS, {
      input: { eventId: event.id, seatIds: ['A-1-1'], idempotencyKey },
    })
    expect(data.holdSeats.__typename).toBe('Hold')
  })
})

test('an allotment is sold by the staff of the partner alone, at the door by all of them', async () => {
  const facts = { Standing: { channel: 'DOOR' as const }, STALLS: { channel: 'PARTNER' as const } }
  const event = await anEvent(booking.database, { typeFacts: facts })
  const seat = () => ({ eventId: event.id, seatIds: ['A-1-1'], channel: 'PARTNER', idempotencyKey: newId() })
  const standing = event.types['Standing']?.id
  const unit = () => ({
    eventId: event.id,
    ticketTypeId: standing,
    quantity: 1,
    channel: 'DOOR',
    idempotencyKey: newId(),
  })
  for (const caller of [aUser(), aPartnerUser(newId()), aPartnerUser(event.partnerId, 'SCANNER')]) {
    const { errors } = await booking.graph(caller, SEATS, { input: seat() })
    expect(errors[0]?.extensions['code']).toBe('FORBIDDEN')
  }
  expect((await booking.graph(aUser(), STANDING, { input: unit() })).errors[0]?.extensions['code']).toBe('FORBIDDEN')
  const scanner = aPartnerUser(event.partnerId, 'SCANNER')
  const sold = await booking.graph(scanner, STANDING, { input: unit() })
  expect(sold.data.holdGeneralAdmission.__typename).toBe('Hold')
  const owner = aPartnerUser(event.partnerId, 'OWNER')
  expect((await booking.graph(owner, SEATS, { input: seat() })).data.holdSeats.__typename).toBe('Hold')
  const nowhere = { ...unit(), eventId: newId() }
  expect((await booking.graph(aUser(), STANDING, { input: nowhere })).data.holdGeneralAdmission.__typename).toBe(
    'EventNotFound',
  )
})

test('a hold is extended for its buyer, once as the settings say', async () => {
  const event = await anEvent(booking.database)
  const buyer = aUser()
  const wish = { eventId: event.id, seatIds: ['A-1-1'], idempotencyKey: newId() }
  const { id, expiresAt } = (await booking.graph(buyer, SEATS, { input: wish })).data.holdSeats
  const input = { holdId: id, idempotencyKey: newId() }
  expect((await booking.graph(nobody(), EXTEND, { input })).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED')
  const short = { input: { ...input, idempotencyKey: 'short' } }
  expect((await booking.graph(buyer, EXTEND, short)).errors[0]?.extensions['code']).toBe('BAD_USER_INPUT')
  for (const [who, holdId] of [
    [aUser(), id],
    [buyer, 'no id'],
  ] as const) {
    const { data } = await booking.graph(who, EXTEND, { input: { holdId, idempotencyKey: newId() } })
    expect(data.extendHold.__typename).toBe('HoldNotFound')
  }
  const extended = await booking.graph(buyer, EXTEND, { input })
  expect(extended.data.extendHold).toMatchObject({
    __typename: 'Hold',
    id,
    total: { amount: 5000 },
    seats: [{ id: 'A-1-1' }],
  })
  expect(new Date(extended.data.extendHold.expiresAt).getTime()).toBeGreaterThan(new Date(expiresAt).getTime())
  expect((await booking.graph(buyer, EXTEND, { input })).data).toEqual(extended.data)
  const again = await booking.graph(buyer, EXTEND, { input: { ...input, idempotencyKey: newId() } })
  expect(again.data.extendHold).toMatchObject({ __typename: 'HoldNotExtendable', extensionsMax: 1 })
})

test('a setting that an admin changes is in force a moment later', async () => {
  const event = await anEvent(booking.database)
  const hold = async (seatIds: string[]) =>
    (await booking.graph(aUser(), SEATS, { input: { eventId: event.id, seatIds, idempotencyKey: newId() } })).data
      .holdSeats
  await booking.deliver(SettingChanged, {
    key: 'booking.seatsPerHold',
    value: 2,
    version: 1,
    at: new Date().toISOString(),
  })
  await waitFor('the setting to be read', async () => {
    const answer = await hold(['A-1-1', 'A-1-2', 'A-1-3'])
    if (answer.__typename === 'QuantityOutOfRange') expect(answer).toMatchObject({ min: 1, max: 2 })
    return answer.__typename === 'QuantityOutOfRange'
  })
})
