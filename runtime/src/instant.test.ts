import { expect, it } from 'vitest'
import { readableInstant } from './instant.ts'

it('is written in the time of the place, with the name that it has then', () => {
  const write = (instant: string) => readableInstant(new Date(instant), 'Europe/London', 'en-GB')
  expect(write('2026-07-01T19:00:00.000Z')).toMatch(/^Wednesday,? 1 July 2026 at 20:00 BST$/)
  expect(write('2026-10-25T00:30:00.000Z')).toMatch(/at 01:30 BST$/)
  expect(write('2026-10-25T01:30:00.000Z')).toMatch(/at 01:30 GMT$/)
})
