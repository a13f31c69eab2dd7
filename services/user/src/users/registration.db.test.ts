import { sql } from 'drizzle-orm'
import type { IdClaims } from '@tikitu/runtime/cognito'
import { accepted } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '@tikitu/runtime/database'
import { claimsOf } from '../../test/build.ts'
import { outbox, userPreferences, users } from '../tables.ts'
import { registerUser } from './registration.ts'

let database: Database

beforeAll(async () => {
  ;({ database } = await testDatabase('user'))
})

beforeEach(async () => {
  await database.orm.execute(sql`truncate users, user_preferences, addresses, outbox`)
})

const register = (claims: IdClaims) => transact(database, (tx, at) => registerUser(tx, { claims, at }))
const published = async () => (await database.orm.select().from(outbox)).map(({ type, data }) => ({ type, data }))

describe('registration', () => {
  it('is refused when another account has the e-mail address, in whatever case', async () => {
    await register(claimsOf({ email: 'Ada@Example.com' }))
    expect(await register(claimsOf({ email: 'ada@example.COM' }))).toMatchObject({ ok: false, refusal: 'EmailTaken' })
    expect(await database.orm.$count(users)).toBe(1)
    expect(await published()).toHaveLength(1)
  })

  it.each(['SUSPENDED', 'ERASED'] as const)('does not open an account that is %s', async (status) => {
    const claims = claimsOf()
    await register(claims)
    await database.orm.update(users).set({ status })
    await expect(
      register({ ...claims, email: 'new@example.com', issuedAtSeconds: 1_900_000_000 }),
    ).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await database.orm.select({ status: users.status, email: users.email }).from(users)).toEqual([
      { status, email: claims.email },
    ])
  })

  it('makes an account with preferences and tells the others once', async () => {
    const claims = claimsOf({
      firstName: 'Ada',
      lastName: 'Lovelace',
      phone: '+442079460958',
      identityProvider: 'Google',
    })
    const user = accepted(await register(claims))
    expect(user).toMatchObject({
      cognitoSub: claims.subject,
      email: claims.email,
      isEmailVerified: true,
      firstName: 'Ada',
      lastName: 'Lovelace',
      phone: '+442079460958',
      status: 'ACTIVE',
      signInCount: 1,
      identityProvider: 'Google',
    })
    expect(await database.orm.select().from(userPreferences)).toEqual([
      {
        userId: user.id,
        language: 'en',
        currency: 'EUR',
        timezone: 'UTC',
        marketingOptIn: false,
        accessibilityNeeds: [],
      },
    ])
    expect(await published()).toEqual([
      {
        type: 'user.registered',
        data: {
          userId: user.id,
          email: claims.email,
          firstName: 'Ada',
          lastName: 'Lovelace',
          language: 'en',
          timezone: 'UTC',
          at: user.signUpAt.toISOString(),
        },
      },
    ])
  })

  it('leaves out what a provider says that cannot be a name or a telephone number', async () => {
    const user = accepted(await register(claimsOf({ firstName: 'x'.repeat(101), lastName: 'a\0b', phone: '0207 946' })))
    expect(user).toMatchObject({ firstName: null, lastName: null, phone: null })
  })

  it('of one person forty times at once makes one account and one event', async () => {
    const claims = claimsOf()
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => register(claims)))
    expect(new Set(outcomes.map((outcome) => accepted(outcome).id)).size).toBe(1)
    expect(await database.orm.$count(users)).toBe(1)
    expect(await database.orm.$count(userPreferences)).toBe(1)
    expect((await published()).map(({ type }) => type)).toEqual(['user.registered'])
  })

  it('of forty people with one e-mail address at once lets one in', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, () => register(claimsOf({ email: 'one@example.com' }))),
    )
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    expect(outcomes.filter((outcome) => !outcome.ok && outcome.refusal === 'EmailTaken')).toHaveLength(39)
    expect(await published()).toHaveLength(1)
  })
})

describe('registering again', () => {
  const subject = 'the-same-person'
  const first = claimsOf({ subject, email: 'old@example.com', isEmailVerified: false, firstName: 'Ada' })

  it('is refused when the new e-mail address is another account’s, and changes nothing', async () => {
    await register(first)
    await register(claimsOf({ email: 'taken@example.com' }))
    const again = await register({ ...first, email: 'Taken@example.com', issuedAtSeconds: first.issuedAtSeconds + 1 })
    expect(again).toMatchObject({ ok: false, refusal: 'EmailTaken' })
    const [user] = await database.orm
      .select()
      .from(users)
      .where(sql`cognito_sub = ${subject}`)
    expect(user).toMatchObject({ email: 'old@example.com', claimsAt: new Date(first.issuedAtSeconds * 1000) })
  })

  it('with an older token does not bring the old e-mail address back', async () => {
    await register({ ...first, email: 'new@example.com', issuedAtSeconds: first.issuedAtSeconds + 60 })
    expect(accepted(await register(first))).toMatchObject({ email: 'new@example.com' })
  })

  it('answers the same account and tells nobody when nothing is new', async () => {
    const before = accepted(await register(first))
    const after = accepted(await register(first))
    expect(after).toMatchObject({ id: before.id, signInCount: 1 })
    expect(await published()).toHaveLength(1)
  })

  it('picks up the e-mail address of Cognito, tells the others, and keeps the name the user chose', async () => {
    const { id } = accepted(await register(first))
    await database.orm.update(users).set({ firstName: 'Augusta' })
    const token = { email: 'new@example.com', isEmailVerified: true, issuedAtSeconds: first.issuedAtSeconds + 1 }
    const user = accepted(await register({ ...first, ...token, firstName: 'Ignored' }))
    expect(user).toMatchObject({ id, email: 'new@example.com', isEmailVerified: true, firstName: 'Augusta' })
    expect((await published())[1]).toMatchObject({
      type: 'user.updated',
      data: { userId: id, email: 'new@example.com', firstName: 'Augusta' },
    })
  })

  it('counts sign-ins, not tokens', async () => {
    await register(first)
    await register({ ...first, issuedAtSeconds: first.issuedAtSeconds + 300 })
    const signedInAtSeconds = first.signedInAtSeconds + 600
    const user = accepted(await register({ ...first, issuedAtSeconds: signedInAtSeconds, signedInAtSeconds }))
    expect(user).toMatchObject({ signInCount: 2, signedInAt: new Date(signedInAtSeconds * 1000) })
  })
})
