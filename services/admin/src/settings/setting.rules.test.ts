import { expect, it } from 'vitest'
import { SETTINGS } from '@tikitu/schema/settings'
import { typeOf } from './setting.rules.ts'

it.each([
  [5, 'INTEGER'],
  [false, 'BOOLEAN'],
  ['text', 'STRING'],
  [{ a: 1 }, 'JSON'],
  [[1], 'JSON'],
])('a setting that begins as %j takes a value of type %s', (initial, type) => {
  expect(typeOf(initial)).toBe(type)
})

it('every setting begins with a value that fits', () => {
  for (const [key, { shape, initial }] of Object.entries(SETTINGS)) {
    expect(shape.safeParse(initial).success, key).toBe(true)
  }
})
