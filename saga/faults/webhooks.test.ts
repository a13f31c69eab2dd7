import { waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import { faultsOf } from '../test/fault.ts'
import { aHolder, becomes, confirms, moneyOf, pays, standingOf, type Purchase } from '../test/purchase.ts'
import { reconcileNow, type System } from '../test/system.ts'
import { arrive, showsUpAtTheBank, signatureOf, webhooksKept, webhooksOf } from '../test/webhooks.ts'

const { fault } = faultsOf()

fault(1, async (system) => {
  const purchase = await aPayerAtTheBank(system)
  await showsUpAtTheBank(system, purchase)
  const webhooks = await webhooksOf(system, purchase)
  const statuses = await Promise.all([1, 2, 3, 4].map(() => arrive(system, webhooks)))
  expect(new Set(statuses.flat())).toEqual(new Set([200]))
  await becomes(system, purchase, 'CONFIRMED')
  await arrive(system, webhooks)
  expect(await webhooksKept(system, webhooks)).toBe(webhooks.length)
  await isPaidOnce(system, purchase)
})

fault(2, async (system) => {
  const purchase = await aHolder(system)
  const paymentId = await pays(system, purchase)
  system.bank.next('confirmIntent', 'after', async () => {
    await arrive(system, await webhooksOf(system, purchase))
    await becomes(system, purchase, 'CONFIRMED')
  })
  expect(await confirms(system, purchase, paymentId)).toMatchObject({ status: 'SUCCEEDED' })
  await isPaidOnce(system, purchase)
})

fault(3, async (system) => {
  const purchase = await aPayerAtTheBank(system)
  await showsUpAtTheBank(system, purchase)
  expect(await standingOf(system, purchase)).toMatchObject({ status: 'PENDING' })
  await reconcileNow(system)
  await becomes(system, purchase, 'CONFIRMED')
  await isPaidOnce(system, purchase)
})

fault(4, async (system) => {
  const purchase = await aPayerAtTheBank(system)
  await showsUpAtTheBank(system, purchase)
  const webhooks = await webhooksOf(system, purchase)
  expect(webhooks.length).toBeGreaterThan(1)
  await arrive(system, webhooks.toReversed())
  await becomes(system, purchase, 'CONFIRMED')
  await isPaidOnce(system, purchase)
})

fault(5, async (system) => {
  const purchase = await aPayerAtTheBank(system)
  await showsUpAtTheBank(system, purchase)
  const [webhook = ''] = (await webhooksOf(system, purchase)).toReversed()
  const logged = await rowsOfLog(system)
  const reserialised = JSON.stringify(JSON.parse(webhook), null, 1)
  for (const [body, signature] of [
    [webhook, signatureOf(webhook, { secret: 'whsec_of_somebody_else' })],
    [webhook, signatureOf(webhook, { secondsAgo: 301 })],
    [reserialised, signatureOf(webhook)],
    [webhook.padEnd(70_000), signatureOf(webhook.padEnd(70_000))],
  ] as const) {
    expect(await system.payment.receive(body, signature)).toBeGreaterThanOrEqual(400)
  }
  expect(await rowsOfLog(system)).toBe(logged)
  expect(await standingOf(system, purchase)).toMatchObject({ status: 'PENDING' })
  expect(await arrive(system, [webhook])).toEqual([200])
  await becomes(system, purchase, 'CONFIRMED')
})

/** Somebody whose bank wants to see them before it pays. */
async function aPayerAtTheBank(system: System): Promise<Purchase> {
  const purchase = await aHolder(system)
  const paymentId = await pays(system, purchase)
  const confirmed = await confirms(system, purchase, paymentId, 'tok_3ds_success')
  expect(confirmed).toMatchObject({ status: 'REQUIRES_ACTION' })
  return purchase
}

async function isPaidOnce(system: System, purchase: Purchase): Promise<void> {
  expect(await moneyOf(system, purchase)).toMatchObject({ taken: purchase.total, attempts: ['SUCCEEDED'] })
  expect(await standingOf(system, purchase)).toMatchObject({ tickets: purchase.quantity })
  await waitFor('one announcement', async () => {
    const { rows } = await system.payment.database.pool.query(
      `select from outbox where key = $1 and type = 'payment.succeeded'`,
      [purchase.id],
    )
    return rows.length === 1
  })
}

async function rowsOfLog({ payment }: System): Promise<number> {
  const { rows } = await payment.database.pool.query<{ rows: number }>('select count(*)::int as rows from payment_log')
  return rows[0]?.rows ?? 0
}
