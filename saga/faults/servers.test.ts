import { newId } from '@tikitu/runtime/ids'
import { waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import { faultsOf } from '../test/fault.ts'
import { OwnServer } from '../test/own-server.ts'
import {
  aHolder,
  aTicketHolder,
  becomes,
  cancels,
  checksOut,
  confirms,
  insists,
  moneyOf,
  pays,
  standingOf,
  triesToPay,
  type Purchase,
} from '../test/purchase.ts'
import { tellForgotten } from '../test/restore.ts'
import { reconcileNow, type System } from '../test/system.ts'

const [booking, payment] = await Promise.all([OwnServer.start('booking'), OwnServer.start('payment')])
const servers = { booking, payment }
const { fault } = faultsOf({ databaseOf: async (service) => servers[service].made })

for (const how of process.env['SOAK'] ? (['SIGKILL', 'SIGINT'] as const) : (['SIGKILL'] as const)) {
  fault(
    28,
    async (system) => {
      const purchases = await Promise.all([0, 1, 2, 3].map(() => aHolder(system)))
      const buying = purchases.map(async (purchase) => {
        const [checkout, start] = [newId(), newId()]
        await insists(() => checksOut(system, purchase, checkout))
        const id = await insists(() => triesToPay(system, purchase, start))
        await insists(() => confirms(system, purchase, id))
      })
      for (const server of [servers.payment, servers.booking]) {
        await waitFor('a buyer to begin', async () => (await begun(system)) > 0)
        await server.restart(how)
      }
      await Promise.all(buying)
      for (const purchase of purchases) await becomes(system, purchase, 'CONFIRMED')
    },
    `Postgres, by ${how}`,
  )
}

fault(
  29,
  async (system) => {
    const { booking } = system
    const paid = await aHolder(system, { seatNos: [0, 1] })
    const { sale } = paid
    const paidId = await pays(system, paid)
    const cancelled = await aTicketHolder(system, { sale, seatNos: [2, 3] })
    await servers.booking.backUp()
    const held = await aHolder(system, { sale, seatNos: [4, 5] })
    const kept = await aTicketHolder(system, { sale, seatNos: [6, 7] })
    const moment = await servers.booking.now()
    await confirms(system, paid, paidId)
    await cancels(system, cancelled)
    await becomes(system, cancelled, 'CANCELLED')
    await confirms(system, held, await pays(system, held))
    const unknown = await aTicketHolder(system, { sale, seatNos: [8, 9] })
    for (const purchase of [paid, held]) await becomes(system, purchase, 'CONFIRMED')

    await servers.booking.restore(booking, moment)
    expect(await standingOf(system, paid)).toMatchObject({ status: 'PENDING', tickets: 0 })
    expect(await standingOf(system, cancelled)).toMatchObject({ status: 'CONFIRMED', tickets: 2 })
    expect(await standingOf(system, held)).toMatchObject({ status: 'HELD' })
    expect(await standingOf(system, kept)).toMatchObject({ status: 'CONFIRMED', tickets: 2 })
    await expect(standingOf(system, unknown)).rejects.toThrow('no such booking')

    await tellForgotten(system, 'booking', moment)
    await becomes(system, paid, 'CONFIRMED')
    expect(await standingOf(system, paid)).toMatchObject({ tickets: 2 })
    await becomes(system, cancelled, 'CANCELLED')
    // Their places are on sale again: whoever had them gets the money back.
    for (const purchase of [held, unknown]) await isBack(system, purchase)
  },
  'booking',
)

fault(
  29,
  async (system) => {
    const { payment } = system
    const paid = await aHolder(system, { seatNos: [0, 1] })
    const { sale } = paid
    const paidId = await pays(system, paid)
    const cancelled = await aTicketHolder(system, { sale, seatNos: [2, 3] })
    await servers.payment.backUp()
    const asked = await aHolder(system, { sale, seatNos: [4, 5] })
    await checksOut(system, asked)
    const kept = await aTicketHolder(system, { sale, seatNos: [6, 7] })
    const moment = await servers.payment.now()
    await confirms(system, paid, paidId)
    await cancels(system, cancelled)
    await becomes(system, cancelled, 'CANCELLED')
    await confirms(system, asked, await pays(system, asked))
    const unknown = await aTicketHolder(system, { sale, seatNos: [8, 9] })
    for (const purchase of [paid, asked]) await becomes(system, purchase, 'CONFIRMED')

    await servers.payment.restore(payment, moment)
    expect(await moneyOf(system, paid)).toMatchObject({ taken: 0, attempts: ['PENDING'] })
    expect(await moneyOf(system, cancelled)).toMatchObject({ returned: 0 })
    for (const forgotten of [asked, unknown]) expect(await moneyOf(system, forgotten)).toMatchObject({ attempts: [] })
    expect(await moneyOf(system, kept)).toMatchObject({ taken: kept.total })

    await tellForgotten(system, 'payment', moment)
    await isBack(system, cancelled)
    await reconcileNow(system)
    for (const purchase of [paid, asked, unknown]) {
      await waitFor('its money to be known', async () => (await moneyOf(system, purchase))?.taken === purchase.total)
      expect(await standingOf(system, purchase)).toMatchObject({ status: 'CONFIRMED', tickets: 2 })
    }
  },
  'payment',
)

async function begun({ payment }: System): Promise<number> {
  const { rows } = await payment.database.pool.query('select from payments').catch(() => ({ rows: [] }))
  return rows.length
}

async function isBack(system: System, purchase: Purchase): Promise<void> {
  await waitFor('the money to be back', async () => (await moneyOf(system, purchase))?.returned === purchase.total)
}
