import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { SpawnedSystem } from '@tikitu/local/spawn-system'
import { ROOT } from '../src/repository.ts'

/** How a run of `pnpm demo` ended. */
export interface DemoRun {
  /** Null when it was killed. */
  exitCode: number | null
  /** Everything it printed, both streams. */
  printed: string
}

/** What is done while the demo runs. */
export interface Disturbance {
  /** Begun as soon as this step has passed, while the next is under way. */
  afterStep: number
  /** Gets the process id of the demo. */
  act: (demo: number) => Promise<void>
}

/**
 * Runs `pnpm demo` against a system, as a process of its own; resolves when it has ended and the disturbance is done.
 * Throws if it never comes to that.
 */
export async function runDemo(system: SpawnedSystem, disturbance?: Disturbance): Promise<DemoRun> {
  const demo = spawn(process.execPath, ['scripts/demo.ts'], {
    cwd: ROOT,
    env: { ...process.env, PORT_BASE: String(system.portBase) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let disturbed: Promise<void> | undefined
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      if (!disturbance || disturbed || !hasPassed(printed, disturbance.afterStep)) return
      disturbed = disturbance.act(demo.pid ?? 0)
    })
  }
  await once(demo, 'close')
  await disturbed
  if (disturbance && !disturbed) throw new Error(`The demo never passed step ${disturbance.afterStep}:\n${printed}`)
  return { exitCode: demo.exitCode, printed }
}

function hasPassed(printed: string, step: number): boolean {
  return new RegExp(String.raw`^✓ +${step} .*\n`, 'm').test(printed)
}
