import { and, asc, desc, eq, inArray, max, sql } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { templates } from '../tables.ts'
import type { Channel } from '../preferences/preference.rules.ts'

/** One version of a template. */
export type Template = typeof templates.$inferSelect

/** Adds versions that are not there yet. */
export async function insertMissing(db: Queryable, rows: readonly (typeof templates.$inferInsert)[]): Promise<void> {
  await db
    .insert(templates)
    .values([...rows])
    .onConflictDoNothing()
}

/** Adds a version. */
export async function insertTemplate(tx: Transaction, row: typeof templates.$inferInsert): Promise<void> {
  await tx.insert(templates).values(row)
}

/** The newest version of each template of this name on these channels in one of these locales. */
export async function newestByName(
  db: Queryable,
  name: string,
  channels: readonly Channel[],
  locales: readonly string[],
): Promise<Template[]> {
  return db
    .selectDistinctOn([templates.channel, templates.locale])
    .from(templates)
    .where(
      and(eq(templates.name, name), inArray(templates.channel, [...channels]), inArray(templates.locale, [...locales])),
    )
    .orderBy(asc(templates.channel), asc(templates.locale), desc(templates.version))
}

/** The newest version of every template, or of those of one name. */
export async function newestTemplates(db: Queryable, name: string | null): Promise<Template[]> {
  return db
    .selectDistinctOn([templates.name, templates.channel, templates.locale])
    .from(templates)
    .where(name === null ? undefined : eq(templates.name, name))
    .orderBy(asc(templates.name), asc(templates.channel), asc(templates.locale), desc(templates.version))
}

/** Any version of a template on a channel, for what all of them share. */
export async function anyVersion(tx: Transaction, name: string, channel: Channel): Promise<Template | null> {
  const [row] = await tx
    .select()
    .from(templates)
    .where(and(eq(templates.name, name), eq(templates.channel, channel)))
    .limit(1)
  return row ?? null
}

/** Lets one at a time add a version of this template in this locale, until the transaction ends. */
export async function lockVersions(tx: Transaction, name: string, channel: Channel, locale: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${[name, channel, locale].join(' ')}, 1))`)
}

/** The newest version in one locale; 0 when there is none. Ask it under `lockVersions`. */
export async function newestVersion(tx: Transaction, name: string, channel: Channel, locale: string): Promise<number> {
  const [row] = await tx
    .select({ version: max(templates.version) })
    .from(templates)
    .where(and(eq(templates.name, name), eq(templates.channel, channel), eq(templates.locale, locale)))
  return row?.version ?? 0
}

/** One version by its id, or null. */
export async function templateById(db: Queryable, id: string): Promise<Template | null> {
  const [row] = await db.select().from(templates).where(eq(templates.id, id))
  return row ?? null
}
