import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, it } from 'vitest'
import { brokenAtEnd, canonicalJson, CHAIN_START, continues } from './audit.rules.ts'

describe('canonical JSON', () => {
  it('is the same text whatever the order in which an object was written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (members) => {
        const backwards = Object.fromEntries(Object.entries(members).toReversed())
        expect(canonicalJson(backwards)).toBe(canonicalJson(members))
      }),
    )
  })

  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('is exactly this', () => {
    const value = { b: [1, 1e21, -0, 'é"\n'], a: { '2': null, '10': true }, at: new Date('2027-05-01T12:00:00Z') }
    expect(canonicalJson(value)).toBe(
      '{"a":{"10":true,"2":null},"at":"2027-05-01T12:00:00.000Z","b":[1,1e+21,0,"é\\"\\n"]}',
    )
  })

  it('is nothing for what is no JSON', () => {
    expect(() => canonicalJson({ a: undefined })).toThrow('undefined is not JSON')
    expect(() => canonicalJson([() => 1])).toThrow('function is not JSON')
  })
})

describe('the chain', () => {
  const link = (sequence: number, letter = 'a') => ({ sequence, hash: letter.repeat(64) })

  it('goes on with the next number and the right hash only', () => {
    expect(continues(link(1), link(2, 'b'), 'b'.repeat(64))).toBe(true)
    expect(continues(link(1), link(2, 'b'), 'c'.repeat(64))).toBe(false)
    expect(continues(link(1), link(3, 'b'), 'b'.repeat(64))).toBe(false)
    expect(continues(link(1), link(1, 'b'), 'b'.repeat(64))).toBe(false)
  })

  it.each([
    ['is whole when it ends where it should', link(7), link(7), null],
    ['is whole when it is empty', CHAIN_START, CHAIN_START, null],
    ['lacks the first entry that was cut off its end', link(5), link(7), 6],
    ['lacks all of them', CHAIN_START, link(7), 1],
    ['has entries that were added by hand', link(7), link(5), 6],
    ['ends with an entry whose hash was made up', link(7), link(7, 'b'), 7],
    ['has a head that was made up', CHAIN_START, link(0, 'b'), 1],
  ])('%s', (_, walked, head, broken) => {
    expect(brokenAtEnd(walked, head)).toBe(broken)
  })
})
