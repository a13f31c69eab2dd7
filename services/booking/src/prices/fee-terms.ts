import type { Database, Queryable, Transaction } from '@tikitu/runtime/database'
import { on, type Subscription } from '@tikitu/runtime/events'
import { settingSubscription } from '@tikitu/runtime/settings'
import { SettingChanged } from '@tikitu/schema/events/admin'
import { allFeeTerms, insertFeeTerms, lockFeeTerms, type DatedTerms } from './fee-terms.sql.ts'
import { NO_FEES, type FeeTerms } from './price.rules.ts'

/** Which settings the terms are. */
const SETTING_OF: Readonly<Record<string, keyof FeeTerms>> = {
  'booking.feeBasisPoints': 'feeBasisPoints',
  'booking.feeFixedPerTicket': 'feeFixedPerTicket',
  'booking.taxBasisPoints': 'taxBasisPoints',
}

/**
 * Keeps the copy of the settings, and of those that make prices since when each was in force: a hold costs what it did
 * when it was made, whatever an admin changes before its checkout.
 */
export const settingsWithFees: Subscription = on(SettingChanged, async (tx, change, envelope) => {
  await settingSubscription.handle(tx, envelope)
  const field = SETTING_OF[change.key]
  if (field === undefined || typeof change.value !== 'number') return
  await changeFeeTerms(tx, { [field]: change.value })
})

/** Makes other terms those of the future, but for what stays the same. */
async function changeFeeTerms(tx: Transaction, change: Partial<FeeTerms>): Promise<void> {
  await lockFeeTerms(tx)
  const [newest = NO_FEES] = await allFeeTerms(tx)
  const { feeBasisPoints, feeFixedPerTicket, taxBasisPoints } = { ...newest, ...change }
  await insertFeeTerms(tx, { feeBasisPoints, feeFixedPerTicket, taxBasisPoints })
}

/** The terms for what was held at that instant. */
export function termsAt(all: readonly DatedTerms[], at: Date): FeeTerms {
  return all.find(({ effectiveAt }) => effectiveAt <= at) ?? NO_FEES
}

/**
 * When a hold was made, to the millisecond: its id, a UUID of version 7 that the database gave it, begins with that. So
 * what is shown for it and what is charged at its checkout go by the same instant, and nobody has to look it up.
 */
export function heldAt(holdId: string): Date {
  return new Date(Number.parseInt(holdId.replaceAll('-', '').slice(0, 12), 16))
}

/** The terms of a hold, as the database has them now. */
export async function termsOfHold(db: Queryable, holdId: string): Promise<FeeTerms> {
  return termsAt(await allFeeTerms(db), heldAt(holdId))
}

/** How long the terms in memory are taken for all there are, in milliseconds: less than the notice that new ones have. */
const REMEMBERED_MILLISECONDS = 500

const remembered = new WeakMap<Database, { readonly terms: Promise<DatedTerms[]>; readonly until: number }>()

/** All terms that there were half a second ago, newest first: for showing prices, which happens with every hold. */
export function recentFeeTerms(database: Database): Promise<DatedTerms[]> {
  const known = remembered.get(database)
  if (known && known.until > performance.now()) return known.terms
  const terms = allFeeTerms(database.orm)
  remembered.set(database, { terms, until: performance.now() + REMEMBERED_MILLISECONDS })
  // What could not be read is asked for again, and not taken for an answer.
  terms.catch(() => remembered.delete(database))
  return terms
}
