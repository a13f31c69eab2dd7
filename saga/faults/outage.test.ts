import { waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import { sandboxServer } from '../../services/payment/test/sandbox.ts'
import { faultsOf } from '../test/fault.ts'
import { aHolder, becomes, begins, checksOut, confirms, moneyOf, triesToPay, type Purchase } from '../test/purchase.ts'
import { reconcileNow, type System } from '../test/system.ts'
import { layWire } from '../test/wire.ts'

const wire = await layWire(Number(new URL(sandboxServer.origin).port))
const { fault } = faultsOf({ origin: wire.origin })

/** More than the breaker lets fail. */
const CALLERS = 6

fault(25, async (system) => {
  const purchases: Purchase[] = []
  for (let caller = 0; caller <= CALLERS; caller++) {
    const purchase = await aHolder(system)
    await checksOut(system, purchase)
    purchases.push(purchase)
  }
  const [last, ...first] = purchases
  if (!last) throw new Error('somebody is last')
  wire.cut()
  try {
    for (const answer of await Promise.all(first.map((purchase) => begins(system, purchase)))) {
      expect(answer).toMatchObject({ __typename: 'Payment', status: 'PENDING' })
    }
    const tried = wire.connections
    expect(tried).toBeGreaterThan(CALLERS)
    // Nobody waits for a provider that is known to be down, and what was begun is not lost.
    expect(await begins(system, last)).toMatchObject({ status: 'PENDING' })
    expect(wire.connections).toBe(tried)
  } finally {
    wire.mend()
  }
  for (const purchase of purchases) {
    await waitFor('the provider to be called again', async () => {
      await reconcileNow(system)
      return hasName(system, purchase)
    })
    const id = await triesToPay(system, purchase)
    expect(await confirms(system, purchase, id)).toMatchObject({ status: 'SUCCEEDED' })
    await becomes(system, purchase, 'CONFIRMED')
    expect(await moneyOf(system, purchase)).toMatchObject({ attempts: ['SUCCEEDED'] })
  }
})

async function hasName({ payment }: System, { id }: Purchase): Promise<boolean> {
  const { rows } = await payment.database.pool.query(
    'select from payments where booking_id = $1 and provider_ref is not null',
    [id],
  )
  return rows.length === 1
}
