import type { Json } from '@tikitu/runtime/audit'
import type { Database, Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import type { Identity } from '@tikitu/runtime/identity'
import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import { SettingChanged } from '@tikitu/schema/events/admin'
import { isSettingKey, SETTINGS, type SettingKey } from '@tikitu/schema/settings'
import { actingSuperAdmin } from '../admins/acting.ts'
import { recordDeed } from '../audit/audit-log.ts'
import { changedSetting, changedSettings, insertChange, replaceVersion, type ChangedSetting } from './setting.sql.ts'

/** A setting, and what an admin made of it, if one has. */
export interface Setting {
  readonly key: SettingKey
  readonly changed: ChangedSetting | null
}

/** There is no such setting. */
export type SettingNotFound = Refusal<'SettingNotFound', { key: string }>

/** The value is not of the setting's type, or out of its bounds. */
export type SettingValueInvalid = Refusal<'SettingValueInvalid', { key: string; expected: string }>

/** Somebody else changed the setting first. */
export type SettingVersionConflict = Refusal<'SettingVersionConflict', { version: number }>

/** All settings by key. Does not know who asks. */
export async function listSettings({ orm }: Database): Promise<Setting[]> {
  const changed = new Map((await changedSettings(orm)).map((setting) => [setting.key, setting]))
  return Object.keys(SETTINGS)
    .filter(isSettingKey)
    .toSorted()
    .map((key) => ({ key, changed: changed.get(key) ?? null }))
}

/** One setting; null when there is none of this key. Does not know who asks. */
export async function findSetting({ orm }: Database, key: string): Promise<Setting | null> {
  return isSettingKey(key) ? { key, changed: await changedSetting(orm, key) } : null
}

/** A wish for another value. */
export interface ChangeSetting {
  readonly key: string
  readonly value: unknown
  /** The version that the admin saw and means to replace; 0 is the built-in value. */
  readonly expectedVersion: number
  readonly by: Identity
  readonly at: Date
}

/** Puts a new value of a setting in force here, and by event everywhere. Of two who replace the same version, one is refused. */
export async function changeSetting(
  tx: Transaction,
  { key, value, expectedVersion, by, at }: ChangeSetting,
): Promise<Outcome<Setting, SettingNotFound | SettingValueInvalid | SettingVersionConflict>> {
  const { admin } = await actingSuperAdmin(tx, by)
  if (!isSettingKey(key)) return refuse('SettingNotFound', 'There is no such setting.', { key })
  const { shape, expected, initial } = SETTINGS[key]
  const parsed = shape.safeParse(value)
  if (!parsed.success) return refuse('SettingValueInvalid', `The value must be ${expected}.`, { key, expected })

  const before = await changedSetting(tx, key)
  const next = { key, value: parsed.data, version: expectedVersion + 1, changedAt: at }
  if ((before?.version ?? 0) !== expectedVersion || !(await replaceVersion(tx, next))) {
    const version = (await changedSetting(tx, key))?.version ?? 0
    return refuse('SettingVersionConflict', 'Somebody else changed this setting first.', { version })
  }
  await insertChange(tx, { key, version: next.version, value: next.value, changedBy: admin.id, at })
  await emit(tx, SettingChanged, { key, value: next.value, version: next.version, at: at.toISOString() })
  await recordDeed(tx, by, {
    action: 'changeSetting',
    resource: { type: 'Setting', id: key },
    // What is stored went through the same shape once.
    before: { value: (before?.value ?? initial) as Json, version: expectedVersion },
    after: { value: next.value, version: next.version },
    at,
  })
  return accept({ key, changed: next })
}
