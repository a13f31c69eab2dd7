import type { Identity } from '@tikitu/runtime/identity'
import { anAdmin, aUser, nobody, testService, waitFor, type TestService } from '@tikitu/runtime/testing'
import { SETTINGS } from '@tikitu/schema/settings'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { anAdminOnFile } from '../../test/build.ts'
import { asSuperuser } from '../../test/superuser.ts'
import { adminService } from '../service.ts'
import { auditLog, platformSettings, settingChanges, type AdminRow } from '../tables.ts'

let service: TestService
let boss: { row: AdminRow; identity: Identity }
const key = 'booking.holdMinutes'

beforeAll(async () => {
  service = await testService(adminService({ bootstrap: null }))
  boss = await anAdminOnFile(service.database)
})

beforeEach(() =>
  asSuperuser(
    service.database,
    ...['platform_settings', 'setting_changes', 'outbox', 'audit_log'].map((table) => `delete from ${table}`),
    "update audit_head set sequence = 0, hash = repeat('0', 64)",
  ),
)

const CHANGE = `mutation ($input: ChangeSettingInput!) {
  changeSetting(input: $input) {
    __typename
    ... on Setting { key type value version changedAt history { version value changedBy { id name } } }
    ... on SettingNotFound { key }
    ... on SettingValueInvalid { key expected }
    ... on SettingVersionConflict { version }
  }
}`

const change = (identity: Identity, input: object) =>
  service.graph(identity, CHANGE, { input: { key, value: 15, expectedVersion: 0, ...input } })

async function nothingChanged(): Promise<void> {
  for (const table of [platformSettings, settingChanges, auditLog]) {
    expect(await service.database.orm.$count(table)).toBe(0)
  }
  expect(await service.published()).toEqual([])
}

describe('changeSetting', () => {
  it.each<[string, () => Promise<Identity> | Identity, string]>([
    ['a caller without a token', () => nobody(), 'UNAUTHENTICATED'],
    ['a user', () => aUser(), 'FORBIDDEN'],
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
  ])('is not for %s', async (_, identity, code) => {
    const { errors } = await change(await identity(), {})
    expect(errors).toMatchObject([{ extensions: { code } }])
    await nothingChanged()
  })

  it.each(['no.such.setting', 'toString', '__proto__', "'; drop table platform_settings; --", 'a\0b', ''])(
    'is refused for %j, which is no setting',
    async (unknown) => {
      const { data } = await change(boss.identity, { key: unknown })
      expect(data.changeSetting).toEqual({ __typename: 'SettingNotFound', key: unknown })
      await nothingChanged()
    },
  )

  it.each([0, 61, 1.5, -1, '15', true, null, [15], { value: 15 }, "15'; --", 'x'.repeat(10_000)])(
    'is refused for the value %j',
    async (value) => {
      const { data, errors } = await change(boss.identity, { value })
      // GraphQL itself refuses null where a value is required.
      if (value === null) expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      else
        expect(data.changeSetting).toEqual({
          __typename: 'SettingValueInvalid',
          key,
          expected: 'an integer from 1 to 60',
        })
      await nothingChanged()
    },
  )

  it.each([1, -1, 2_147_483_647])('is refused when version %i is not the one in force', async (expectedVersion) => {
    const { data } = await change(boss.identity, { expectedVersion })
    expect(data.changeSetting).toEqual({ __typename: 'SettingVersionConflict', version: 0 })
    await nothingChanged()
  })

  it('is refused to somebody who saw an older version', async () => {
    await change(boss.identity, {})
    const { data } = await change(boss.identity, { value: 20 })
    expect(data.changeSetting).toEqual({ __typename: 'SettingVersionConflict', version: 1 })
    expect(await service.database.orm.select().from(platformSettings)).toMatchObject([{ value: 15, version: 1 }])
  })

  it('puts the value in force, tells everybody, and keeps what was', async () => {
    await change(boss.identity, {})
    const { data } = await change(boss.identity, { value: 20, expectedVersion: 1 })
    const changedBy = { id: boss.row.id, name: 'Ada' }
    expect(data.changeSetting).toEqual({
      __typename: 'Setting',
      key,
      type: 'INTEGER',
      value: 20,
      version: 2,
      changedAt: expect.any(String),
      history: [
        { version: 2, value: 20, changedBy },
        { version: 1, value: 15, changedBy },
      ],
    })
    expect(await service.published()).toMatchObject([
      { type: 'setting.changed', data: { key, value: 15, version: 1 } },
      { type: 'setting.changed', data: { key, value: 20, version: 2, at: data.changeSetting.changedAt } },
    ])
    expect(await service.database.orm.select().from(auditLog).orderBy(auditLog.sequence)).toMatchObject([
      { action: 'changeSetting', resourceId: key, before: { value: 10, version: 0 }, after: { value: 15, version: 1 } },
      { action: 'changeSetting', resourceId: key, before: { value: 15, version: 1 }, after: { value: 20, version: 2 } },
    ])
    await waitFor('the value to be in force here', () => service.service.settings.get(key) === 20)
  })

  it('forty times at once for one version changes it once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => change(boss.identity, { value: index + 1 })),
    )
    const kinds = answers.map(({ data }) => data.changeSetting.__typename)
    expect(kinds.filter((kind) => kind === 'Setting')).toHaveLength(1)
    expect(kinds.filter((kind) => kind === 'SettingVersionConflict')).toHaveLength(39)
    expect(await service.database.orm.$count(settingChanges)).toBe(1)
    expect(await service.published()).toHaveLength(1)
  })
})

describe('the history of settings', () => {
  it.each(['update setting_changes set value = $$1$$', 'delete from setting_changes', 'truncate setting_changes'])(
    'does not let the service %s',
    async (statement) => {
      await change(boss.identity, {})
      await expect(service.database.pool.query(statement)).rejects.toMatchObject({ code: '42501' })
    },
  )
})

describe('settings', () => {
  it('are listed by key, with what is built in where nobody has changed it', async () => {
    await change(boss.identity, {})
    const query = '{ settings { key description type value version changedAt history { version } } }'
    const { data } = await service.graph(anAdmin('FINANCE'), query)
    const keys = Object.keys(SETTINGS).toSorted()
    expect(data.settings.map((setting: { key: string }) => setting.key)).toEqual(keys)
    const byKey = new Map(data.settings.map((setting: { key: string }) => [setting.key, setting]))
    expect(byKey.get(key)).toMatchObject({ value: 15, version: 1, history: [{ version: 1 }] })
    expect(byKey.get('booking.seatsPerHold')).toEqual({
      key: 'booking.seatsPerHold',
      description: SETTINGS['booking.seatsPerHold'].description,
      type: 'INTEGER',
      value: 10,
      version: 0,
      changedAt: null,
      history: [],
    })
  })
})
