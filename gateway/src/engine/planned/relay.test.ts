import { describe, expect, it } from 'vitest'
import { isOnlyData, withExtensions } from './relay.ts'

describe('bytes of nothing but data', () => {
  it.each([
    ['{"data":{"a":1}}', true],
    ['{"data":{"a":{"b":"\\"errors\\":"}}}', true],
    ['{"data":{"a":1},"errors":[{"message":"no"}]}', false],
    ['{"errors":[{"message":"no"}],"data":{"a":1}}', false],
    ['{"data":{"a":1},"extensions":{}}', false],
    ['{"data":{"a":1},"extensions" : {"b":{}}}', false],
    ['{"data":null}', false],
    ['{"data":{"a":1}} ', false],
    ['<html>', false],
    ['', false],
  ])('%s: %s', (text, expected) => {
    expect(isOnlyData(Buffer.from(text))).toBe(expected)
  })

  it('take extensions', () => {
    const text = withExtensions(Buffer.from('{"data":{"a":"é"}}'), '{"cost":1}')
    expect(JSON.parse(text)).toEqual({ data: { a: 'é' }, extensions: { cost: 1 } })
  })
})
