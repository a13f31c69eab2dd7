import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { REPOSITORY } from '@tikitu/local/settings'
import { expect, test } from 'vitest'

// It takes most of a minute: `SOAK=1` asks for it, and so does whoever measures.
test.runIf(process.env['SOAK'])(
  'the bench of booking runs through, and its audit finds nothing',
  () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(REPOSITORY, 'bench/run.ts'), 'booking', '--quick'],
      { encoding: 'utf8' },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('{"bench":"booking","name":"audit of the inventory: violations","value":0')
  },
  300_000,
)
