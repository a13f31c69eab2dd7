import { eq, sql } from 'drizzle-orm'
import { integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { SettingChanged } from '@tikitu/schema/events/admin'
import { isSettingKey, SETTINGS, type SettingKey, type SettingValue } from '@tikitu/schema/settings'
import type { Database, Queryable } from './database.ts'
import { on, type Subscription } from './events/index.ts'
import type { Logger } from './log.ts'

/** A service's copy of the settings that an admin has changed; what is not here has its initial value. */
export const platformSettings = pgTable('platform_settings', {
  key: text('key').primaryKey(),
  value: jsonb('value').notNull(),
  version: integer('version').notNull(),
  changedAt: timestamp('changed_at', { withTimezone: true }).notNull(),
})

/** The settings in force. */
export interface Settings {
  /** The value in force; at most a second old. */
  get<Key extends SettingKey>(key: Key): SettingValue<Key>
}

/** Keeps the copy in step with admin; a late event never overwrites a newer value. */
export const settingSubscription: Subscription = on(SettingChanged, async (tx, { key, value, version, at }) => {
  await tx
    .insert(platformSettings)
    .values({ key, value, version, changedAt: new Date(at) })
    .onConflictDoUpdate({
      target: platformSettings.key,
      set: { value, version, changedAt: new Date(at) },
      setWhere: sql`${platformSettings.version} < ${version}`,
    })
})

/** How often the copy in memory is read again, in milliseconds: any instance may have handled the event. */
const REFRESH_MILLISECONDS = 500

/** The initial values, for what has none of its own database. */
export const initialSettings: Settings = { get: (key) => SETTINGS[key].initial }

/** Reads the settings and keeps them fresh until `stop`. A value that no longer fits its shape is logged and not used. */
export async function watchSettings(database: Database, log: Logger): Promise<Settings & { stop(): void }> {
  let values = await readAll(database, log)
  const timer = setInterval(() => {
    readAll(database, log).then(
      (fresh) => (values = fresh),
      (error: unknown) => log.warn({ err: error }, 'settings could not be read; the last known ones stay in force'),
    )
  }, REFRESH_MILLISECONDS)
  timer.unref()
  return {
    get: (key) => values.get(key) ?? SETTINGS[key].initial,
    stop: () => clearInterval(timer),
  }
}

/** The value that this transaction sees, for what decides within one and is not given the settings in memory. */
export async function readSetting<Key extends SettingKey>(db: Queryable, key: Key): Promise<SettingValue<Key>> {
  const [row] = await db
    .select({ value: platformSettings.value })
    .from(platformSettings)
    .where(eq(platformSettings.key, key))
  const parsed = SETTINGS[key].shape.safeParse(row?.value)
  return parsed.success ? parsed.data : SETTINGS[key].initial
}

async function readAll(database: Database, log: Logger): Promise<Map<SettingKey, number>> {
  const rows = await database.orm
    .select({ key: platformSettings.key, value: platformSettings.value })
    .from(platformSettings)
  const values = new Map<SettingKey, number>()
  for (const { key, value } of rows) {
    if (!isSettingKey(key)) continue
    const parsed = SETTINGS[key].shape.safeParse(value)
    if (parsed.success) values.set(key, parsed.data)
    else log.error({ key }, 'a setting has a value that does not fit its shape; its initial value is used')
  }
  return values
}
