import { describe, expect, it } from 'vitest'
import { isAnswered } from './answered.ts'

describe('a place', () => {
  const data = { user: { name: null, friends: [{ name: 'Ada' }, null] }, event: null }

  it('is in the answer when every step is', () => {
    expect(isAnswered(data, ['user', 'name'])).toBe(true)
    expect(isAnswered(data, ['user', 'friends', 0, 'name'])).toBe(true)
    expect(isAnswered(data, [])).toBe(true)
  })

  it('counts when the answer ends above it in null', () => {
    expect(isAnswered(data, ['event', 'venue', 'name'])).toBe(true)
    expect(isAnswered(data, ['user', 'friends', 1, 'name'])).toBe(true)
    expect(isAnswered(null, ['user'])).toBe(true)
  })

  it('does not count when it was left out', () => {
    expect(isAnswered(data, ['user', 'phone'])).toBe(false)
    expect(isAnswered(data, ['user', 'friends', 2, 'name'])).toBe(false)
    expect(isAnswered(data, ['user', 'constructor'])).toBe(false)
  })
})
