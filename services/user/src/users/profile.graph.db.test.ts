import { eq } from 'drizzle-orm'
import { newId } from '@tikitu/runtime/ids'
import type { Identity } from '@tikitu/runtime/identity'
import { aMachine, anAdmin, aStranger, aUser, nobody, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aRegisteredUser } from '../../test/build.ts'
import { startUserService } from '../../test/service.ts'
import { outbox, userPreferences, users, type UserRow } from '../tables.ts'

let service: TestService
let user: UserRow
let me: Identity

beforeAll(async () => {
  service = await startUserService()
})

beforeEach(async () => {
  user = await aRegisteredUser(service.database, { firstName: 'Ada' })
  me = aUser({ userId: user.id, subject: user.cognitoSub })
  await service.database.orm.delete(outbox)
})

const PROFILE = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    __typename
    ... on User { firstName lastName phone dateOfBirth avatarUrl bio }
    ... on UserNotFound { userId }
  }
}`

const PREFERENCES = `mutation ($input: UpdatePreferencesInput!) {
  updatePreferences(input: $input) {
    __typename
    ... on User { preferences { language currency timezone marketingOptIn accessibilityNeeds } }
    ... on UserNotFound { userId }
  }
}`

const stored = async () => (await service.database.orm.select().from(users).where(eq(users.id, user.id)))[0]
const preferences = async () =>
  (await service.database.orm.select().from(userPreferences).where(eq(userPreferences.userId, user.id)))[0]

describe.each([
  ['updateProfile', PROFILE],
  ['updatePreferences', PREFERENCES],
])('%s', (field, mutation) => {
  it.each<[string, Identity, string]>([
    ['a caller without a token', nobody(), 'UNAUTHENTICATED'],
    ['somebody who has not registered', aStranger(), 'FORBIDDEN'],
    ['a machine', aMachine(newId(), []), 'FORBIDDEN'],
    ['somebody whom the gateway could not look up', aStranger({ incomplete: true }), 'UNAVAILABLE'],
  ])('is not for %s', async (_, identity, code) => {
    const { errors } = await service.graph(identity, mutation, { input: {} })
    expect(errors).toMatchObject([{ extensions: { code } }])
  })

  it('is refused when the account is gone', async () => {
    const userId = newId()
    const { data } = await service.graph(aUser({ userId }), mutation, { input: {} })
    expect(data[field]).toEqual({ __typename: 'UserNotFound', userId })
  })

  it.each(['SUSPENDED', 'ERASED'] as const)('is forbidden when the account is %s', async (status) => {
    await service.database.orm.update(users).set({ status }).where(eq(users.id, user.id))
    const { errors } = await service.graph(me, mutation, { input: {} })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  it('of nothing changes nothing and tells nobody', async () => {
    const before = [await stored(), await preferences()]
    const { data } = await service.graph(me, mutation, { input: {} })
    expect(data[field].__typename).toBe('User')
    expect([await stored(), await preferences()]).toEqual(before)
    expect(await service.published()).toEqual([])
  })
})

describe('updateProfile', () => {
  it.each<[string, unknown]>([
    ['firstName', ''],
    ['firstName', '   '],
    ['firstName', 'x'.repeat(101)],
    ['firstName', 'a\0b'],
    ['firstName', '\ud800'],
    ['lastName', 'x'.repeat(101)],
    ['lastName', 'a\0b'],
    ['phone', '0207 946 0958'],
    ['phone', "+44'; drop table users; --"],
    ['phone', '+442079460958\0'],
    ['dateOfBirth', '1899-12-31'],
    ['dateOfBirth', '2999-01-01'],
    ['avatarUrl', 'http://example.com/a.png'],
    ['avatarUrl', 'javascript:alert(1)'],
    ['avatarUrl', `https://example.com/${'a'.repeat(2_000)}`],
    ['avatarUrl', "'; drop table users; --"],
    ['bio', ''],
    ['bio', 'x'.repeat(1_001)],
    ['bio', 'a\0b'],
  ])('says that %s cannot be %j, and changes nothing', async (field, value) => {
    const before = await stored()
    const { errors } = await service.graph(me, PROFILE, { input: { lastName: 'Changed', [field]: value } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: `input.${field}` } }])
    expect(await stored()).toEqual(before)
    expect(await service.published()).toEqual([])
  })

  it.each(['1990-02-30', '1990', "1990-01-01'; --", 'yesterday'])('says that %j is no date', async (dateOfBirth) => {
    const { errors } = await service.graph(me, PROFILE, { input: { dateOfBirth } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('stores SQL as the text it is', async () => {
    const sql = "Robert'); drop table users; --"
    const { data } = await service.graph(me, PROFILE, { input: { firstName: sql, lastName: sql, bio: sql } })
    expect(data.updateProfile).toMatchObject({ firstName: sql, lastName: sql, bio: sql })
  })

  it('changes what is given, leaves what is not, clears what is null, and tells the others', async () => {
    const input = {
      lastName: '  Lovelace  ',
      phone: '+442079460958',
      dateOfBirth: '1990-12-10',
      avatarUrl: 'https://example.com/a.png',
      bio: 'Line one\nline two 🎟️',
    }
    const { data } = await service.graph(me, PROFILE, { input })
    expect(data.updateProfile).toEqual({ __typename: 'User', firstName: 'Ada', ...input, lastName: 'Lovelace' })
    expect(await service.published()).toMatchObject([
      { type: 'user.updated', data: { userId: user.id, email: user.email, firstName: 'Ada', lastName: 'Lovelace' } },
    ])
    const cleared = await service.graph(me, PROFILE, { input: { phone: null, bio: null } })
    expect(cleared.data.updateProfile).toMatchObject({ firstName: 'Ada', lastName: 'Lovelace', phone: null, bio: null })
  })

  it('does not tell the others what they keep no copy of', async () => {
    await service.graph(me, PROFILE, { input: { phone: '+442079460958' } })
    expect(await service.published()).toEqual([])
  })
})

describe('updatePreferences', () => {
  it.each<[string, unknown]>([
    ['language', 'no such language'],
    ['language', "en'; --"],
    ['language', null],
    ['currency', 'XXXX'],
    ['currency', 'eur'],
    ['timezone', 'Mars/Olympus'],
    ['timezone', 'a\0b'],
    ['marketingOptIn', null],
    ['accessibilityNeeds', null],
    ['accessibilityNeeds', Array.from({ length: 21 }, (_, index) => `need ${index}`)],
  ])('says that %s cannot be %j, and changes nothing', async (field, value) => {
    const before = await preferences()
    const { errors } = await service.graph(me, PREFERENCES, { input: { currency: 'GBP', [field]: value } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: `input.${field}` } }])
    expect(await preferences()).toEqual(before)
  })

  it.each(['', 'x'.repeat(51), 'a\0b'])('says that %j is no need', async (need) => {
    const { errors } = await service.graph(me, PREFERENCES, { input: { accessibilityNeeds: ['wheelchair', need] } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'input.accessibilityNeeds[1]' } }])
  })

  it('changes what is given, and tells the others when it is how to address the user', async () => {
    const needs = ['wheelchair', "'; drop table users; --", 'wheelchair']
    const first = await service.graph(me, PREFERENCES, { input: { accessibilityNeeds: needs, marketingOptIn: true } })
    expect(first.data.updatePreferences.preferences).toEqual({
      language: 'en',
      currency: 'EUR',
      timezone: 'UTC',
      marketingOptIn: true,
      accessibilityNeeds: ['wheelchair', "'; drop table users; --"],
    })
    expect(await service.published()).toEqual([])

    const input = { language: 'en-GB', currency: 'GBP', timezone: 'Europe/London' }
    const second = await service.graph(me, PREFERENCES, { input })
    expect(second.data.updatePreferences.preferences).toMatchObject({ ...input, marketingOptIn: true })
    expect(await service.published()).toMatchObject([
      { type: 'user.updated', data: { userId: user.id, language: 'en-GB', timezone: 'Europe/London' } },
    ])
  })
})

describe.each([
  ['suspendUser', 'ACTIVE', 'SUSPENDED'],
  ['reinstateUser', 'SUSPENDED', 'ACTIVE'],
] as const)('%s', (field, from, to) => {
  const mutation = `mutation ($input: ${field === 'suspendUser' ? 'Suspend' : 'Reinstate'}UserInput!) {
    ${field}(input: $input) { __typename ... on User { id status } ... on UserNotFound { userId } }
  }`
  const change = (identity: Identity, input: object) => service.graph(identity, mutation, { input })

  beforeEach(async () => {
    await service.database.orm.update(users).set({ status: from }).where(eq(users.id, user.id))
  })

  it.each<[string, () => Identity, string]>([
    ['a caller without a token', () => nobody(), 'UNAUTHENTICATED'],
    ['the user', () => me, 'FORBIDDEN'],
    ['an admin for finance', () => anAdmin('FINANCE'), 'FORBIDDEN'],
  ])('is not for %s', async (_, identity, code) => {
    const { errors } = await change(identity(), { userId: user.id, reason: 'because' })
    expect(errors).toMatchObject([{ extensions: { code } }])
    expect((await stored())?.status).toBe(from)
  })

  it.each(['', 'x'.repeat(501), 'a\0b'])('asks for a reason other than %j', async (reason) => {
    const { errors } = await change(anAdmin('SUPPORT'), { userId: user.id, reason })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'input.reason' } }])
    expect((await stored())?.status).toBe(from)
  })

  it.each([newId(), "' or true --", 'a\0b', ''])('finds nobody called %j', async (userId) => {
    const { data } = await change(anAdmin('SUPPORT'), { userId, reason: 'because' })
    expect(data[field]).toEqual({ __typename: 'UserNotFound', userId })
  })

  it('does not touch an account that was erased', async () => {
    await service.database.orm.update(users).set({ status: 'ERASED' }).where(eq(users.id, user.id))
    const { data } = await change(anAdmin(), { userId: user.id, reason: 'because' })
    expect(data[field].__typename).toBe('UserNotFound')
  })

  it('changes the account, tells the others and the audit log, and does all that once', async () => {
    const admin = anAdmin('SUPPORT')
    const reason = "'; drop table users; --"
    for (const _ of [1, 2]) {
      const { data } = await change(admin, { userId: user.id, reason })
      expect(data[field]).toEqual({ __typename: 'User', id: user.id, status: to })
    }
    const told = await service.published()
    expect(told).toMatchObject([
      { type: 'user.status_changed', data: { userId: user.id, status: to } },
      {
        type: 'audit.recorded',
        data: {
          actor: { kind: 'USER', id: admin.userId },
          action: field,
          resource: { type: 'User', id: user.id },
          before: { status: from },
          after: { status: to, reason },
          requestId: admin.requestId,
          ip: '127.0.0.1',
        },
      },
    ])
    expect(told).toHaveLength(2)
  })
})
