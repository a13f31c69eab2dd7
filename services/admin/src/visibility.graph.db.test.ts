import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aService,
  aStranger,
  aUser,
  nobody,
  testService,
  type TestService,
} from '@tikitu/runtime/testing'
import { AuditRecorded } from '@tikitu/schema/events/admin'
import { beforeAll, describe, expect, it } from 'vitest'
import { aDeed, anAdminOnFile } from '../test/build.ts'
import { adminService } from './service.ts'
import type { AdminRow } from './tables.ts'

let service: TestService
let ada: { row: AdminRow; identity: Identity }
const deed = aDeed()

beforeAll(async () => {
  service = await testService(adminService({ bootstrap: null }))
  ada = await anAdminOnFile(service.database, { role: 'SUPPORT', email: 'ada@tikitu.example' })
  await service.deliver(AuditRecorded, deed)
})

const OUTSIDERS: [string, () => Identity, string][] = [
  ['a caller without a token', () => nobody(), 'UNAUTHENTICATED'],
  ['somebody who has not registered', () => aStranger(), 'FORBIDDEN'],
  ['a user', () => aUser(), 'FORBIDDEN'],
  ['somebody in the group admin who is no admin', () => aUser({ groups: ['admin'] }), 'FORBIDDEN'],
  ['a partner', () => aPartnerUser(newId()), 'FORBIDDEN'],
  ['a machine', () => aMachine(newId(), ['tikitu/sales.read']), 'FORBIDDEN'],
  ['a service', () => aService(), 'FORBIDDEN'],
  ['somebody whom the gateway could not look up', () => aUser({ incomplete: true }), 'UNAVAILABLE'],
]

const ROLES = ['SUPER_ADMIN', 'SUPPORT', 'FINANCE'] as const

const QUERIES = [
  ['admins', '{ admins { email } }'],
  ['auditLog', '{ auditLog(first: 1) { edges { node { id } } } }'],
  ['verifyAuditLog', '{ verifyAuditLog { intact } }'],
  ['settings', '{ settings { key } }'],
  ['platformCounters', '{ platformCounters { users } }'],
  ['eventDelivery', '{ eventDelivery { service } }'],
] as const

describe.each(QUERIES)('%s', (_, query) => {
  it.each(OUTSIDERS)('is closed to %s', async (__, identity, code) => {
    const { data, errors } = await service.graph(identity(), query)
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code } }])
  })

  it.each(ROLES)('is open to %s', async (role) => {
    const { data, errors } = await service.graph(anAdmin(role), query)
    expect(errors).toEqual([])
    expect(data).not.toBeNull()
  })
})

describe('looking up by reference', () => {
  const query = `query ($representations: [_Any!]!) {
    _entities(representations: $representations) {
      __typename
      ... on Admin { email }
      ... on AuditEntry { action actor { id } }
      ... on Setting { value }
    }
  }`
  const representations = () => [
    { __typename: 'Admin', id: ada.row.id },
    { __typename: 'AuditEntry', id: deed.auditId },
    { __typename: 'Setting', key: 'booking.holdMinutes' },
  ]

  it.each(OUTSIDERS)('finds nothing for %s', async (_, identity) => {
    const { data, errors } = await service.graph(identity(), query, { representations: representations() })
    expect(errors).toEqual([])
    expect(data._entities).toEqual([null, null, null])
  })

  it.each(ROLES)('finds everything for %s', async (role) => {
    const { data } = await service.graph(anAdmin(role), query, { representations: representations() })
    expect(data._entities).toEqual([
      { __typename: 'Admin', email: 'ada@tikitu.example' },
      { __typename: 'AuditEntry', action: 'verifyPartner', actor: { id: deed.actor.id } },
      { __typename: 'Setting', value: 10 },
    ])
  })

  it('finds nothing for ids that nobody has, and for what is no id', async () => {
    const ids = [newId(), "' or true --", 'a\0b', '']
    const wrong = ids.flatMap((id) => [
      { __typename: 'Admin', id },
      { __typename: 'AuditEntry', id },
      { __typename: 'Setting', key: id },
    ])
    const { data, errors } = await service.graph(anAdmin(), query, { representations: wrong })
    expect(errors).toEqual([])
    expect(data._entities).toEqual(wrong.map(() => null))
  })
})

describe('myAdmin', () => {
  it.each(OUTSIDERS)('is nobody to %s', async (_, identity) => {
    const { data, errors } = await service.graph(identity(), '{ myAdmin { id } }')
    expect({ data, errors }).toEqual({ data: { myAdmin: null }, errors: [] })
  })

  it('is nobody to an admin who was deactivated a moment ago', async () => {
    const { identity } = await anAdminOnFile(service.database, { isActive: false })
    const { data } = await service.graph(identity, '{ myAdmin { id } }')
    expect(data).toEqual({ myAdmin: null })
  })

  it('is the caller to an admin', async () => {
    const { data } = await service.graph(ada.identity, '{ myAdmin { id email name role isActive createdAt } }')
    expect(data.myAdmin).toEqual({
      id: ada.row.id,
      email: 'ada@tikitu.example',
      name: 'Ada',
      role: 'SUPPORT',
      isActive: true,
      createdAt: '2027-01-01T00:00:00.000Z',
    })
  })
})

describe('admins', () => {
  it('are listed by name, the deactivated included', async () => {
    await anAdminOnFile(service.database, { name: 'zoe' })
    await anAdminOnFile(service.database, { name: 'Bob', isActive: false })
    const { data } = await service.graph(anAdmin('FINANCE'), '{ admins { name } }')
    const names = data.admins.map(({ name }: { name: string }) => name)
    expect(names).toEqual(['Ada', 'Ada', 'Bob', 'zoe'])
  })
})

describe('who a subject is', () => {
  const ask = (identity: Identity | null, subject: string) =>
    service.get(identity, `/internal/principal?subject=${encodeURIComponent(subject)}`)

  it.each<[string, () => Identity]>([
    ['a caller without a token', () => nobody()],
    ['the subject', () => ada.identity],
    ['a SUPER_ADMIN', () => anAdmin()],
    ['a machine', () => aMachine(newId(), [])],
  ])('is not for %s to ask', async (_, identity) => {
    expect((await ask(identity(), ada.row.cognitoSub)).status).toBe(403)
  })

  it('is not answered without a signed identity', async () => {
    expect((await ask(null, ada.row.cognitoSub)).status).toBe(401)
  })

  it.each(['', 'a\0b', 'x'.repeat(129)])('cannot be asked about %j', async (subject) => {
    expect((await ask(aService(), subject)).status).toBe(400)
  })

  it.each(['nobody', "' or true --"])('is not found for %j', async (subject) => {
    expect((await ask(aService(), subject)).status).toBe(404)
  })

  it('is not found for an admin who was deactivated', async () => {
    const { row } = await anAdminOnFile(service.database, { isActive: false })
    expect((await ask(aService(), row.cognitoSub)).status).toBe(404)
  })

  it('is an admin’s role', async () => {
    expect(await ask(aService(), ada.row.cognitoSub)).toEqual({ status: 200, body: { adminRole: 'SUPPORT' } })
  })
})
