import { describe, expect, it } from 'vitest'
import { decideRestart } from './restarts.ts'

describe('a process that ended', () => {
  it('comes back soon after an accident, and later each time it happens again', () => {
    expect([1, 2, 3, 4, 5].map((ends) => decideRestart(Array.from({ length: ends }, (_, index) => index)))).toEqual([
      250, 500, 1000, 2000, 4000,
    ])
  })

  it('does not come back when it ends for the sixth time in a minute', () => {
    expect(decideRestart([0, 10_000, 20_000, 30_000, 40_000, 59_999])).toBe('give up')
    expect(decideRestart([0, 10_000, 20_000, 30_000, 40_000, 60_000])).toBe(4000)
  })

  it('is forgiven what is a minute past', () => {
    expect(decideRestart([0, 1, 2, 3, 4, 100_000])).toBe(250)
  })
})
