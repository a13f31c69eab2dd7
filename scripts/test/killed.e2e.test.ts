import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { processesOf, startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { comesBack, isReady, nothingRuns, violations } from './aftermath.ts'
import { comesToRest } from './at-rest.ts'
import { filledDataDir } from './data-dir.ts'
import { runDemo } from './demo-process.ts'
import { pidOf, VICTIMS, type Victim } from './victims.ts'

/** After which step of the demo the process dies, that is, during what. */
const MOMENTS = [
  { step: 5, during: 'the checkout' },
  { step: 7, during: 'the payment' },
  { step: 8, during: 'the confirmation' },
  { step: 16, during: 'the refund' },
] as const

/** One kill, for the table at the end. Times in seconds; no time to heal where the system was stopped at once. */
interface Row {
  victim: Victim
  during: string
  'demo ended with': number | string
  'ready by itself': string
  stopped: string
  'started again': string
}

// Every process at every moment takes half an hour: `SOAK=1` asks for it. CI kills a few, in system.e2e.test.ts.
describe.runIf(process.env['SOAK'])('kill -9 in the middle of the demo leaves what a restart makes whole', () => {
  const rows: Row[] = []
  let dataDir: string
  let system: SpawnedSystem

  afterAll(() => console.table(rows))
  beforeEach(async () => {
    dataDir = await filledDataDir()
    system = await startSystem(dataDir)
  })
  afterEach(async ({ task }) => {
    await system.stop()
    if (task.result?.state === 'pass') rmSync(dataDir, { recursive: true, force: true })
    else console.log(`The data of the failed one is kept in ${dataDir}`)
  })

  it.each(VICTIMS)('%s', { timeout: 15 * 60_000 }, async (victim) => {
    for (const [index, { step, during }] of MOMENTS.entries()) {
      // In turns, because to stop a system that is just picking itself up is another thing than to stop a sound one.
      const heals = index % 2 === 0 && victim !== 'runner'
      let healedIn = '–'
      let stopped = ''
      const { exitCode } = await runDemo(system, {
        afterStep: step,
        act: async (demo) => {
          const pid = pidOf(victim, system, demo)
          const killedAt = performance.now()
          process.kill(pid, 'SIGKILL')
          if (!heals) return void (stopped = await stop())
          await comesBack(system, victim, pid)
          healedIn = secondsSince(killedAt)
        },
      })
      if (heals) {
        await demoPasses(`after ${victim} came back`)
        stopped = await stop()
      }
      // A runner that was killed waits for nobody: at every second moment the next one finds them still there.
      if (victim !== 'runner') expect(namesOf(processesOf(dataDir)), 'orphans').toEqual([])
      else if (index % 2 === 0) await nothingRuns(dataDir)

      system = await startSystem(dataDir, { portBase: system.portBase })
      await isReady(system)
      await demoPasses('once')
      await demoPasses('twice')
      expect(await violations(system)).toEqual([])
      rows.push({
        victim,
        during,
        'demo ended with': exitCode ?? 'SIGKILL',
        'ready by itself': healedIn,
        stopped,
        'started again': system.secondsToReady.toFixed(1),
      })
      console.log(Object.values(rows.at(-1) ?? {}).join(' | '))
    }
    await comesToRest(dataDir)
    await system.stop()
    expect(namesOf(processesOf(dataDir)), 'orphans').toEqual([])
  })

  async function stop(): Promise<string> {
    const begun = performance.now()
    await system.stop()
    return secondsSince(begun)
  }

  async function demoPasses(when: string): Promise<void> {
    const { exitCode, printed } = await runDemo(system)
    expect(exitCode, `${when}:\n${printed}`).toBe(0)
  }
})

function namesOf(pids: readonly number[]): string[] {
  return pids.map((pid) => spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim())
}

function secondsSince(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1)
}
