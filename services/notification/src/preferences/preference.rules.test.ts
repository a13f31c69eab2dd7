import { describe, expect, it } from 'vitest'
import { allPreferences, isWanted } from './preference.rules.ts'

describe('what people want to be told', () => {
  it('is everything but marketing, as long as they say nothing', () => {
    const wanted = allPreferences([]).filter(({ enabled }) => enabled)
    expect(new Set(wanted.map(({ category }) => category))).toEqual(new Set(['TRANSACTIONAL', 'REMINDER']))
    expect(wanted).toHaveLength(8)
  })

  it('is what they said', () => {
    const wishes = [{ category: 'REMINDER', channel: 'EMAIL', enabled: false } as const]
    expect(isWanted('REMINDER', 'EMAIL', wishes)).toBe(false)
    expect(isWanted('REMINDER', 'IN_APP', wishes)).toBe(true)
  })

  it('always includes mail about their money and tickets', () => {
    expect(isWanted('TRANSACTIONAL', 'EMAIL', [{ category: 'TRANSACTIONAL', channel: 'EMAIL', enabled: false }])).toBe(
      true,
    )
    expect(allPreferences([]).filter(({ mandatory }) => mandatory)).toEqual([
      { category: 'TRANSACTIONAL', channel: 'EMAIL', enabled: true, mandatory: true },
    ])
  })
})
