import { Kind, parseValue } from 'graphql'
import { describe, expect, it } from 'vitest'
import { scalarsOf } from './scalars.ts'

const { DateTime, JSON: anyJson } = scalarsOf('scalar DateTime\nscalar JSON')

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

describe('JSON', () => {
  it('takes whatever JSON can write, in variables and in documents', () => {
    const value = { rooms: [{ size: 1.5, label: null }, true] }
    expect(anyJson?.parseValue(value)).toEqual(value)
    expect(anyJson?.parseLiteral(parseValue('{ rooms: [{ size: 1.5, label: null }, true] }'))).toEqual(value)
    expect(anyJson?.serialize(value)).toEqual(value)
  })

  it('refuses a number that would be null to the next who reads it', () => {
    expect(() => anyJson?.parseValue(JSON.parse('{ "rooms": [{ "size": 1e999 }] }'))).toThrow('1.8e308')
    expect(() => anyJson?.parseLiteral(parseValue('{ rooms: [{ size: -1e999 }] }'))).toThrow('1.8e308')
  })
})
