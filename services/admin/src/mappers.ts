import type { deadEvents, ServiceEvents } from '@tikitu/schema/event-delivery'
import type { ServiceName } from '@tikitu/schema/services'
import type { SettingKey } from '@tikitu/schema/settings'
import type { z } from 'zod'
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

/** What the resolvers of `EventDelivery` are given; without figures when the service does not answer. */
export interface EventDeliverySource {
  readonly service: ServiceName
  readonly events: ServiceEvents | null
}

/** What the resolvers of `DeadEvent` are given. */
export type DeadEventSource = z.infer<typeof deadEvents>[number] & { readonly service: ServiceName }

/** What the resolvers of `RedrivenEvents` are given. */
export interface RedrivenEventsSource {
  readonly service: ServiceName
  readonly eventIds: readonly string[]
}

/** What the resolvers of `SkippedEvent` are given. */
export interface SkippedEventSource {
  readonly service: ServiceName
  readonly eventId: string
}
