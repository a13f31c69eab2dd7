import { eq, sql } from 'drizzle-orm'
import { newId } from '@tikitu/runtime/ids'
import { IDENTITY_HEADER, signIdentity, type Identity } from '@tikitu/runtime/identity'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aService,
  aUser,
  nobody,
  TEST_IDENTITY_SECRET,
  waitFor,
  type TestService,
} from '@tikitu/runtime/testing'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aRegisteredUser, claimsOf } from '../../test/build.ts'
import { startUserService } from '../../test/service.ts'
import { users, type UserRow } from '../tables.ts'

let service: TestService
let user: UserRow

beforeAll(async () => {
  service = await startUserService()
})

beforeEach(async () => {
  user = await aRegisteredUser(service.database)
})

const ask = (identity: Identity, subject: string, more = '') =>
  service.get(identity, `/internal/principal?subject=${encodeURIComponent(subject)}${more}`)

const stored = async () => {
  const [row] = await service.database.orm.select().from(users).where(eq(users.id, user.id))
  return row!
}

/** As if so many seconds had passed. */
const age = (seconds: number) =>
  service.database.orm
    .update(users)
    .set({ lastSeenAt: sql`now() - make_interval(secs => ${seconds})` })
    .where(eq(users.id, user.id))

describe('who a subject is', () => {
  it.each<[string, () => Identity]>([
    ['a caller without a token', () => nobody()],
    ['the subject', () => aUser({ userId: user.id, subject: user.cognitoSub })],
    ['an admin', () => anAdmin()],
    ['a partner', () => aPartnerUser(newId())],
    ['a machine', () => aMachine(newId(), ['tikitu/sales.read'])],
  ])('is not for %s to ask', async (_, identity) => {
    expect((await ask(identity(), user.cognitoSub)).status).toBe(403)
  })

  it.each(['', 'a\0b', 'x'.repeat(129)])('cannot be asked about %j', async (subject) => {
    expect((await ask(aService(), subject)).status).toBe(400)
  })

  it('cannot be asked about two subjects, nor with a sign-in that is no instant', async () => {
    expect((await ask(aService(), user.cognitoSub, '&subject=other')).status).toBe(400)
    expect((await ask(aService(), user.cognitoSub, '&signedInAt=yesterday')).status).toBe(400)
  })

  it.each(['nobody', "' or 1=1 --", '%'])('is not found for %j', async (subject) => {
    expect(await ask(aService(), subject)).toMatchObject({
      status: 404,
      body: { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
    })
  })

  it.each(['ACTIVE', 'SUSPENDED', 'ERASED'] as const)('is said of an account that is %s', async (status) => {
    await service.database.orm.update(users).set({ status }).where(eq(users.id, user.id))
    expect(await ask(aService(), user.cognitoSub)).toEqual({ status: 200, body: { userId: user.id, status } })
  })
})

describe('asking who a subject is', () => {
  it('says when they were last here, to the minute', async () => {
    await age(30)
    const before = await stored()
    await ask(aService(), user.cognitoSub)
    expect(await stored()).toEqual(before)

    await age(61)
    await ask(aService(), user.cognitoSub)
    await waitFor('the user to be seen', async () => (await stored()).lastSeenAt > before.lastSeenAt)
    expect(await stored()).toMatchObject({ signInCount: 1 })
  })

  it('counts each sign-in once, however many ask at once', async () => {
    const first = claimsOf().signedInAtSeconds * 1000
    const signedIn = (milliseconds: number) => `&signedInAt=${new Date(first + milliseconds).toISOString()}`
    await Promise.all(Array.from({ length: 40 }, () => ask(aService(), user.cognitoSub, signedIn(5_000))))
    await waitFor('the sign-in to be counted', async () => (await stored()).signInCount === 2)
    await ask(aService(), user.cognitoSub, signedIn(0))
    await ask(aService(), user.cognitoSub, signedIn(9_000))
    await waitFor('the next sign-in to be counted', async () => (await stored()).signInCount === 3)
    expect((await stored()).signedInAt).toEqual(new Date(first + 9_000))
  })

  it('is answered while the row is locked, and written down afterwards', async () => {
    await age(120)
    const before = await stored()
    await service.database.orm.transaction(async (tx) => {
      await tx.select().from(users).where(eq(users.id, user.id)).for('update')
      expect((await ask(aService(), user.cognitoSub)).status).toBe(200)
    })
    await waitFor('the user to be seen', async () => (await stored()).lastSeenAt > before.lastSeenAt)
  })
})

describe('asking about many', () => {
  const askAll = async (identity: Identity, payload: object) => {
    const { statusCode, body } = await service.service.app.inject({
      method: 'POST',
      url: '/internal/principals',
      headers: { [IDENTITY_HEADER]: signIdentity(identity, TEST_IDENTITY_SECRET) },
      payload,
    })
    return { status: statusCode, body: JSON.parse(body) as unknown }
  }

  it('is for services, and for so many', async () => {
    const questions = [{ subject: user.cognitoSub }]
    expect((await askAll(aUser({ userId: user.id, subject: user.cognitoSub }), { questions })).status).toBe(403)
    expect((await askAll(aService(), {})).status).toBe(400)
    expect((await askAll(aService(), { questions: [{ subject: '' }] })).status).toBe(400)
    const tooMany = Array.from({ length: 201 }, () => ({ subject: user.cognitoSub }))
    expect((await askAll(aService(), { questions: tooMany })).status).toBe(400)
  })

  it('is answered in the order of the questions, with null for strangers', async () => {
    const other = await aRegisteredUser(service.database)
    await service.database.orm.update(users).set({ status: 'SUSPENDED' }).where(eq(users.id, other.id))
    const questions = [other.cognitoSub, 'nobody', user.cognitoSub, other.cognitoSub].map((subject) => ({ subject }))
    const suspended = { userId: other.id, status: 'SUSPENDED' }
    expect(await askAll(aService(), { questions })).toEqual({
      status: 200,
      body: { principals: [suspended, null, { userId: user.id, status: 'ACTIVE' }, suspended] },
    })
  })

  it('counts the sign-in of each once', async () => {
    const other = await aRegisteredUser(service.database)
    const signedInAt = new Date(claimsOf().signedInAtSeconds * 1000 + 5_000).toISOString()
    const questions = [user, other, user].map(({ cognitoSub: subject }) => ({ subject, signedInAt }))
    await askAll(aService(), { questions })
    await askAll(aService(), { questions })
    await waitFor('the sign-in to be counted', async () => (await stored()).signInCount === 2)
    await askAll(aService(), { questions: [{ subject: user.cognitoSub }] })
    expect(await stored()).toMatchObject({ signInCount: 2, signedInAt: new Date(signedInAt) })
  })
})
