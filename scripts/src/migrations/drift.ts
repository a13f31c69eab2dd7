import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { generateDrizzleJson } from 'drizzle-kit/api'
import { z } from 'zod'

const Journal = z.object({ entries: z.array(z.object({ idx: z.number(), when: z.number(), tag: z.string() })) })

/** Of a snapshot only what is compared; drizzle-kit owns the rest. */
const Snapshot = z.object({ tables: z.record(z.string(), z.unknown()), enums: z.record(z.string(), z.unknown()) })

/**
 * What is wrong with the migrations in `folder`, as sentences: empty when the newest one describes exactly `tables`
 * (everything a service's tables.ts exports) and Drizzle will apply them all in order.
 */
export function migrationProblems(tables: Record<string, unknown>, folder: string): string[] {
  const { entries } = Journal.parse(readJson(join(folder, 'meta/_journal.json')))
  const newest = entries.at(-1)
  if (!newest) return ['there is no migration yet']
  const snapshotFile = `meta/${String(newest.idx).padStart(4, '0')}_snapshot.json`
  const migrated = Snapshot.parse(readJson(join(folder, snapshotFile)))
  const declared = Snapshot.parse(JSON.parse(JSON.stringify(generateDrizzleJson(tables))))
  return [
    ...differences(migrated.tables, declared.tables).map(
      (name) => `tables.ts and the migrations disagree about table ${name}`,
    ),
    ...differences(migrated.enums, declared.enums).map(
      (name) => `tables.ts and the migrations disagree about enum ${name}`,
    ),
    ...skipped(entries).map(
      (tag) => `${tag} is dated before the migration in front of it, so Drizzle would never apply it`,
    ),
  ]
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function differences(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].filter((name) => !isDeepStrictEqual(one[name], other[name]))
}

/** Drizzle applies what is newer than the newest applied one, by this date and not by the number in the name. */
function skipped(entries: readonly { when: number; tag: string }[]): string[] {
  return entries.filter(({ when }, index) => when <= (entries[index - 1]?.when ?? -Infinity)).map(({ tag }) => tag)
}
