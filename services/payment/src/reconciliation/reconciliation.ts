import { newId } from '@tikitu/runtime/ids'
import { accept } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import type { Outside } from '../providers/outside.ts'
import { providerOf } from '../providers/provider.ts'
import { reportsOf, type Theirs } from './reconciliation.rules.ts'
import { movedOnDay, upsertReconciliation, type Comparable } from './reconciliation.sql.ts'

/** How many payments are read at once. */
const BATCH = 500

/** How many payments one report asks the provider about at most: at the test rate of 25 a second, an hour. */
const PAYMENTS_MAX = 90_000

/** How many calls to a provider are made at once. */
const CONCURRENCY = 5

/**
 * Compares the ledger with the providers, for every payment that had an entry on that day (UTC, `2027-05-01`), and
 * writes a report for each provider and currency. Asks only, so that it may be done again; the later report stands.
 */
export async function reconcileDay(outside: Outside, day: string): Promise<void> {
  const pairs: { readonly ours: Comparable; readonly theirs: Theirs | null }[] = []
  for (let after: string | null = null; pairs.length < PAYMENTS_MAX;) {
    const batch: Comparable[] = await movedOnDay(outside.database.orm, { day, after, limit: BATCH })
    pairs.push(...(await askAbout(outside, batch)))
    after = batch.at(-1)?.paymentId ?? null
    if (batch.length < BATCH) break
  }
  for (const [provider, all] of Map.groupBy(pairs, ({ ours }) => ours.provider)) {
    for (const report of reportsOf(all)) {
      if (report.differences.length > 0)
        outside.log.error({ day, provider, ...report }, 'the ledger and the provider do not agree')
      await transact(outside.database, async (tx, at) => {
        await upsertReconciliation(tx, { id: newId(), day, provider, ...report, at })
        return accept()
      })
    }
  }
}

/** The day before the instant, in UTC. */
export function dayBefore(at: Date): string {
  return new Date(at.getTime() - 86_400_000).toISOString().slice(0, 10)
}

async function askAbout(outside: Outside, batch: readonly Comparable[]) {
  const pairs: { readonly ours: Comparable; readonly theirs: Theirs | null }[] = []
  const waiting = batch.values()
  const worker = async () => {
    for (const ours of waiting) pairs.push({ ours, theirs: await theirsOf(outside, ours) })
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return pairs
}

/** Null when the provider does not answer: what is not known is no difference. */
async function theirsOf(
  { providers, log }: Outside,
  { provider, providerRef, paymentId }: Comparable,
): Promise<Theirs | null> {
  try {
    const { state, amount, currency, refunded } = await providerOf(providers, provider).fetchIntent(providerRef)
    return { captured: state === 'succeeded' ? amount : 0, refunded: refunded ?? null, currency }
  } catch (error) {
    log.warn({ err: error, paymentId }, 'a payment could not be compared with its provider')
    return null
  }
}
