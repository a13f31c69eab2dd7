import { Kind } from 'graphql'
import { describe, expect, it } from 'vitest'
import { scalarsOf } from './scalars.ts'

const { DateTime } = scalarsOf('scalar DateTime\nscalar JSON')

describe('DateTime', () => {
  it('takes instants that can be stored, in variables and in documents', () => {
    const instant = '2027-05-01T18:30:00.000Z'
    expect(DateTime?.parseValue(instant)).toEqual(new Date(instant))
    expect(DateTime?.parseLiteral({ kind: Kind.STRING, value: instant })).toEqual(new Date(instant))
    expect(DateTime?.serialize(new Date(instant))).toBe(instant)
  })

  it('refuses others', () => {
    for (const value of ['0000-01-01T00:00:00.000Z', 'yesterday', '+275760-09-13T00:00:00.000Z', '']) {
      expect(() => DateTime?.parseValue(value), value).toThrow(/\w/)
      expect(() => DateTime?.parseLiteral({ kind: Kind.STRING, value }), value).toThrow(/\w/)
    }
  })

  it('is only made where the SDL declares it', () => {
    expect(Object.keys(scalarsOf('scalar DateTime'))).toEqual(['DateTime'])
  })
})
