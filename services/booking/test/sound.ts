import type { Database } from '@tikitu/runtime/database'
import { expect } from 'vitest'
import { inventoryFindings } from '../src/audit/audit.sql.ts'

/** Expects that nothing is sold twice, lost, or counted wrongly; for the end of each test. */
export async function expectSoundInventory(database: Database): Promise<void> {
  const findings = await inventoryFindings(database.orm)
  expect(findings.filter(({ violations }) => violations > 0)).toEqual([])
}

/** What came of a verb, in a word: `Hold`, or the name of the refusal. */
export function nameOf(outcome: { readonly ok: boolean; readonly refusal?: string }): string {
  return outcome.ok ? 'Hold' : (outcome.refusal ?? '')
}

/** How often each outcome came. */
export function tally(
  outcomes: readonly { readonly ok: boolean; readonly refusal?: string }[],
): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(outcomes, nameOf)].map(([name, all]) => [name, all.length]))
}

/** So many at once; 40 callers unless said. */
export function together<Value>(callers: number, call: (caller: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
}
