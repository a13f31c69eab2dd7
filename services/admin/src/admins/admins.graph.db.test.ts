import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { anAdmin, aUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { anAdminOnFile } from '../../test/build.ts'
import { asSuperuser } from '../../test/superuser.ts'
import { adminService } from '../service.ts'
import { admins, auditLog, type AdminRow } from '../tables.ts'

let service: TestService
let boss: { row: AdminRow; identity: Identity }

beforeAll(async () => {
  service = await testService(adminService({ bootstrap: null }))
})

beforeEach(async () => {
  await asSuperuser(
    service.database,
    'delete from admins',
    'delete from audit_log',
    "update audit_head set sequence = 0, hash = repeat('0', 64)",
  )
  boss = await anAdminOnFile(service.database)
})

const ADMIN = '__typename ... on Admin { id email name role isActive } ... on Refusal { message }'
const ADD = `mutation ($input: AddAdminInput!) { addAdmin(input: $input) { ${ADMIN} ... on AdminExists { adminId } } }`
const CHANGE = `mutation ($input: ChangeAdminRoleInput!) { changeAdminRole(input: $input) { ${ADMIN} ... on AdminNotFound { adminId } } }`
const DEACTIVATE = `mutation ($input: DeactivateAdminInput!) { deactivateAdmin(input: $input) { ${ADMIN} ... on AdminNotFound { adminId } } }`

const person = () => ({ cognitoSub: randomUUID(), email: 'grace@tikitu.example', name: 'Grace', role: 'SUPPORT' })
const stored = () => service.database.orm.select().from(admins).orderBy(admins.id)
const deeds = async () =>
  (await service.database.orm.select().from(auditLog).orderBy(auditLog.sequence)).map(({ action }) => action)

describe.each<[string, string, () => object]>([
  ['addAdmin', ADD, person],
  ['changeAdminRole', CHANGE, () => ({ adminId: boss.row.id, role: 'SUPPORT' })],
  ['deactivateAdmin', DEACTIVATE, () => ({ adminId: boss.row.id })],
])('%s', (_, mutation, input) => {
  it.each<[string, () => Promise<Identity> | Identity, string]>([
    ['a caller without a token', () => nobody(), 'UNAUTHENTICATED'],
    ['a user', () => aUser(), 'FORBIDDEN'],
    ['somebody in the group admin who is no admin', () => aUser({ groups: ['admin'] }), 'FORBIDDEN'],
    [
      'an admin for support',
      async () => (await anAdminOnFile(service.database, { role: 'SUPPORT' })).identity,
      'FORBIDDEN',
    ],
    [
      'an admin for finance',
      async () => (await anAdminOnFile(service.database, { role: 'FINANCE' })).identity,
      'FORBIDDEN',
    ],
    ['a SUPER_ADMIN whom only the gateway remembers', () => anAdmin('SUPER_ADMIN'), 'FORBIDDEN'],
    [
      'a SUPER_ADMIN who was deactivated a moment ago',
      async () => (await anAdminOnFile(service.database, { isActive: false })).identity,
      'FORBIDDEN',
    ],
    [
      'a SUPER_ADMIN who was given another role a moment ago',
      async () => ({
        ...(await anAdminOnFile(service.database, { role: 'SUPPORT' })).identity,
        adminRole: 'SUPER_ADMIN',
      }),
      'FORBIDDEN',
    ],
  ])('is not for %s', async (__, identity, code) => {
    const asker = await identity()
    const before = await stored()
    const { errors } = await service.graph(asker, mutation, { input: input() })
    expect(errors).toMatchObject([{ extensions: { code } }])
    expect(await stored()).toEqual(before)
    expect(await deeds()).toEqual([])
  })
})

describe('addAdmin', () => {
  it.each<[string, unknown]>([
    ['cognitoSub', ''],
    ['cognitoSub', 'a b'],
    ['cognitoSub', 'a\0b'],
    ['cognitoSub', 'x'.repeat(129)],
    ['email', 'nonsense'],
    ['email', "a'; drop table admins; --"],
    ['email', `${'x'.repeat(250)}@example.com`],
    ['name', ''],
    ['name', 'x'.repeat(201)],
    ['name', 'a\0b'],
    ['name', '\ud800'],
  ])('says that %s cannot be %j', async (field, value) => {
    const { errors } = await service.graph(boss.identity, ADD, { input: { ...person(), [field]: value } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: `input.${field}` } }])
    expect(await stored()).toHaveLength(1)
  })

  it('is refused for somebody who is an admin', async () => {
    const input = { ...person(), cognitoSub: boss.row.cognitoSub }
    const { data } = await service.graph(boss.identity, ADD, { input })
    expect(data.addAdmin).toMatchObject({ __typename: 'AdminExists', adminId: boss.row.id })
    expect(await stored()).toEqual([boss.row])
    expect(await deeds()).toEqual([])
  })

  it('makes somebody an admin, with SQL as the name it is, and writes it down', async () => {
    const shown = { email: 'grace@tikitu.example', name: "Robert'); drop table admins; --", role: 'SUPPORT' }
    const { data } = await service.graph(boss.identity, ADD, { input: { ...shown, cognitoSub: "sub';--" } })
    expect(data.addAdmin).toEqual({ __typename: 'Admin', id: expect.any(String), isActive: true, ...shown })
    expect(await service.database.orm.select().from(auditLog)).toMatchObject([
      {
        sequence: 1,
        actorKind: 'USER',
        actorId: boss.identity.userId,
        action: 'addAdmin',
        resourceType: 'Admin',
        resourceId: data.addAdmin.id,
        before: null,
        after: { role: 'SUPPORT', isActive: true },
        requestId: boss.identity.requestId,
        ip: '127.0.0.1',
      },
    ])
  })

  it('of one person forty times at once adds them once', async () => {
    const input = person()
    const answers = await Promise.all(Array.from({ length: 40 }, () => service.graph(boss.identity, ADD, { input })))
    const kinds = answers.map(({ data }) => data.addAdmin.__typename)
    expect(kinds.filter((kind) => kind === 'Admin')).toHaveLength(1)
    expect(kinds.filter((kind) => kind === 'AdminExists')).toHaveLength(39)
    expect(await deeds()).toEqual(['addAdmin'])
  })

  it('makes somebody an admin again who was one, under the same id', async () => {
    const { row } = await anAdminOnFile(service.database, { role: 'FINANCE', isActive: false })
    const { data } = await service.graph(boss.identity, ADD, { input: { ...person(), cognitoSub: row.cognitoSub } })
    expect(data.addAdmin).toMatchObject({ id: row.id, role: 'SUPPORT', isActive: true, name: 'Grace' })
  })
})

describe('changeAdminRole and deactivateAdmin', () => {
  it.each([newId(), "' or true --", 'a\0b', ''])('find nobody called %j', async (adminId) => {
    const changed = await service.graph(boss.identity, CHANGE, { input: { adminId, role: 'SUPPORT' } })
    expect(changed.data.changeAdminRole).toMatchObject({ __typename: 'AdminNotFound', adminId })
    const deactivated = await service.graph(boss.identity, DEACTIVATE, { input: { adminId } })
    expect(deactivated.data.deactivateAdmin).toMatchObject({ __typename: 'AdminNotFound', adminId })
  })

  it('are refused to the last SUPER_ADMIN, whoever else there is', async () => {
    await anAdminOnFile(service.database, { role: 'SUPPORT' })
    await anAdminOnFile(service.database, { isActive: false })
    const adminId = boss.row.id
    const changed = await service.graph(boss.identity, CHANGE, { input: { adminId, role: 'FINANCE' } })
    expect(changed.data.changeAdminRole.__typename).toBe('LastSuperAdmin')
    const deactivated = await service.graph(boss.identity, DEACTIVATE, { input: { adminId } })
    expect(deactivated.data.deactivateAdmin.__typename).toBe('LastSuperAdmin')
    expect(await service.database.orm.select().from(admins).where(eq(admins.id, adminId))).toEqual([boss.row])
    expect(await deeds()).toEqual([])
  })

  it('change an admin once and write it down once', async () => {
    const { row } = await anAdminOnFile(service.database, { role: 'SUPPORT' })
    for (const _ of [1, 2]) {
      const { data } = await service.graph(boss.identity, CHANGE, { input: { adminId: row.id, role: 'FINANCE' } })
      expect(data.changeAdminRole).toMatchObject({ __typename: 'Admin', role: 'FINANCE' })
    }
    for (const _ of [1, 2]) {
      const { data } = await service.graph(boss.identity, DEACTIVATE, { input: { adminId: row.id } })
      expect(data.deactivateAdmin).toMatchObject({ __typename: 'Admin', isActive: false })
    }
    expect(await deeds()).toEqual(['changeAdminRole', 'deactivateAdmin'])
  })

  it('of forty SUPER_ADMINs at once, each by themselves, leave exactly one', async () => {
    const all = [boss, ...(await Promise.all(Array.from({ length: 39 }, () => anAdminOnFile(service.database))))]
    const answers = await Promise.all(
      all.map(({ row, identity }, index) =>
        index % 2 === 0
          ? service.graph(identity, DEACTIVATE, { input: { adminId: row.id } })
          : service.graph(identity, CHANGE, { input: { adminId: row.id, role: 'SUPPORT' } }),
      ),
    )
    const outcomes = answers.map(({ data }) => (data.deactivateAdmin ?? data.changeAdminRole).__typename)
    expect(outcomes.filter((outcome) => outcome === 'Admin')).toHaveLength(39)
    expect(outcomes.filter((outcome) => outcome === 'LastSuperAdmin')).toHaveLength(1)
    const left = (await stored()).filter(({ role, isActive }) => role === 'SUPER_ADMIN' && isActive)
    expect(left).toHaveLength(1)
    expect(await deeds()).toHaveLength(39)
  })

  it('of two who want each other gone leave one', async () => {
    const other = await anAdminOnFile(service.database)
    const answers = await Promise.all([
      service.graph(boss.identity, DEACTIVATE, { input: { adminId: other.row.id } }),
      service.graph(other.identity, DEACTIVATE, { input: { adminId: boss.row.id } }),
    ])
    expect(answers.filter(({ errors }) => errors[0]?.extensions['code'] === 'FORBIDDEN')).toHaveLength(1)
    expect((await stored()).filter(({ isActive }) => isActive)).toHaveLength(1)
  })
})
