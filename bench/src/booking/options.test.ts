import { expect, it } from 'vitest'
import { readOptions } from './options.ts'

it('without options all is measured, and the goals count', async () => {
  const { rounds, seconds, sellOut, oldBookings, clientsMax, isMeant } = await readOptions([])
  expect({ rounds, seconds, sellOut, oldBookings, clientsMax, isMeant }).toEqual({
    rounds: 3,
    seconds: 3,
    sellOut: { small: 20_000, large: 100_000 },
    oldBookings: 1_000_000,
    clientsMax: 1_000,
    isMeant: true,
  })
})

it('--quick measures little, and without goals', async () => {
  const { rounds, seconds, isMeant } = await readOptions(['--quick', '--seconds', '2'])
  expect({ rounds, seconds, isMeant }).toEqual({ rounds: 1, seconds: 2, isMeant: false })
})

it('--only measures some parts of it', async () => {
  expect((await readOptions(['--only', 'sell-out,seat-map'])).only).toEqual(new Set(['sell-out', 'seat-map']))
})

it.each([
  [
    ['--only', 'seats,everything'],
    '--only: expected one or several of seats, admission, sell-out, seat-map, old-bookings, list, separated by commas.',
  ],
  [['--rounds', '0'], '--rounds: expected a whole number from 1 to 100.'],
  [['--seconds', '6'], '--seconds: expected a whole number from 1 to 5.'],
  [['--port-base', '70000'], '--port-base: expected a whole number from 1 to 65515.'],
])('%j is refused', async (args, message) => {
  await expect(readOptions(args)).rejects.toThrow(message)
})
