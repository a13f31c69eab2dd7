import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, it } from 'vitest'
import { Budget } from './budget.ts'

/** A clock that is turned by hand, in milliseconds. */
const clock = () => {
  let at = 1_000_000
  return { now: () => at, turn: (milliseconds: number) => (at += milliseconds) }
}

const ALLOWANCE = { points: 100, pointsPerSecond: 10 }

describe('a budget', () => {
  it('is full at first, and says what is left', () => {
    const budget = new Budget(ALLOWANCE, clock())
    expect(budget.take('ada', 30)).toEqual({ granted: true, available: 70, waitSeconds: 0 })
    expect(budget.take('ada', 70)).toEqual({ granted: true, available: 0, waitSeconds: 0 })
  })

  it('gives nothing when there is not enough, and says how long that lasts', () => {
    const budget = new Budget(ALLOWANCE, clock())
    budget.take('ada', 95)
    expect(budget.take('ada', 25)).toEqual({ granted: false, available: 5, waitSeconds: 2 })
    expect(budget.take('ada', 5)).toMatchObject({ granted: true })
  })

  it('refills by the clock, and not above what it holds', () => {
    const { now, turn } = clock()
    const budget = new Budget(ALLOWANCE, { now })
    budget.take('ada', 100)
    turn(1_500)
    expect(budget.take('ada', 0).available).toBe(15)
    turn(24 * 3_600_000)
    expect(budget.take('ada', 0).available).toBe(100)
  })

  it('is each caller’s own', () => {
    const budget = new Budget(ALLOWANCE, clock())
    budget.take('ada', 100)
    expect(budget.take('bob', 100)).toMatchObject({ granted: true })
    expect(budget.take('ada', 1)).toMatchObject({ granted: false })
  })

  it('forgets of too many callers the one who has spent nothing for longest', () => {
    const budget = new Budget(ALLOWANCE, { callersMax: 2, ...clock() })
    for (const caller of ['ada', 'bob', 'ada', 'cyd']) budget.take(caller, 50)
    expect(budget.size).toBe(2)
    expect(budget.take('ada', 1)).toMatchObject({ granted: false })
    expect(budget.take('bob', 100)).toMatchObject({ granted: true })
  })

  it('remembers as many callers as come, up to its bound', () => {
    const budget = new Budget(ALLOWANCE, { callersMax: 100, ...clock() })
    for (let number = 0; number < 10_000; number += 1) budget.take(`address ${number}`, 1)
    expect(budget.size).toBe(100)
  })

  const steps = fc.array(fc.tuple(fc.nat({ max: 5_000 }), fc.nat({ max: 100 })), { maxLength: 60 })

  it('never gives more than it held and what came back', () => {
    fc.assert(
      fc.property(steps, (wishes) => {
        const { now, turn } = clock()
        const budget = new Budget(ALLOWANCE, { now })
        let spent = 0
        let elapsed = 0
        for (const [milliseconds, points] of wishes) {
          turn(milliseconds)
          elapsed += milliseconds
          const { granted, available } = budget.take('ada', points)
          if (granted) spent += points
          expect(available).toBeGreaterThanOrEqual(0)
          expect(available).toBeLessThanOrEqual(ALLOWANCE.points)
        }
        expect(spent).toBeLessThanOrEqual(ALLOWANCE.points + (elapsed * ALLOWANCE.pointsPerSecond) / 1000 + 1e-3)
      }),
    )
  })

  it('serves everybody who has waited as long as it said', () => {
    fc.assert(
      fc.property(steps, (wishes) => {
        const { now, turn } = clock()
        const budget = new Budget(ALLOWANCE, { now })
        for (const [milliseconds, points] of wishes) {
          turn(milliseconds)
          const { granted, waitSeconds } = budget.take('ada', points)
          if (granted) continue
          turn(waitSeconds * 1000)
          expect(budget.take('ada', points)).toMatchObject({ granted: true })
        }
      }),
    )
  })
})
