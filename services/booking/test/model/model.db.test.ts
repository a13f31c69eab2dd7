import type { Database } from '@tikitu/runtime/database'
import { testDatabase } from '@tikitu/runtime/testing'
import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, test } from 'vitest'
import { expectAgreement } from './agreement.ts'
import { ExpectedSale } from './expected.ts'
import { FAULTS } from './faults.ts'
import { STEPS, type Dice, type StepName } from './steps.ts'
import { System } from './system.ts'

const SOAK = Boolean(process.env['SOAK'])
/** Stories that are told, and those in which a planted fault must come to light. */
const RUNS = SOAK ? 500 : 12
const FAULT_RUNS = SOAK ? 400 : 60
const STEPS_MAX = 40

const NAMES = Object.keys(STEPS) as StepName[]
const USUAL: readonly StepName[] = ['hold seats', 'hold the best', 'hold units', 'check out', 'check out', 'pay', 'pay']

const dice = fc.record({ who: fc.nat(11), what: fc.nat(59), many: fc.nat(59) })
const step = fc.record({ name: fc.constantFrom(...NAMES, ...USUAL), dice })

/** So that most stories have tickets in them. */
const purchase = dice.map((first) =>
  (['hold seats', 'check out', 'pay'] as const).map((name) => ({ name, dice: { ...first, many: 1 } })),
)

const stories = fc
  .tuple(purchase, fc.array(step, { minLength: 10, maxLength: STEPS_MAX, size: 'max' }))
  .map(([beginning, rest]) => [...beginning, ...rest])

/** Tells a story at an event of its own, and expects after each step that the system is as it must be. */
async function tell(database: Database, story: readonly { name: StepName; dice: Dice }[]): Promise<void> {
  const system = await System.open(database)
  const sale = new ExpectedSale()
  for (const { name, dice } of story) {
    await STEPS[name](system, sale, dice)
    await expectAgreement(system, sale)
  }
}

test(
  'whatever buyers do in whatever order, the system agrees with a list of what must be',
  async () => {
    const { database } = await testDatabase('booking')
    await fc.assert(
      fc.asyncProperty(stories, (story) => tell(database, story)),
      { numRuns: RUNS, endOnFailure: !SOAK },
    )
  },
  SOAK ? 3_600_000 : 120_000,
)

describe('a planted fault comes to light', () => {
  test.each(Object.entries(FAULTS))(
    '%s',
    async (_, fault) => {
      const { database } = await testDatabase('booking')
      await database.pool.query(fault)
      const { failed, errorInstance } = await fc.check(
        fc.asyncProperty(stories, (story) => tell(database, story)),
        { numRuns: FAULT_RUNS, endOnFailure: true },
      )
      expect(failed).toBe(true)
      // Not the database that would not have it, but somebody who saw it.
      expect(errorInstance).toMatchObject({ name: 'AssertionError' })
    },
    SOAK ? 600_000 : 60_000,
  )
})
