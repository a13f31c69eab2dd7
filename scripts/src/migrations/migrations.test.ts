import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateDrizzleJson } from 'drizzle-kit/api'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../repository.ts'
import { migrationProblems } from './drift.ts'
import { editedMigrations } from './edited.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikitu-migrations-'))
})

afterEach(() => rm(folder, { recursive: true }))

const asMigrated = { seats: pgTable('seats', { id: integer('id').primaryKey(), row: text('row') }) }

/** Migrations whose newest snapshot is of `asMigrated`. */
async function migrations(entries = [{ idx: 0, when: 1, tag: '0000_first' }]): Promise<void> {
  await mkdir(join(folder, 'meta'))
  await writeFile(join(folder, 'meta/_journal.json'), JSON.stringify({ entries }))
  const newest = String(entries.length - 1).padStart(4, '0')
  await writeFile(join(folder, `meta/${newest}_snapshot.json`), JSON.stringify(generateDrizzleJson(asMigrated)))
}

test('tables that were migrated as they are have no problem', async () => {
  await migrations()
  expect(migrationProblems(asMigrated, folder)).toEqual([])
})

test('a column without a migration names its table', async () => {
  await migrations()
  const declared = { seats: pgTable('seats', { id: integer('id').primaryKey(), row: text('row').notNull() }) }
  expect(migrationProblems(declared, folder)).toEqual([
    'tables.ts and the migrations disagree about table public.seats',
  ])
})

test('a new table without a migration is named, and so is one that went', async () => {
  await migrations()
  const declared = { rows: pgTable('rows', { id: integer('id').primaryKey() }) }
  expect(migrationProblems(declared, folder)).toHaveLength(2)
})

test('a migration that Drizzle would skip is named', async () => {
  await migrations([
    { idx: 0, when: 5, tag: '0000_first' },
    { idx: 1, when: 4, tag: '0001_second' },
  ])
  expect(migrationProblems(asMigrated, folder)).toEqual([expect.stringContaining('0001_second')])
})

test('a merged migration that was edited is named, a new one is not', async () => {
  const git = async (...args: string[]) => {
    const { code, output } = await run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: folder,
    })
    expect(code, output).toBe(0)
  }
  await git('init', '--quiet')
  await mkdir(join(folder, 'drizzle/user/meta'), { recursive: true })
  const files = [
    'drizzle/user/0000_first.sql',
    'drizzle/user/meta/0000_snapshot.json',
    'drizzle/user/meta/_journal.json',
  ]
  for (const file of files) await writeFile(join(folder, file), 'merged')
  await git('add', '.')
  await git('commit', '--quiet', '--message=merged')
  expect(await editedMigrations(folder)).toEqual([])

  for (const file of [...files, 'drizzle/user/0001_second.sql']) await writeFile(join(folder, file), 'edited')
  expect(await editedMigrations(folder)).toEqual([
    'drizzle/user/0000_first.sql',
    'drizzle/user/meta/0000_snapshot.json',
  ])
})
