import { processAlive } from '@tikitu/local/process-alive'
import { processesOf, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { signedIn } from '../src/seed/accounts.ts'
import { until } from '../src/wait.ts'
import type { Victim } from './victims.ts'

/** How long the runner may take to bring a process back, in milliseconds: it may have to replay the database's log. */
const BACK_MILLISECONDS = 60_000
/** Services give themselves seconds to finish what they do, and the database writes a checkpoint. */
const ALL_GONE_MILLISECONDS = 45_000

/** Waits until a process that was killed is there again, if it is one that comes back, and the system is ready. */
export async function comesBack(system: SpawnedSystem, victim: Victim, killed: number): Promise<void> {
  await until('the killed process to be gone', async () => !processAlive(killed) || undefined)
  if (victim !== 'demo' && victim !== 'postgres backend') {
    const back = async () => system.children().has(victim) || undefined
    await until(`${victim} to be there again`, back, BACK_MILLISECONDS)
  }
  await isReady(system)
}

/** Waits until the gateway says that everything behind it is ready. */
export async function isReady({ gateway }: SpawnedSystem): Promise<void> {
  await until(
    'the system to be ready',
    async () => {
      try {
        return (await fetch(`${gateway}/readyz`)).ok || undefined
      } catch (error) {
        if (error instanceof TypeError) return undefined
        throw error
      }
    },
    BACK_MILLISECONDS,
  )
}

/** Waits until no process of the system in this directory is left. */
export async function nothingRuns(dataDir: string): Promise<void> {
  await until(
    'everything to be gone',
    async () => processesOf(dataDir).length === 0 || undefined,
    ALL_GONE_MILLISECONDS,
  )
}

/** What must never be and is, counted by the operator; empty in a sound system. */
export async function violations({ gateway, portBase }: SpawnedSystem): Promise<string[]> {
  const operator = await signedIn('operator', gateway, `http://127.0.0.1:${portBase + 11}`)
  const { auditInventory } = await operator<{ auditInventory: { invariant: string; violations: number }[] }>(
    'query Audit { auditInventory { invariant violations } }',
  )
  return auditInventory.flatMap((found) => (found.violations > 0 ? [`${found.violations}: ${found.invariant}`] : []))
}
