import { waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import { faultsOf } from '../test/fault.ts'
import {
  aHolder,
  aTicketHolder,
  becomes,
  begins,
  chargedFor,
  checksOut,
  confirms,
  moneyOf,
  pays,
  paysAtTheBank,
  runsOut,
  standingOf,
  withoutTimer,
  type Purchase,
} from '../test/purchase.ts'
import { reconcileNow, type System } from '../test/system.ts'
import { arrive, bankPageOf, showsUpAt, webhooksOf } from '../test/webhooks.ts'

const { fault } = faultsOf()

fault(
  13,
  async (system) => {
    const purchase = await aHolder(system)
    const [paymentId, page] = await isSentToTheBank(system, purchase)
    await runsOut(system, purchase)
    await becomes(system, purchase, 'EXPIRED')
    await waitFor(
      'the attempt to be ended',
      async () => (await moneyOf(system, purchase))?.attempts.includes('CANCELLED') ?? false,
    )
    // The bank lets the buyer through, too late.
    await showsUpAt(page)
    await arrive(system, await webhooksOf(system, purchase))
    await reconcileNow(system)
    expect(await moneyOf(system, purchase)).toMatchObject({ taken: 0, attempts: ['CANCELLED'] })
    expect(await chargedFor(system, purchase)).toEqual([])
    expect(await begins(system, purchase)).toMatchObject({ __typename: 'BookingNotPayable' })
    expect(await confirms(system, purchase, paymentId)).toMatchObject({ __typename: 'PaymentNotOpen' })
  },
  'the bank is too late',
)

fault(
  13,
  async (system) => {
    const purchase = await aHolder(system)
    const [, page] = await isSentToTheBank(system, purchase)
    await showsUpAt(page)
    await runsOut(system, purchase)
    await becomes(system, purchase, 'CONFIRMED')
    expect(await standingOf(system, purchase)).toEqual({ status: 'CONFIRMED', late: true, tickets: 2 })
    expect(await chargedFor(system, purchase)).toMatchObject([{ taken: purchase.total, returned: 0 }])
  },
  'the bank was faster, and nobody has told us',
)

fault(
  13,
  async (system) => {
    const purchase = await aHolder(system)
    const [, page] = await isSentToTheBank(system, purchase)
    // Both at once: either may win.
    await Promise.all([showsUpAt(page), runsOut(system, purchase)])
    await arrive(system, await webhooksOf(system, purchase))
    await waitFor('an end', async () => {
      const [{ status, tickets }, money] = [await standingOf(system, purchase), await moneyOf(system, purchase)]
      return money?.taken === 0 ? status === 'EXPIRED' && money.attempts.includes('CANCELLED') : tickets === 2
    })
  },
  'both at once',
)

/** The buyer confirms, and their bank wants to see them; answers with the attempt and the bank's page. */
async function isSentToTheBank(system: System, purchase: Purchase): Promise<readonly [string, string]> {
  const paymentId = await pays(system, purchase)
  const confirmed = await confirms(system, purchase, paymentId, 'tok_3ds_success')
  expect(confirmed).toMatchObject({ status: 'REQUIRES_ACTION' })
  return [paymentId, await bankPageOf(system, purchase)]
}

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
