import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { REPOSITORY } from '@tikitu/local/settings'
import { expect, test } from 'vitest'

// It takes half a minute: `SOAK=1` asks for it, and so does whoever measures.
test.runIf(process.env['SOAK'])(
  'the bench of the saga runs through: whoever paid has tickets, and the audit finds nothing',
  () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(REPOSITORY, 'bench/run.ts'), 'saga', '--rates', '5', '--seconds', '3', '--together', '4'],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    expect(stdout).toContain('{"bench":"saga","name":"5 purchases/s: bookings with tickets","value":15,')
    expect(stdout).toContain('{"bench":"saga","name":"audit of the inventory: violations","value":0')
  },
  300_000,
)
