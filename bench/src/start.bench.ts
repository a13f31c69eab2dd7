import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench, BenchContext } from './harness.ts'
import { memoryOf } from './memory.ts'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'

/** How often the warm start is measured; the middle one counts. */
const WARM_STARTS = 3

/** `pnpm bench start` */
export const bench: Bench = {
  title: 'From the command to a system that can be used, and what it holds in memory. Installing is not counted.',

  async run(context) {
    const dataDir = mkdtempSync(join(tmpdir(), 'tikitu-bench-start-'))
    context.cleanUp(() => rmSync(dataDir, { recursive: true, force: true }))

    const cold = await measure('cold, with demo data', dataDir, context)
    await cold.stop()
    context.figure({ name: 'ready, cold', value: cold.secondsToReady, unit: 's', goal: { atMost: 40 } })

    const warm: number[] = []
    for (let round = 1; round <= WARM_STARTS; round += 1) {
      const system = await measure(`warm, ${round} of ${WARM_STARTS}`, dataDir, context)
      warm.push(system.secondsToReady)
      if (round === WARM_STARTS) {
        for (const { name, megabytes } of memoryOf(system.pid)) {
          context.figure({ name: `memory, ${name}`, value: megabytes, unit: 'MB' })
        }
      }
      await system.stop()
    }
    context.figure({ name: 'ready, warm', value: median(warm), unit: 's', goal: { atMost: 8 } })
  },
}

async function measure(what: string, dataDir: string, { say, cleanUp }: BenchContext): Promise<SpawnedSystem> {
  const system = await startSystem(dataDir)
  cleanUp(() => system.stop())
  say(`${what}: ${system.secondsToReady.toFixed(2)} s`)
  return system
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN
}
