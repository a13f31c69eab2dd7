import { expect, test } from 'vitest'
import { untilAnswered, whileAsking } from './asking.ts'

test('whoever waits for an answer about an attempt waits for all who ask about it, also for those who fail', async () => {
  const [one, other] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  const asking = Promise.allSettled([whileAsking('pi_1', () => one.promise), whileAsking('pi_1', () => other.promise)])
  let isAnswered = false
  const waiting = untilAnswered('pi_1', 10_000).then(() => (isAnswered = true))
  one.reject(new Error('no answer'))
  await untilAnswered('pi_2', 10_000)
  expect(isAnswered).toBe(false)
  other.resolve('taken')
  await waiting
  expect(await asking).toMatchObject([{ status: 'rejected' }, { value: 'taken' }])
})

test('nobody waits longer than they want, nor for what nobody asks about', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const asking = whileAsking('pi_1', () => promise)
  await untilAnswered('pi_1', 5)
  resolve()
  await asking
  await untilAnswered('pi_1', 10_000)
  expect(await whileAsking(null, async () => 'begun')).toBe('begun')
})
