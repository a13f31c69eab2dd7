import { anonymous, type Identity } from '@tikitu/runtime/identity'
import type { BenchContext } from '../harness.ts'
import type { Stage } from './stage.ts'

/** Counts, as an admin does, what must never be; after all that was done to the inventory there must be none of it. */
export async function audit({
  stage,
  context,
}: {
  readonly stage: Pick<Stage, 'ask'>
  readonly context: Pick<BenchContext, 'say' | 'figure'>
}): Promise<void> {
  const admin: Identity = {
    ...anonymous('bench'),
    kind: 'user',
    subject: 'admin',
    groups: ['admin'],
    adminRole: 'SUPER_ADMIN',
  }
  const { auditInventory } = await stage.ask(admin, '{ auditInventory { invariant violations } }', {})
  const findings = auditInventory as { invariant: string; violations: number }[]
  const found = findings.filter(({ violations }) => violations > 0)
  for (const { invariant, violations } of found) context.say(`${violations}: ${invariant}`)
  const value = found.reduce((sum, { violations }) => sum + violations, 0)
  context.figure({ name: 'audit of the inventory: violations', value, unit: '', goal: { atMost: 0 } })
}
