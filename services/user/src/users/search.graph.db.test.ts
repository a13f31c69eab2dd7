import { eq } from 'drizzle-orm'
import { newId } from '@tikitu/runtime/ids'
import { anAdmin, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { aRegisteredUser } from '../../test/build.ts'
import { startUserService } from '../../test/service.ts'
import { users } from '../tables.ts'

let service: TestService

beforeAll(async () => {
  service = await startUserService()
  for (const [firstName, lastName, email] of [
    ['Ada', 'Lovelace', 'ada@example.com'],
    ['Grace', 'Hopper', 'grace@navy.example'],
    ['Çelik', 'Ünal', 'celik@example.com'],
    ['100%', 'Sure', 'percent@example.com'],
    ['a_b', 'C\\D', 'underscore@example.com'],
  ] as const) {
    await aRegisteredUser(service.database, { firstName, lastName, email })
  }
})

const USERS = `query ($filter: UserFilter, $first: Int! = 20, $after: String) {
  users(filter: $filter, first: $first, after: $after) { edges { cursor node { email } } pageInfo { hasNextPage endCursor } }
}`

interface Answer {
  edges: { cursor: string; node: { email: string } }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

async function list(variables: Record<string, unknown>): Promise<Answer> {
  const { data, errors } = await service.graph(anAdmin('SUPPORT'), USERS, variables)
  expect(errors).toEqual([])
  return data.users
}

const emails = ({ edges }: Answer) => edges.map(({ node }) => node.email)

describe('searching users', () => {
  it.each<[string, Record<string, unknown>]>([
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['first', { first: -1 }],
    ['after', { after: 'nonsense' }],
    ['after', { after: '' }],
    ['after', { after: Buffer.from('["1"]').toString('base64url') }],
    ['after', { after: Buffer.from(JSON.stringify(['not a date', newId()])).toString('base64url') }],
    ['after', { after: Buffer.from(JSON.stringify([new Date(), "' or 1=1"])).toString('base64url') }],
    ['filter.text', { filter: { text: 'x'.repeat(201) } }],
    ['filter.text', { filter: { text: 'a\0b' } }],
    ['filter.text', { filter: { text: '\ud800' } }],
  ])('says that %s is wrong (%j)', async (field, variables) => {
    const { errors } = await service.graph(anAdmin(), USERS, variables)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field } }])
  })

  it.each([
    ['LOVE', ['ada@example.com']],
    ['grace hop', ['grace@navy.example']],
    ['@navy', ['grace@navy.example']],
    ['ÜNAL', ['celik@example.com']],
    ['0%', ['percent@example.com']],
    ['a_b', ['underscore@example.com']],
    ['c\\d', ['underscore@example.com']],
    ["'; drop table users; --", []],
    ['nobody', []],
  ])('for %j finds %j', async (text, expected) => {
    expect(emails(await list({ filter: { text } }))).toEqual(expected)
  })

  it('without text finds everybody, newest first', async () => {
    const everybody = ['underscore', 'percent', 'celik', 'grace', 'ada'].map((name) => expect.stringContaining(name))
    expect(emails(await list({}))).toEqual(everybody)
    expect(emails(await list({ filter: { text: ' ' } }))).toEqual(everybody)
    expect(emails(await list({ filter: { text: null, status: null } }))).toEqual(everybody)
  })

  it('by status finds those of that status', async () => {
    await service.database.orm.update(users).set({ status: 'SUSPENDED' }).where(eq(users.email, 'GRACE@navy.example'))
    expect(emails(await list({ filter: { status: 'SUSPENDED' } }))).toEqual(['grace@navy.example'])
    expect(emails(await list({ filter: { status: 'ACTIVE', text: 'grace' } }))).toEqual([])
  })

  it('pages through everybody once, even those who registered in the same millisecond', async () => {
    await service.database.orm.update(users).set({ signUpAt: new Date('2027-01-01T00:00:00.123Z') })
    const found: string[] = []
    let after: string | null = null
    do {
      const page: Answer = await list({ first: 2, after })
      found.push(...emails(page))
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after)
    expect(found).toHaveLength(5)
    expect(new Set(found).size).toBe(5)
  })
})
