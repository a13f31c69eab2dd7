import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDataDir } from './lock.ts'
import { processInfo } from './process-table.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tikitu-lock-test-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const path = () => join(dataDir, 'runner.lock')
const hold = (holder: object) => writeFileSync(path(), JSON.stringify({ portBase: 4000, stopping: false, ...holder }))
const alive = { pid: process.ppid, startedAt: processInfo(process.ppid)?.startedAt }

describe('the lock of a data directory', () => {
  it('is taken, and free again when released', async () => {
    const lock = await lockDataDir(dataDir, 3000)
    expect(lock.leftBehind).toBe(false)
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({ pid: process.pid, portBase: 3000 })
    lock.release()
    expect(readdirSync(dataDir)).toEqual([])
  })

  it('is refused while its holder lives', async () => {
    hold(alive)
    await expect(lockDataDir(dataDir, 3000)).rejects.toThrow(
      `A system is running in ${dataDir} already (process ${process.ppid}, gateway on port 4000).`,
    )
  })

  it.each([
    ['whose holder was killed', { pid: 2 ** 22 - 1, startedAt: '1' }],
    ['whose process id belongs to another program by now', { ...alive, startedAt: 'earlier' }],
  ])('is taken over from one %s', async (_, holder) => {
    hold(holder)
    expect((await lockDataDir(dataDir, 3000)).leftBehind).toBe(true)
    expect(readdirSync(dataDir)).toEqual(['runner.lock'])
  })

  it('is taken over when it cannot be read', async () => {
    writeFileSync(path(), '\0\0\0')
    expect((await lockDataDir(dataDir, 3000)).leftBehind).toBe(true)
  })

  it('is waited for while its holder stops', async () => {
    hold({ ...alive, stopping: true })
    const waiting = lockDataDir(dataDir, 3000)
    rmSync(path())
    expect((await waiting).leftBehind).toBe(false)
  })

  it('goes to one of many who come at once', async () => {
    hold({ pid: 2 ** 22 - 1, startedAt: '1' })
    const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataDir(dataDir, 3000)))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
