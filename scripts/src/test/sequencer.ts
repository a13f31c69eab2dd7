import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What waits more than it computes: the whole system, and a broker that is killed. */
const WAITING = new Set(['e2e', 'rabbitmq'])

/**
 * Vitest's order of files, with those that wait for other processes spread over the first three quarters of the rest: two
 * of them at once would wait for the same cores, and one at the end would leave a core with nothing to do.
 */
export class SpreadSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort.call(this, files)
    return spread(
      sorted.filter(({ project }) => WAITING.has(project.name)),
      sorted.filter(({ project }) => !WAITING.has(project.name)),
    )
  }
}

/** Each of the few, in their order, before one of the many, at even distances, the first of all at the front. */
export function spread<Item>(few: readonly Item[], many: readonly Item[]): Item[] {
  const distance = Math.max(1, Math.floor((many.length * 0.75) / Math.max(1, few.length)))
  const mixed = many.flatMap((item, index) => {
    const next = index % distance === 0 ? few[index / distance] : undefined
    return next === undefined ? [item] : [next, item]
  })
  const placed = Math.ceil(many.length / distance)
  return [...mixed, ...few.slice(placed)]
}
