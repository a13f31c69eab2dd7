import { spawnSync } from 'node:child_process'
import type { SpawnedSystem } from '@tikitu/local/spawn-system'
import { SERVICE_NAMES } from '@tikitu/schema/services'

/** Every process of a running demo. A connection of PostgreSQL is one too; when it is killed, the server ends all others. */
export const VICTIMS = [
  'gateway',
  ...SERVICE_NAMES,
  'cognito',
  'mail',
  'postgres',
  'postgres backend',
  'runner',
  'demo',
] as const
/** The name of one. */
export type Victim = (typeof VICTIMS)[number]

/** The process id of a victim. Throws if it does not run. */
export function pidOf(victim: Victim, system: SpawnedSystem, demo: number): number {
  if (victim === 'runner') return system.pid
  if (victim === 'demo') return demo
  const children = system.children()
  const pid = victim === 'postgres backend' ? busyBackend(children.get('postgres')) : children.get(victim)
  if (pid === undefined) throw new Error(`${victim} does not run`)
  return pid
}

/** A connection of the booking service, one that is at work if there is one. PostgreSQL tells both in the process title. */
function busyBackend(postmaster: number | undefined): number | undefined {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const backends = stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+postgres: tikitu_booking booking_db \S+ (.*)$/.exec(line))
    .filter((match) => match !== null && Number(match[2]) === postmaster)
  const busy = backends.find((match) => match?.[3]?.trim() !== 'idle') ?? backends[0]
  return busy ? Number(busy[1]) : undefined
}
