import { newId } from '@tikitu/runtime/ids'
import type { Identity } from '@tikitu/runtime/identity'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aService,
  aStranger,
  aUser,
  nobody,
  type TestService,
} from '@tikitu/runtime/testing'
import { BookingConfirmed, BookingPaymentRequested } from '@tikitu/schema/events/booking'
import { beforeAll, describe, expect, it } from 'vitest'
import { aRegisteredUser } from '../../test/build.ts'
import { startUserService } from '../../test/service.ts'
import { addresses, users, type UserRow } from '../tables.ts'

let service: TestService
let ada: UserRow
let bob: UserRow
const partnerId = newId()
const otherPartnerId = newId()

beforeAll(async () => {
  service = await startUserService()
  ada = await aRegisteredUser(service.database, { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' })
  bob = await aRegisteredUser(service.database, { email: 'bob@example.com', firstName: 'Bob' })
  await service.database.orm.update(users).set({
    phone: '+442079460958',
    bio: 'Poetical science',
    dateOfBirth: '1990-12-10',
    avatarUrl: 'https://a.example/a.png',
  })
  await service.database.orm.insert(addresses).values({
    id: newId(),
    userId: ada.id,
    type: 'HOME',
    line1: '12 St James’s Square',
    city: 'London',
    country: 'GB',
    isDefault: true,
    createdAt: new Date(),
  })
  await service.deliver(BookingPaymentRequested, {
    bookingId: newId(),
    userId: ada.id,
    eventId: newId(),
    partnerId,
    reference: 'ABC123',
    amount: 5_000,
    currency: 'EUR',
    commission: 250,
    deadline: new Date().toISOString(),
  })
})

const FIELDS = `id email firstName lastName phone dateOfBirth avatarUrl bio isEmailVerified status
  preferences { language } addresses { line1 isDefault } signUpAt lastSeenAt`

/** A user as the gateway looks one up for another service, for example for `Booking.user`. */
async function lookUp(identity: Identity, ...ids: string[]) {
  const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { ${FIELDS} } } }`
  const representations = ids.map((id) => ({ __typename: 'User', id }))
  const { data, errors } = await service.graph(identity, query, { representations })
  expect(errors).toEqual([])
  return data._entities
}

async function ask(identity: Identity, query: string) {
  const { data, errors } = await service.graph(identity, query)
  expect(errors).toEqual([])
  return data
}

const everything = () => ({
  id: ada.id,
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
  phone: '+442079460958',
  dateOfBirth: '1990-12-10',
  avatarUrl: 'https://a.example/a.png',
  bio: 'Poetical science',
  isEmailVerified: true,
  status: 'ACTIVE',
  preferences: { language: 'en' },
  addresses: [{ line1: '12 St James’s Square', isDefault: true }],
  signUpAt: ada.signUpAt.toISOString(),
  lastSeenAt: ada.lastSeenAt.toISOString(),
})

const contact = () => ({
  ...Object.fromEntries(Object.keys(everything()).map((field) => [field, null])),
  id: ada.id,
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
})

describe('looking up a user by reference', () => {
  it.each<[string, () => Identity]>([
    ['a caller without a token', () => nobody()],
    ['somebody who has not registered', () => aStranger()],
    ['another user', () => aUser({ userId: bob.id, subject: bob.cognitoSub })],
    ['staff of a partner with whom the user never booked', () => aPartnerUser(otherPartnerId)],
    ['the machine of the user’s partner', () => aMachine(partnerId, ['tikitu/sales.read'])],
    ['a service', () => aService('booking')],
    ['somebody in the group admin who is no admin', () => aUser({ groups: ['admin'] })],
  ])('%s finds nobody', async (_, identity) => {
    expect(await lookUp(identity(), ada.id)).toEqual([null])
  })

  it.each(['OWNER', 'MANAGER', 'SCANNER'] as const)(
    'the %s of the user’s partner finds name and e-mail address',
    async (role) => {
      expect(await lookUp(aPartnerUser(partnerId, role), ada.id)).toEqual([contact()])
    },
  )

  it.each(['SUPER_ADMIN', 'SUPPORT', 'FINANCE'] as const)('an admin of role %s finds everything', async (role) => {
    expect(await lookUp(anAdmin(role), ada.id)).toEqual([everything()])
  })

  it('the user finds everything', async () => {
    expect(await lookUp(aUser({ userId: ada.id }), ada.id)).toEqual([everything()])
  })

  it('finds nobody for ids that nobody has, and for what is no id', async () => {
    expect(await lookUp(anAdmin(), newId(), "'; drop table users; --", 'a\0b', '')).toEqual([null, null, null, null])
  })

  it('of many takes each for itself', async () => {
    const found = await lookUp(aPartnerUser(partnerId), bob.id, ada.id, bob.id, ada.id)
    expect(found.map((user: { id: string } | null) => user?.id)).toEqual([undefined, ada.id, undefined, ada.id])
  })

  it('is possible for the partner of a booking that is confirmed at once, and a second event changes nothing', async () => {
    const confirmed = {
      bookingId: newId(),
      userId: bob.id,
      eventId: newId(),
      partnerId: otherPartnerId,
      reference: 'FREE01',
      tickets: [{ ticketId: newId(), ticketType: 'Free', seat: null }],
      total: { amount: 0, currency: 'EUR' },
      event: { title: 'A', startsAt: new Date().toISOString(), timezone: 'UTC', venueName: 'V', city: 'C' },
      late: false,
      at: new Date().toISOString(),
    }
    await service.deliver(BookingConfirmed, confirmed)
    await service.deliver(BookingConfirmed, confirmed)
    expect(await lookUp(aPartnerUser(otherPartnerId), bob.id, ada.id)).toMatchObject([
      { firstName: 'Bob', phone: null },
      null,
    ])
  })
})

describe('user(id)', () => {
  const query = () => `{ user(id: "${ada.id}") { ${FIELDS} } }`

  it.each<[string, () => Identity]>([
    ['a caller without a token', () => nobody()],
    ['another user', () => aUser()],
    ['the user’s partner', () => aPartnerUser(partnerId)],
    ['a machine', () => aMachine(partnerId, ['tikitu/sales.read'])],
    ['a service', () => aService()],
  ])('is nobody to %s', async (_, identity) => {
    expect(await ask(identity(), query())).toEqual({ user: null })
  })

  it('is everything to the user and to admins', async () => {
    expect(await ask(aUser({ userId: ada.id }), query())).toEqual({ user: everything() })
    expect(await ask(anAdmin('FINANCE'), query())).toEqual({ user: everything() })
  })

  it.each(['x', "' or 1=1 --", 'a\0b', newId()])('is nobody for %j', async (id) => {
    const { data, errors } = await service.graph(anAdmin(), 'query ($id: ID!) { user(id: $id) { id } }', { id })
    expect({ data, errors }).toEqual({ data: { user: null }, errors: [] })
  })
})

describe('me', () => {
  it.each<[string, () => Identity]>([
    ['a caller without a token', () => nobody()],
    ['a machine', () => aMachine(partnerId, [])],
    ['a service', () => aService()],
    ['somebody who has not registered', () => aStranger()],
  ])('is nobody to %s', async (_, identity) => {
    expect(await ask(identity(), '{ me { id } }')).toEqual({ me: null })
  })

  it('is not denied when the gateway could not ask who the caller is', async () => {
    const { errors } = await service.graph(aStranger({ incomplete: true }), '{ me { id } }')
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
  })

  it('is everything to the user', async () => {
    expect(await ask(aUser({ userId: ada.id }), `{ me { ${FIELDS} } }`)).toEqual({ me: everything() })
  })
})

describe('the list of users', () => {
  it.each<[string, () => Identity, string]>([
    ['a caller without a token', () => nobody(), 'UNAUTHENTICATED'],
    ['a user', () => aUser(), 'FORBIDDEN'],
    ['a partner', () => aPartnerUser(partnerId), 'FORBIDDEN'],
    ['a machine', () => aMachine(partnerId, []), 'FORBIDDEN'],
    ['a service', () => aService(), 'FORBIDDEN'],
    ['an admin whom the gateway could not look up', () => aUser({ incomplete: true }), 'UNAVAILABLE'],
  ])('is closed to %s', async (_, identity, code) => {
    const { data, errors } = await service.graph(identity(), '{ users(first: 10) { edges { node { id } } } }')
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code } }])
  })

  it('shows admins everything', async () => {
    const data = await ask(
      anAdmin('SUPPORT'),
      `{ users(filter: { text: "lovelace" }) { edges { node { ${FIELDS} } } } }`,
    )
    expect(data).toEqual({ users: { edges: [{ node: everything() }] } })
  })
})

describe('without a signed identity', () => {
  it('nobody gets anything but health', async () => {
    for (const url of ['/graphql?query={me{id}}', `/internal/principal?subject=${ada.cognitoSub}`, '/nothing']) {
      expect((await service.get(null, url)).status, url).toBe(401)
    }
    expect((await service.get(null, '/readyz')).status).toBe(200)
  })
})
