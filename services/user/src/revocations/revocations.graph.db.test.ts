import { randomUUID } from 'node:crypto'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import {
  aMachine,
  anAdmin,
  aService,
  aStranger,
  aUser,
  nobody,
  waitFor,
  type TestService,
} from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { revocationPage, type RevocationPage } from '@tikitu/schema/revocations'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aRegisteredUser } from '../../test/build.ts'
import { startUserService } from '../../test/service.ts'
import type { UserRow } from '../tables.ts'
import { forgetRevocations, signOut, signOutEverywhere } from './revocations.ts'

let service: TestService
let user: UserRow
/** Where the feed was before the test. */
let before: string

beforeAll(async () => {
  service = await startUserService()
})

beforeEach(async () => {
  user = await aRegisteredUser(service.database)
  before = await newest()
})

async function feed(after?: string): Promise<RevocationPage> {
  const { status, body } = await service.get(
    aService(),
    `/internal/revocations${after === undefined ? '' : `?after=${after}`}`,
  )
  expect(status).toBe(200)
  return revocationPage.parse(body)
}

async function newest(): Promise<string> {
  const { rows } = await service.database.pool.query<{ last: string }>(
    'select coalesce(max(place), 0) as last from revocations',
  )
  return rows[0]!.last
}

const news = async () => (await feed(before)).revocations

const SIGN_OUT = 'mutation { signOut { __typename ... on SignedOut { at } ... on SignInUnknown { message } } }'
const SIGN_OUT_EVERYWHERE = 'mutation { signOutEverywhere { ... on SignedOut { at } } }'

describe.each([
  ['signOut', SIGN_OUT],
  ['signOutEverywhere', SIGN_OUT_EVERYWHERE],
])('%s', (_, mutation) => {
  it.each<[string, () => Identity, string]>([
    ['a caller without a token', () => nobody(), 'UNAUTHENTICATED'],
    ['a machine', () => aMachine(newId(), ['tikitu/sales.read']), 'FORBIDDEN'],
    ['a service', () => aService(), 'FORBIDDEN'],
  ])('is not for %s', async (_caller, identity, code) => {
    const { errors } = await service.graph(identity(), mutation)
    expect(errors).toMatchObject([{ extensions: { code } }])
    expect(await news()).toEqual([])
  })
})

describe('signing out', () => {
  it('ends the one sign-in, also of somebody who has not registered', async () => {
    const stranger = aStranger({ signInId: randomUUID() })
    const { data, errors } = await service.graph(stranger, SIGN_OUT)
    expect(errors).toEqual([])
    expect(await news()).toEqual([
      { subject: stranger.subject, signInId: stranger.signInId, signedOutAt: data.signOut.at, isClosed: false },
    ])
  })

  it('is refused with a token that does not say which sign-in it is from', async () => {
    const { data } = await service.graph(aUser(), SIGN_OUT)
    expect(data.signOut).toEqual({ __typename: 'SignInUnknown', message: expect.any(String) })
    expect(await news()).toEqual([])
  })

  it('everywhere ends all sign-ins so far, and a later one says so again', async () => {
    const ada = aUser({ subject: user.cognitoSub })
    await service.graph(ada, SIGN_OUT_EVERYWHERE)
    const { data } = await service.graph(ada, SIGN_OUT_EVERYWHERE)
    expect(await news()).toEqual([
      { subject: ada.subject, signInId: null, signedOutAt: data.signOutEverywhere.at, isClosed: false },
    ])
  })

  it('everywhere never counts for an earlier time than it did', async () => {
    const { subject } = aUser()
    const [early, late] = [new Date('2026-01-01T00:00:00.000Z'), new Date('2026-01-01T00:00:00.001Z')]
    await transact(service.database, (tx) => signOutEverywhere(tx, { subject, at: late }))
    await transact(service.database, (tx) => signOutEverywhere(tx, { subject, at: early }))
    expect(await news()).toMatchObject([{ subject, signedOutAt: late.toISOString() }])
  })
})

describe('an account', () => {
  const change = async (field: 'suspendUser' | 'reinstateUser') => {
    const input = `${field === 'suspendUser' ? 'Suspend' : 'Reinstate'}UserInput!`
    const mutation = `mutation ($input: ${input}) { ${field}(input: $input) { ... on User { status } } }`
    const { errors } = await service.graph(anAdmin('SUPPORT'), mutation, {
      input: { userId: user.id, reason: 'a test' },
    })
    expect(errors).toEqual([])
  }

  it('that is suspended is told to be closed, and one that is opened again to be open', async () => {
    await change('suspendUser')
    const about = { subject: user.cognitoSub, signInId: null, signedOutAt: null }
    expect(await news()).toEqual([{ ...about, isClosed: true }])
    await change('suspendUser')
    await change('reinstateUser')
    expect(await news()).toEqual([{ ...about, isClosed: false }])
  })

  it('that is opened again keeps the sign-ins ended that were', async () => {
    await service.graph(aUser({ subject: user.cognitoSub }), SIGN_OUT_EVERYWHERE)
    const [{ signedOutAt } = {}] = await news()
    await change('suspendUser')
    await change('reinstateUser')
    expect(await news()).toEqual([{ subject: user.cognitoSub, signInId: null, signedOutAt, isClosed: false }])
  })

  it('that is open is nothing to tell those who have heard nothing yet', async () => {
    await change('suspendUser')
    expect((await feed()).revocations).toContainEqual(expect.objectContaining({ subject: user.cognitoSub }))
    await change('reinstateUser')
    expect((await feed()).revocations).not.toContainEqual(expect.objectContaining({ subject: user.cognitoSub }))
  })
})

describe('the feed', () => {
  it.each<[string, () => Identity]>([
    ['a caller without a token', () => nobody()],
    ['a user', () => aUser()],
    ['an admin', () => anAdmin()],
    ['a machine', () => aMachine(newId(), ['tikitu/sales.read'])],
  ])('is not for %s', async (_, identity) => {
    expect((await service.get(identity(), '/internal/revocations')).status).toBe(403)
  })

  it.each(['-1', '1.5', 'x', '1e3', '9'.repeat(16), '', '1&after=2', '%00'])(
    'cannot be asked after %j',
    async (after) => {
      expect((await service.get(aService(), `/internal/revocations?after=${after}`)).status).toBe(400)
    },
  )

  it('tells nothing twice to who asks after what they have heard', async () => {
    await service.graph(aUser(), SIGN_OUT_EVERYWHERE)
    const { cursor } = await feed(before)
    expect(await feed(cursor)).toEqual({ cursor, hasMore: false, revocations: [] })
  })

  it('misses nothing of two who sign out at once, whichever is done first', async () => {
    const [first, second] = [newId(), newId()]
    let isSecondDone = false
    const isSecondWaiting = async () => {
      const { rowCount } = await service.database.pool.query(
        "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
      )
      return rowCount === 1
    }
    let overtaking: Promise<unknown> | undefined
    let heard: RevocationPage | undefined
    await transact(service.database, async (tx, at) => {
      const outcome = await signOutEverywhere(tx, { subject: first, at })
      overtaking = service.graph(aUser({ subject: second }), SIGN_OUT_EVERYWHERE).then(() => (isSecondDone = true))
      await waitFor('the second to come', async () => isSecondDone || (await isSecondWaiting()))
      heard = await feed(before)
      return outcome
    })
    await overtaking
    const rest = await feed(heard!.cursor)
    expect([...heard!.revocations, ...rest.revocations].map(({ subject }) => subject)).toEqual([first, second])
  })

  it('is told in parts when there is much of it', async () => {
    const subject = newId()
    await transact(service.database, async (tx, at) => {
      for (let i = 0; i < 1_001; i += 1) accepted(await signOut(tx, { subject, signInId: String(i), at }))
      return accept()
    })
    const first = await feed(before)
    expect([first.revocations.length, first.hasMore]).toEqual([1_000, true])
    const second = await feed(first.cursor)
    expect([second.revocations.map(({ signInId }) => signInId), second.hasMore]).toEqual([['1000'], false])
  })

  it('forgets sign-outs whose tokens can be refreshed no more, and never that an account is closed', async () => {
    const days = (count: number) => new Date(Date.now() - count * 86_400_000)
    const [old, young] = [newId(), newId()]
    await transact(service.database, (tx) => signOutEverywhere(tx, { subject: old, at: days(31) }))
    await transact(service.database, (tx) => signOutEverywhere(tx, { subject: young, at: days(29) }))
    await service.database.pool.query(
      "insert into revocations (subject, sign_in_id, is_closed, changed_at, place) values ($1, '', true, $2, nextval('revocations_order'))",
      [user.cognitoSub, days(400)],
    )
    await forgetRevocations(service.database, { days: 30, at: new Date() })
    expect((await news()).map(({ subject }) => subject)).toEqual([young, user.cognitoSub])
  })
})
