import type { SettingKey } from '@tikitu/schema/settings'
import type { AdminRow, AuditRow, SettingChangeRow } from './tables.ts'

/** What the resolvers of `Admin` are given. */
export type AdminSource = AdminRow

/** What the resolvers of `AuditEntry` are given. */
export type AuditEntrySource = AuditRow

/** What the resolvers of `Setting` are given: its key, and what an admin made of it, if one has. */
export interface SettingSource {
  readonly key: SettingKey
  readonly changed: { readonly value: unknown; readonly version: number; readonly changedAt: Date } | null
}

/** What the resolvers of `SettingChange` are given. */
export type SettingChangeSource = SettingChangeRow
