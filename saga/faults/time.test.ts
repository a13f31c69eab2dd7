import { waitFor } from '@tikitu/runtime/testing'
import { expect, vi } from 'vitest'
import { faultsOf } from '../test/fault.ts'
import {
  aHolder,
  aTicketHolder,
  becomes,
  begins,
  checksOut,
  confirms,
  moneyOf,
  pays,
  paysAtTheBank,
  runsOut,
  standingOf,
  withoutTimer,
} from '../test/purchase.ts'

const { fault } = faultsOf()

const DAY_MILLISECONDS = 86_400_000

fault(13, async (system) => {
  const purchase = await aHolder(system)
  const paymentId = await pays(system, purchase)
  await runsOut(system, purchase)
  await becomes(system, purchase, 'EXPIRED')
  await waitFor(
    'the attempt to be ended',
    async () => (await moneyOf(system, purchase))?.attempts.includes('CANCELLED') ?? false,
  )
  // The bank lets the buyer through, too late.
  await paysAtTheBank(system, paymentId)
  expect(await moneyOf(system, purchase)).toMatchObject({ taken: 0 })
  expect(await begins(system, purchase)).toMatchObject({ __typename: 'BookingNotPayable' })
})

fault(14, async (system) => {
  const purchase = await aHolder(system)
  const paymentId = await pays(system, purchase)
  await paysAtTheBank(system, paymentId)
  await runsOut(system, purchase)
  await becomes(system, purchase, 'CONFIRMED')
  expect(await standingOf(system, purchase)).toEqual({ status: 'CONFIRMED', late: true, tickets: 2 })
  expect(await moneyOf(system, purchase)).toMatchObject({ taken: purchase.total, returned: 0 })
})

fault(15, async (system) => {
  const purchase = await aHolder(system)
  const paymentId = await pays(system, purchase)
  await paysAtTheBank(system, paymentId)
  system.network.keep('booking.payment_cancel_requested')
  await runsOut(system, purchase)
  await becomes(system, purchase, 'EXPIRED')
  const rival = await aTicketHolder(system, { sale: purchase.sale })
  await system.network.letGo()
  await becomes(system, purchase, 'REFUNDED')
  expect(await standingOf(system, purchase)).toMatchObject({ tickets: 0 })
  expect(await standingOf(system, rival)).toMatchObject({ status: 'CONFIRMED', tickets: 2 })
  await waitFor('the money to be back', async () => (await moneyOf(system, purchase))?.returned === purchase.total)
})

fault(26, async (system) => {
  const now = Date.now()
  for (const skew of [DAY_MILLISECONDS, -DAY_MILLISECONDS]) {
    try {
      // Each step is done by an instance whose clock is wrong by a day, one way and then the other.
      const byAnInstanceOf = (milliseconds: number) => vi.useFakeTimers({ now: now + milliseconds, toFake: ['Date'] })
      const purchase = await aHolder(system)
      byAnInstanceOf(skew)
      expect(await checksOut(system, purchase)).toMatchObject({ status: 'PENDING' })
      byAnInstanceOf(-skew)
      const { id = '' } = await begins(system, purchase)
      byAnInstanceOf(skew)
      expect(await confirms(system, purchase, id)).toMatchObject({ status: 'SUCCEEDED' })
      await becomes(system, purchase, 'CONFIRMED')
      expect(await standingOf(system, purchase)).toEqual({ status: 'CONFIRMED', late: false, tickets: 2 })

      byAnInstanceOf(-skew)
      const other = await aHolder(system)
      const otherId = await pays(system, other)
      await runsOut(system, other)
      byAnInstanceOf(-DAY_MILLISECONDS)
      await becomes(system, other, 'EXPIRED')
      await waitFor(
        'the attempt to be ended',
        async () => (await moneyOf(system, other))?.attempts.includes('CANCELLED') ?? false,
      )
      expect(await confirms(system, other, otherId)).toMatchObject({ __typename: 'PaymentNotOpen' })
    } finally {
      vi.useRealTimers()
    }
  }
})

fault(
  27,
  async (system) => {
    const purchase = await aHolder(system)
    const unpaid = await aHolder(system)
    const paymentId = await pays(system, purchase)
    await pays(system, unpaid)
    await system.booking.stop()
    await confirms(system, purchase, paymentId)
    await runsOut(system, purchase)
    await runsOut(system, unpaid)
    await system.booking.start()
    // Whether the timer or the money is first is luck, and comes to the same: the seats are free.
    await becomes(system, purchase, 'CONFIRMED')
    await becomes(system, unpaid, 'EXPIRED')
    expect(await standingOf(system, purchase)).toMatchObject({ tickets: 2 })
  },
  'the process is down',
)

fault(
  27,
  async (system) => {
    const late = await aHolder(system)
    const paymentId = await pays(system, late)
    const held = await aHolder(system)
    await withoutTimer(system, async () => {
      await runsOut(system, late)
      await runsOut(system, held)
      expect(await checksOut(system, held)).toMatchObject({ __typename: 'HoldExpired' })
      const rival = await aTicketHolder(system, { sale: late.sale })
      await confirms(system, late, paymentId)
      await becomes(system, late, 'REFUNDED')
      expect(await standingOf(system, rival)).toMatchObject({ status: 'CONFIRMED', tickets: 2 })
    })
    await becomes(system, held, 'EXPIRED')
    expect(await standingOf(system, late)).toMatchObject({ tickets: 0 })
  },
  'the timer is late',
)
