import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { platformSettings, settingChanges, type SettingChangeRow } from '../tables.ts'

export type { SettingChangeRow } from '../tables.ts'

/** What an admin made of a setting. */
export type ChangedSetting = typeof platformSettings.$inferSelect

/** All settings that an admin has changed. */
export function changedSettings(db: Queryable): Promise<ChangedSetting[]> {
  return db.select().from(platformSettings)
}

/** What an admin made of the setting; null when nobody has changed it. */
export async function changedSetting(db: Queryable, key: string): Promise<ChangedSetting | null> {
  const [setting] = await db.select().from(platformSettings).where(eq(platformSettings.key, key))
  return setting ?? null
}

/** Puts the next version in force if the one before it is in force now; says whether it did. */
export async function replaceVersion(tx: Transaction, next: ChangedSetting): Promise<boolean> {
  const replaced =
    next.version === 1
      ? await tx.insert(platformSettings).values(next).onConflictDoNothing().returning({ key: platformSettings.key })
      : await tx
          .update(platformSettings)
          .set(next)
          .where(and(eq(platformSettings.key, next.key), eq(platformSettings.version, next.version - 1)))
          .returning({ key: platformSettings.key })
  return replaced.length > 0
}

/** Writes the change into the history. */
export async function insertChange(tx: Transaction, change: SettingChangeRow): Promise<void> {
  await tx.insert(settingChanges).values(change)
}

/** How much of a setting's history is shown. */
const HISTORY_MAX = 100

/** The newest changes of each of these settings, the newest first. */
export async function changesOf(db: Queryable, keys: readonly string[]): Promise<SettingChangeRow[]> {
  const newest = db.$with('newest').as(
    db
      .select({
        key: settingChanges.key,
        version: settingChanges.version,
        value: settingChanges.value,
        changedBy: settingChanges.changedBy,
        at: settingChanges.at,
        place:
          sql<number>`row_number() over (partition by ${settingChanges.key} order by ${settingChanges.version} desc)`.as(
            'place',
          ),
      })
      .from(settingChanges)
      .where(inArray(settingChanges.key, [...keys])),
  )
  return db
    .with(newest)
    .select()
    .from(newest)
    .where(sql`${newest.place} <= ${HISTORY_MAX}`)
    .orderBy(newest.key, desc(newest.version))
}
