import { describe, expect, it } from 'vitest'
import { lastingDelay } from './pressure.ts'

describe('the delay that a gateway goes by', () => {
  it('is what was measured', () => {
    const delayOf = lastingDelay()
    expect([delayOf(3, 0), delayOf(300, 1_000), delayOf(2, 2_000)]).toEqual([3, 300, 2])
  })

  it('is none when nothing could be measured for a second, and beyond every bound when for longer', () => {
    const delayOf = lastingDelay()
    expect([delayOf(Infinity, 0), delayOf(Infinity, 900), delayOf(Infinity, 1_001)]).toEqual([0, 0, Infinity])
  })

  it('is none when nothing could be measured now and once before', () => {
    const delayOf = lastingDelay()
    expect([delayOf(Infinity, 0), delayOf(Infinity, 60_000)]).toEqual([0, 0])
  })
})
