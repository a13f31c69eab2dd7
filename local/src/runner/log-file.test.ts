import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LOG_BYTES_MAX, openLogFile } from './log-file.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikitu-log-test-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

async function append(text: string): Promise<void> {
  const file = openLogFile(join(directory, 'x.log'))
  file.end(text)
  await once(file, 'close')
}

it('appends to a log file, until it is large at a start; then one older file is kept', async () => {
  await append('first ')
  await append('second')
  expect(readFileSync(join(directory, 'x.log'), 'utf8')).toBe('first second')

  writeFileSync(join(directory, 'x.log.1'), 'oldest')
  writeFileSync(join(directory, 'x.log'), 'x'.repeat(LOG_BYTES_MAX + 1))
  await append('new')
  expect(readdirSync(directory).toSorted()).toEqual(['x.log', 'x.log.1'])
  expect(readFileSync(join(directory, 'x.log'), 'utf8')).toBe('new')
  expect(readFileSync(join(directory, 'x.log.1'), 'utf8')).toHaveLength(LOG_BYTES_MAX + 1)
})
