import { aMachine, aStranger, nobody, type TestService } from '@tikitu/runtime/testing'
import { startTestPool, type TestPool } from '@tikitu/runtime/testing/cognito'
import { newId } from '@tikitu/runtime/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startUserService } from '../../test/service.ts'
import { users } from '../tables.ts'

let pool: TestPool
let service: TestService

beforeAll(async () => {
  pool = await startTestPool()
  service = await startUserService(pool.config)
})

afterAll(() => pool.stop())

const REGISTER = `mutation ($idToken: String!) {
  registerUser(input: { idToken: $idToken }) {
    __typename
    ... on User { id email firstName status isEmailVerified preferences { language currency timezone } addresses { id } }
    ... on Refusal { message }
  }
}`

const register = (identity: ReturnType<typeof aStranger>, idToken: string) =>
  service.graph(identity, REGISTER, { idToken })

describe('registerUser', () => {
  it('is not for callers without a token, nor for machines', async () => {
    const idToken = await pool.idToken()
    const anonymous = await register(nobody(), idToken)
    expect(anonymous.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    const machine = await register(aMachine(newId(), ['tikitu/events.read']), idToken)
    expect(machine.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    expect(await service.database.orm.$count(users)).toBe(0)
  })

  it('refuses an id token that is somebody else’s', async () => {
    const { data } = await register(aStranger({ subject: 'me' }), await pool.idToken({ sub: 'you' }))
    expect(data.registerUser.__typename).toBe('IdTokenRejected')
    expect(await service.database.orm.$count(users)).toBe(0)
  })

  it.each<[string, () => Promise<string>]>([
    ['an access token', () => pool.accessToken({ sub: 'me' })],
    ['an expired one', () => pool.idToken({ sub: 'me', exp: 1_000 })],
    ['one of another app client', () => pool.idToken({ sub: 'me', aud: 'other' })],
    [
      'one of another pool',
      () => pool.idToken({ sub: 'me', iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other1' }),
    ],
    ['SQL', () => Promise.resolve("'; drop table users; --")],
    ['a NUL', () => Promise.resolve('a\0b')],
    ['nothing', () => Promise.resolve('')],
    ['something endless', () => Promise.resolve('a'.repeat(1_000_000))],
  ])('refuses %s in place of an id token', async (_, token) => {
    const { data, errors } = await register(aStranger({ subject: 'me' }), await token())
    expect(errors).toEqual([])
    expect(data.registerUser.__typename).toBe('IdTokenRejected')
    expect(await service.database.orm.$count(users)).toBe(0)
  })

  it('cannot be said when Cognito’s keys cannot be had', async () => {
    const gone = await startTestPool()
    const orphan = await startUserService(gone.config)
    const idToken = await gone.idToken({ sub: 'me' })
    await gone.stop()
    const { errors } = await orphan.graph(aStranger({ subject: 'me' }), REGISTER, { idToken })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
  })

  it('makes the account, and shows it whole to a caller whose identity does not know it yet', async () => {
    const idToken = await pool.idToken({ sub: 'me', email: 'me@example.com', given_name: 'Me' })
    const { data } = await register(aStranger({ subject: 'me' }), idToken)
    expect(data.registerUser).toEqual({
      __typename: 'User',
      id: expect.any(String),
      email: 'me@example.com',
      firstName: 'Me',
      status: 'ACTIVE',
      isEmailVerified: true,
      preferences: { language: 'en', currency: 'EUR', timezone: 'UTC' },
      addresses: [],
    })
  })

  it('forty times at once makes one account and one event', async () => {
    const idToken = await pool.idToken({ sub: 'again', email: 'again@example.com' })
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => register(aStranger({ subject: 'again' }), idToken)),
    )
    expect(new Set(answers.map(({ data }) => data.registerUser.id)).size).toBe(1)
    const told = await service.published('user.registered')
    expect(told.filter(({ data }) => data['email'] === 'again@example.com')).toHaveLength(1)
  })

  it('refuses the e-mail address of another account', async () => {
    const { data } = await register(
      aStranger({ subject: 'third' }),
      await pool.idToken({ sub: 'third', email: 'ME@example.com' }),
    )
    expect(data.registerUser.__typename).toBe('EmailTaken')
  })
})
