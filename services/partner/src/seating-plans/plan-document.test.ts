import { gzipSync } from 'node:zlib'
import { fc } from '@tikitu/runtime/testing/properties'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { describe, expect, it } from 'vitest'
import { LEVELS_MAX, problemOfJson, VALUES_MAX } from './json-place.rules.ts'
import { DOCUMENT_BYTES_MAX, readDocument } from './plan-document.ts'

const packed = (text: string) => gzipSync(text).toString('base64')
const isJson = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

describe('a text that is not JSON', () => {
  it.each([
    ['', 1, 1],
    ['{"zones": [}', 1, 12],
    ['{\n  "zones": [\n    1,\n  ]\n}', 4, 3],
    ['{"a": 1 "b": 2}', 1, 9],
    ["{'a': 1}", 1, 2],
    ['{"a": tru}', 1, 7],
    ['{"a": "x\ny"}', 1, 7],
    ['[1, 2', 1, 6],
    ['{"a": 1}}', 1, 9],
    ['<xml/>', 1, 1],
    ['[01]', 1, 3],
    ['{"a" 1}', 1, 6],
    ['{1: 2}', 1, 2],
    ['[1]]', 1, 4],
    ['[1}', 1, 3],
    [',', 1, 1],
  ])('%j is refused at line %i, column %i', (text, line, column) => {
    expect(readDocument(text)).toEqual({
      problem: { path: 'plan', message: `is not JSON: see line ${line}, column ${column}` },
    })
    expect(readDocument(packed(text))).toEqual(readDocument(text))
  })

  it('is what JSON.parse does not read, and nothing else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(problemOfJson(text)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
    const damage = [
      '',
      ',',
      '"',
      '}',
      '[',
      'x',
      '\\',
      ':',
      '1',
      '\n',
      '0',
      '-',
      '.',
      'e',
      'E+',
      '\\u00',
      '\t',
      '\u00a0',
      'null',
    ]
    const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...damage))
    fc.assert(
      fc.property(damaged, ([json, place, wrong]) => {
        const at = place % (json.length + 1)
        const text = json.slice(0, at) + wrong + json.slice(at + 1)
        expect(problemOfJson(text) === undefined).toBe(isJson(text))
      }),
      { numRuns: 3_000 },
    )
  })
})

const MILLIONS = 12_000_000

describe('a text of millions of characters', () => {
  it.each([
    ['one string', `"${'x'.repeat(MILLIONS)}"`],
    ['one string of escapes', `"${'\\n'.repeat(MILLIONS)}"`],
    ['one number', '1'.repeat(MILLIONS)],
    ['space', `${' '.repeat(MILLIONS)}1`],
  ])('is read when it is %s', (_, text) => {
    expect(problemOfJson(text)).toBeUndefined()
    expect(problemOfJson(`${text},`)?.place).toEqual({ line: 1, column: text.length + 1 })
  })

  it('is refused at once when it is lists in lists', () => {
    const watch = stopwatch()
    expect(readDocument(packed('['.repeat(MILLIONS)))).toEqual({
      problem: {
        path: 'plan',
        message: `has more than ${LEVELS_MAX} objects and lists in each other: see line 1, column ${LEVELS_MAX + 1}`,
      },
    })
    // It took six seconds, in which nobody else was answered. To unpack it takes some hundredths of one.
    expect(watch.milliseconds()).toBeLessThan(3_000)
    expect(problemOfJson('['.repeat(LEVELS_MAX) + ']'.repeat(LEVELS_MAX))).toBeUndefined()
  })
})

describe('a text of millions of values', () => {
  it('is refused at the first that is too many, before anything is made of them', () => {
    const column = 3 * VALUES_MAX - 1
    expect(readDocument(packed(`[${'[],'.repeat(VALUES_MAX)}1]`))).toEqual({
      problem: { path: 'plan', message: `has more than ${VALUES_MAX} values: see line 1, column ${column}` },
    })
    const list = (values: number) => `[${'1,'.repeat(values - 2)}1]`
    expect(problemOfJson(list(VALUES_MAX))).toBeUndefined()
    expect(problemOfJson(list(VALUES_MAX + 1))?.what).toBe('too many values')
  })

  it('says where it is wrong without keeping its lines', () => {
    expect(problemOfJson(`[1,\n${'\n'.repeat(MILLIONS)}]`)?.place).toEqual({ line: MILLIONS + 2, column: 1 })
  })
})

describe('a packed document', () => {
  it('is what was packed', () => {
    const document = { zones: [], categories: [{ name: 'Zürich 🎟' }] }
    expect(readDocument(packed(JSON.stringify(document)))).toEqual({ document })
    expect(readDocument(JSON.stringify(document))).toEqual({ document })
    expect(readDocument(document)).toEqual({ document })
  })

  it('that is damaged or cut off is refused', () => {
    const whole = packed(JSON.stringify({ zones: Array.from({ length: 100 }, (_, zone) => zone) }))
    const message = 'is not gzip in base64, or not all of it'
    for (const text of [whole.slice(0, 40), `${whole.slice(0, 30)}AAAA${whole.slice(34)}`, 'H4sI', 'H4sIAAAA']) {
      expect(readDocument(text)).toEqual({ problem: { path: 'plan', message } })
    }
  })

  it('with a million seats, or nothing but air, is refused before it is unpacked', () => {
    const seat = '{"seat_guid":"one","seat_number":"1","category":"Main"},'
    for (const text of [`[${seat.repeat(1_000_000)}`, ' '.repeat(DOCUMENT_BYTES_MAX + 1)]) {
      expect(readDocument(packed(text))).toEqual({
        problem: { path: 'plan', message: `has more than ${DOCUMENT_BYTES_MAX} bytes when it is unpacked` },
      })
    }
  })
})
