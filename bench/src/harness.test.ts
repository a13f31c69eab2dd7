import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonLine, reaches, runBench, table, type Figure } from './harness.ts'

const slow: Figure = { name: 'ready, cold', value: 41.23456, unit: 's', goal: { atMost: 40 } }
const fast: Figure = { name: 'holds', value: 900, unit: '1/s', goal: { atLeast: 500 } }
const known: Figure = { name: 'memory, booking', value: 88, unit: 'MB' }

describe('a figure', () => {
  it('reaches its goal at the goal itself, and never when it is no number', () => {
    expect([slow, fast, known].map(reaches)).toEqual([false, true, true])
    expect(reaches({ ...slow, value: 40 })).toBe(true)
    expect(reaches({ ...fast, value: 499.9 })).toBe(false)
    expect(reaches({ ...known, value: NaN })).toBe(false)
  })

  it('is a line of JSON for programs', () => {
    expect(JSON.parse(jsonLine('start', slow))).toEqual({
      bench: 'start',
      name: 'ready, cold',
      value: 41.235,
      unit: 's',
      goal: '<= 40',
      ok: false,
    })
    expect(JSON.parse(jsonLine('start', known))).toMatchObject({ goal: null, ok: true })
  })

  it('is a row of a table for people', () => {
    expect(table([slow, fast, known]).split('\n')).toEqual([
      'ready, cold       41.2  s    <= 40   falls short',
      'holds            900.0  1/s  >= 500',
      'memory, booking   88.0  MB',
    ])
  })
})

describe('a bench', () => {
  it('stops what it started, the last first, also when it fails', async () => {
    const stopped: string[] = []
    const run = runBench(
      {
        title: '',
        run: async ({ cleanUp }) => {
          for (const name of ['first', 'second']) {
            cleanUp(() => {
              stopped.push(name)
            })
          }
          throw new Error('broken')
        },
      },
      () => {},
    )
    await expect(run).rejects.toThrow('broken')
    expect(stopped).toEqual(['second', 'first'])
  })

  it('that measured nothing has failed', async () => {
    await expect(runBench({ title: '', run: async () => {} }, () => {})).rejects.toThrow('measured nothing')
  })

  it.each([[['unknown']], [[]]])('%j is answered by the list of all', (args) => {
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../run.ts'), ...args], {
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(/Usage: pnpm bench <name>\n\n[^]* {2}start {8}From the command/)
  })
})
