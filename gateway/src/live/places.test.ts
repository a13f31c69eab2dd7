import { describe, expect, it } from 'vitest'
import { mayConnect } from './origin.ts'
import { openPlaces } from './places.ts'

describe('places', () => {
  it('are counted in all, by address and by caller, and each comes back once', () => {
    const places = openPlaces({ max: 3, perAddressMax: 2, perCallerMax: 1 })
    const first = places.enter({ ip: '10.0.0.1' })
    expect(places.enter({ ip: '10.0.0.1' })).toBeDefined()
    expect(places.enter({ ip: '10.0.0.1' })).toBeUndefined()
    expect(places.enter({ ip: '10.0.0.2' })).toBeDefined()
    expect(places.enter({ ip: '10.0.0.3' })).toBeUndefined()
    first?.()
    first?.()
    expect(places.enter({ ip: '10.0.0.3' })).toBeDefined()
    expect(places.enter({ ip: '10.0.0.4' })).toBeUndefined()

    const ada = places.enterAs('ada')
    expect(places.enterAs('ada')).toBeUndefined()
    expect(places.enterAs('bob')).toBeDefined()
    ada?.()
    expect(places.enterAs('ada')).toBeDefined()
  })

  it('of one caller are not counted for callers without a token', () => {
    const places = openPlaces({ max: 3, perAddressMax: 2, perCallerMax: 1 })
    expect([places.enterAs(''), places.enterAs('')]).toEqual([expect.any(Function), expect.any(Function)])
  })
})

describe('a page may open a socket', () => {
  it.each([
    [{ host: 'api.tikitu.example' }, true],
    [{ host: 'api.tikitu.example', origin: 'https://api.tikitu.example' }, true],
    [{ host: 'api.tikitu.example:3000', origin: 'http://api.tikitu.example:3000' }, true],
    [{ host: 'api.tikitu.example', origin: 'https://shop.example' }, true],
    [{ host: 'api.tikitu.example', origin: 'http://shop.example' }, false],
    [{ host: 'api.tikitu.example', origin: 'https://shop.example.evil.example' }, false],
    [{ host: 'api.tikitu.example', origin: 'https://api.tikitu.example:8443' }, false],
    [{ host: 'api.tikitu.example', origin: 'null' }, false],
    [{ origin: 'https://evil.example' }, false],
  ])('%j: %s', (headers, allowed) => {
    expect(mayConnect(headers, ['https://shop.example'])).toBe(allowed)
  })
})
