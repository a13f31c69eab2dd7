import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { aPartnerUser, aUser, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { aHold, aSale } from '../test/sales.ts'
import { anEvent, TICKET_KEY_SECRET } from '../test/build.ts'
import { aDraftWish, draft } from '../test/drafts.ts'
import { aTicket, ticketOf, TONIGHT } from '../test/doors.ts'
import { defineBooking } from './service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

/** A mutation whose key may be left out, and two wishes that whoever asks may have. */
interface Keyed {
  readonly name: string
  readonly facts: string
  readonly wishes: () => Promise<{ identity: Identity; caller: string; one: object; other: object }>
}

const callerOf = ({ userId }: Identity) => userId ?? ''

async function aPublishable() {
  const { input, owner } = await aDraftWish(booking)
  const ids = [0, 1].map(async () => (await draft(booking, owner, input)).data.createEvent.id)
  const [one, other] = await Promise.all(ids)
  return { owner, one: { eventId: one }, other: { eventId: other } }
}

async function anOffer() {
  const { booking: bought } = await aTicket(booking.database, TONIGHT)
  const { id: ticketId } = await ticketOf(booking.database, bought)
  const buyer = aUser({ userId: bought.userId })
  const query = `mutation ($input: TransferTicketInput!) { transferTicket(input: $input) { ... on OfferedTicket { transfer { id } } } }`
  const { data } = await booking.graph(buyer, query, { input: { ticketId, idempotencyKey: newId() } })
  return { buyer, transferId: data.transferTicket.transfer.id }
}

async function aDevice(owner: Identity, partnerId: string) {
  const query = `mutation ($input: IssueDeviceTokenInput!) { issueDeviceToken(input: $input) { ... on IssuedDevice { device { id } } } }`
  const { data } = await booking.graph(owner, query, { input: { partnerId, name: 'Gate', idempotencyKey: newId() } })
  return data.issueDeviceToken.device.id
}

const MUTATIONS: readonly Keyed[] = [
  {
    name: 'publishEvent',
    facts: '... on Event { id status }',
    wishes: async () => {
      const { owner, one, other } = await aPublishable()
      return { identity: owner, caller: callerOf(owner), one, other }
    },
  },
  {
    name: 'releaseHold',
    facts: '... on Hold { id }',
    wishes: async () => {
      const sale = await aSale(booking.database)
      const { userId, id } = await aHold(booking.database, sale)
      const { id: second } = await aHold(booking.database, sale, { userId, seatNos: [5] })
      return { identity: aUser({ userId }), caller: userId, one: { holdId: id }, other: { holdId: second } }
    },
  },
  {
    name: 'withdrawTransfer',
    facts: '... on TicketTransfer { id status }',
    wishes: async () => {
      const { buyer, transferId } = await anOffer()
      return { identity: buyer, caller: callerOf(buyer), one: { transferId }, other: { transferId: newId() } }
    },
  },
  {
    name: 'revokeDevice',
    facts: '... on DoorDevice { id revokedAt }',
    wishes: async () => {
      const partnerId = newId()
      const owner = aPartnerUser(partnerId)
      const [one, other] = [await aDevice(owner, partnerId), await aDevice(owner, partnerId)]
      return { identity: owner, caller: callerOf(owner), one: { deviceId: one }, other: { deviceId: other } }
    },
  },
  {
    name: 'requestImageUpload',
    facts: '... on ImageUpload { url expiresAt imageUrl }',
    wishes: async () => {
      const { id: eventId, partnerId } = await anEvent(booking.database, { rows: [] })
      const owner = aPartnerUser(partnerId)
      const one = { eventId, contentType: 'image/png', bytes: 100 }
      return { identity: owner, caller: callerOf(owner), one, other: { ...one, bytes: 101 } }
    },
  },
]

describe.each(MUTATIONS)('$name', ({ name, facts, wishes }) => {
  const type = name.charAt(0).toUpperCase() + name.slice(1)
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ${facts}
    ... on IdempotencyKeyReused { idempotencyKey } } }`
  const ask = async (identity: Identity, input: object) => {
    const { data, errors } = await booking.graph(identity, query, { input })
    return errors[0]?.extensions['code'] ?? data[name]
  }

  test('refuses what is no key, a key of another request, and one that is being worked on', async () => {
    const { identity, caller, one, other } = await wishes()
    for (const bad of [
      'short',
      'with a space in it',
      'x'.repeat(101),
      '\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000',
    ])
      expect(await ask(identity, { ...one, idempotencyKey: bad })).toBe('BAD_USER_INPUT')
    const idempotencyKey = newId()
    const elsewhere = await booking.database.pool.connect()
    try {
      await elsewhere.query('begin')
      await elsewhere.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${caller}\n${idempotencyKey}`])
      expect(await ask(identity, { ...one, idempotencyKey })).toBe('CONFLICT')
    } finally {
      await elsewhere.query('rollback')
      elsewhere.release()
    }
    const first = await ask(identity, { ...one, idempotencyKey })
    expect(await ask(identity, { ...other, idempotencyKey })).toEqual({
      __typename: 'IdempotencyKeyReused',
      idempotencyKey,
    })
    expect(await ask(identity, { ...one, idempotencyKey })).toEqual(first)
  })

  test('needs none', async () => {
    const { identity, one } = await wishes()
    expect((await ask(identity, one)).__typename).toBe(
      (await ask(identity, { ...one, idempotencyKey: null })).__typename,
    )
  })
})

test('what was refused is not remembered under its key', async () => {
  const { id: eventId, partnerId } = await anEvent(booking.database, { rows: [] })
  const query = `mutation ($input: RequestImageUploadInput!) { requestImageUpload(input: $input) { __typename } }`
  const ask = async (contentType: string) => {
    const input = { eventId, contentType, bytes: 100, idempotencyKey: 'the-same-key' }
    return (await booking.graph(aPartnerUser(partnerId), query, { input })).data.requestImageUpload.__typename
  }
  expect([await ask('text/html'), await ask('image/png')]).toEqual(['ImageNotAcceptable', 'ImageUpload'])
})
