import { expect, test } from 'vitest'
import { isFresh } from './webhook.rules.ts'

const at = new Date('2027-05-01T18:30:00.000Z')
const signed = (secondsAgo: number) => new Date(at.getTime() - secondsAgo * 1_000)

test('a webhook is fresh for five minutes, and not before its time', () => {
  expect([0, 1, 299, 300].map((ago) => isFresh(signed(ago), at))).toEqual([true, true, true, true])
  expect([301, 3_600].map((ago) => isFresh(signed(ago), at))).toEqual([false, false])
  expect([-300, -301].map((ago) => isFresh(signed(ago), at))).toEqual([true, false])
})
