import type { Database, Transaction } from '@tikitu/runtime/database'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { allPreferences, isMandatory, type Category, type Channel, type Preference } from './preference.rules.ts'
import { saveWish, wishesOf } from './preference.sql.ts'

/** What a person wants, for every category on every channel. */
export async function preferencesOf({ orm }: Database, userId: string): Promise<Preference[]> {
  return allPreferences(await wishesOf(orm, userId))
}

/** Switches a category on a channel on or off for a person; what is mandatory stays on. */
export async function setPreference(
  tx: Transaction,
  wish: { userId: string; category: Category; channel: Channel; enabled: boolean },
) {
  const { category, channel, enabled } = wish
  const mandatory = isMandatory(category, channel)
  if (mandatory && !enabled) {
    return refuse('PreferenceMandatory', 'Mail about your bookings cannot be switched off.', { category, channel })
  }
  await saveWish(tx, wish)
  return accept({ category, channel, enabled, mandatory })
}
