import { newId } from '@tikitu/runtime/ids'
import { anAdmin, waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import type { Call } from '../test/bank.ts'
import { faultsOf } from '../test/fault.ts'
import {
  aHolder,
  aTicketHolder,
  becomes,
  begins,
  cancels,
  chargedFor,
  checksOut,
  confirms,
  moneyOf,
  pays,
  standingOf,
  type Purchase,
} from '../test/purchase.ts'
import { areQuiet } from '../test/node.ts'
import { reconcileNow, type System } from '../test/system.ts'

const { fault } = faultsOf()

const powerCut = () => {
  throw new Error('the process died')
}

fault(
  6,
  async (system) => {
    const purchase = await aHolder(system)
    const paymentId = await pays(system, purchase)
    system.bank.next('confirmIntent', 'after', powerCut)
    await expect(confirms(system, purchase, paymentId)).rejects.toThrow('INTERNAL')
    expect(await standingOf(system, purchase)).toMatchObject({ status: 'PENDING' })
    await system.payment.stop()
    await system.payment.start()
    await reconcileNow(system)
    await becomes(system, purchase, 'CONFIRMED')
    expect(await moneyOf(system, purchase)).toMatchObject({ taken: purchase.total, attempts: ['SUCCEEDED'] })
  },
  'of a payment',
)

fault(
  6,
  async (system) => {
    const purchase = await aTicketHolder(system)
    system.bank.next('refundIntent', 'after', powerCut)
    await cancels(system, purchase)
    await becomes(system, purchase, 'CANCELLED')
    expect(await refundsOf(system, purchase)).toEqual([{ status: 'SUCCEEDED', amount: purchase.total, attempt: 1 }])
  },
  'of a refund',
)

fault(18, async (system) => {
  const purchase = await aTicketHolder(system)
  await Promise.all([cancels(system, purchase), cancels(system, purchase), cancels(system, purchase)])
  await becomes(system, purchase, 'CANCELLED')
  const asked = system.network.arrived.find(
    ({ event }) => event.type === 'booking.refund_requested' && event.partitionkey === purchase.id,
  )
  if (!asked) throw new Error('nobody asked for a refund')
  // The same wish as another event, as from a booking service that was restored.
  await system.network.slip('payment', { ...asked.event, id: newId() })
  await waitFor('it to be handled', async () => {
    const { rows } = await system.payment.database.pool.query(
      `select from inbox where key = $1 and type = $2 and status = 'handled'`,
      [purchase.id, asked.event.type],
    )
    return rows.length === 2
  })
  expect(await refundsOf(system, purchase)).toEqual([{ status: 'SUCCEEDED', amount: purchase.total, attempt: 1 }])
})

fault(
  20,
  async (system) => {
    const purchase = await aTicketHolder(system)
    system.bank.refusesRefunds(2)
    await cancels(system, purchase)
    for (const failures of [1, 2]) {
      await waitFor(`refusal ${failures}`, async () =>
        (await refundsOf(system, purchase)).some(({ status, attempt }) => status === 'FAILED' && attempt === failures),
      )
      expect(await standingOf(system, purchase)).toMatchObject({ status: 'CANCELLING', tickets: 0 })
      await reconcileNow(system)
    }
    await becomes(system, purchase, 'CANCELLED')
    expect(await refundsOf(system, purchase)).toEqual([{ status: 'SUCCEEDED', amount: purchase.total, attempt: 3 }])
  },
  'it fails twice',
)

fault(
  20,
  async (system) => {
    const purchase = await aTicketHolder(system)
    const [isAsked, hangs] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    system.bank.next('refundIntent', 'after', () => {
      isAsked.resolve()
      return hangs.promise
    })
    await cancels(system, purchase)
    await isAsked.promise
    // Another instance does not wait for the one that hangs, and what that hears in the end changes nothing.
    await reconcileNow(system)
    await becomes(system, purchase, 'CANCELLED')
    hangs.resolve()
    await waitFor('both answers to be written down', async () => {
      const { rows } = await system.payment.database.pool.query(
        `select from payment_log l join refunds r on r.id = l.refund_id where r.booking_id = $1 and l.kind = 'ANSWER'`,
        [purchase.id],
      )
      return rows.length === 2
    })
    expect(await refundsOf(system, purchase)).toEqual([{ status: 'SUCCEEDED', amount: purchase.total, attempt: 1 }])
  },
  'it hangs',
)

fault(
  20,
  async (system) => {
    const purchase = await aTicketHolder(system)
    system.bank.refusesRefunds(Infinity)
    await cancels(system, purchase)
    const refundIs = async (status: string) => (await refundsOf(system, purchase)).at(-1)?.status === status
    await waitFor('a person to be asked', async () => {
      await reconcileNow(system)
      return refundIs('MANUAL_REVIEW')
    })
    await areQuiet([system.booking, system.payment])
    expect(await standingOf(system, purchase)).toMatchObject({ status: 'CANCELLING', tickets: 0 })
    expect(await moneyOf(system, purchase)).toMatchObject({ returned: 0 })

    system.bank.refusesRefunds(0)
    await decides(system, purchase, 'retryRefund')
    await becomes(system, purchase, 'CANCELLED')
    expect(await refundsOf(system, purchase)).toEqual([{ status: 'SUCCEEDED', amount: purchase.total, attempt: 4 }])
  },
  'it fails until a person tries again',
)

for (const [instrument, ends] of [
  ['tok_refund_pending', 'SUCCEEDED'],
  ['tok_refund_failed', 'FAILED'],
] as const) {
  fault(
    20,
    async (system) => {
      const purchase = await aHolder(system)
      await confirms(system, purchase, await pays(system, purchase), instrument)
      await becomes(system, purchase, 'CONFIRMED')
      await cancels(system, purchase)
      const refundIs = async (status: string) => (await refundsOf(system, purchase)).at(-1)?.status === status
      await waitFor('the refund to be on its way', () => refundIs('PROCESSING'))
      expect(await standingOf(system, purchase)).toMatchObject({ status: 'CANCELLING', tickets: 0 })
      await waitFor(`the refund to be ${ends}`, async () => {
        await reconcileNow(system)
        return refundIs(ends)
      })
      if (ends === 'SUCCEEDED') return becomes(system, purchase, 'CANCELLED')
      expect(await moneyOf(system, purchase)).toMatchObject({ returned: 0 })
      await waitFor('a person to be asked', async () => {
        await reconcileNow(system)
        return refundIs('MANUAL_REVIEW')
      })
      // It never arrives on that card: somebody pays it in another way, and says so.
      await decides(system, purchase, 'resolveRefund')
      await becomes(system, purchase, 'CANCELLED')
    },
    `the provider says that it is on its way, and then that it ${ends === 'SUCCEEDED' ? 'arrived' : 'did not arrive'}`,
  )
}

const CALLS: readonly Call[] = ['createIntent', 'confirmIntent', 'refundIntent', 'cancelIntent']
for (const call of CALLS) {
  fault(
    24,
    async (system) => {
      const purchase = await aHolder(system)
      if (call !== 'refundIntent') system.bank.deafAt(call)
      const paymentId = await pays(system, purchase)
      if (call === 'cancelIntent') {
        await cancels(system, purchase)
        await becomes(system, purchase, 'CANCELLED')
        await reconcileNow(system)
        await attemptIs(system, purchase, 'CANCELLED')
        return
      }
      await reconcileNow(system)
      await confirms(system, purchase, paymentId)
      await reconcileNow(system)
      await becomes(system, purchase, 'CONFIRMED')
      if (call === 'refundIntent') {
        system.bank.deafAt(call)
        await cancels(system, purchase)
        await becomes(system, purchase, 'CANCELLED')
      }
      expect(await chargedFor(system, purchase)).toHaveLength(1)
    },
    call,
  )
}

fault(31, async (system) => {
  const first = await aHolder(system)
  const userId = first.buyer.userId ?? ''
  const second = await aHolder(system, { userId })
  const [checkout, start, cancellation] = [newId(), newId(), newId()]
  const reused = { __typename: 'IdempotencyKeyReused' }

  expect(await checksOut(system, first, checkout)).toMatchObject({ status: 'PENDING' })
  expect(await checksOut(system, second, checkout)).toMatchObject(reused)
  expect(await standingOf(system, second)).toMatchObject({ status: 'HELD' })
  await checksOut(system, second)
  const { id } = await begins(system, first, start)
  expect(await begins(system, second, start)).toMatchObject(reused)
  expect(await begins(system, first, start)).toMatchObject({ __typename: 'Payment', id })
  expect(await moneyOf(system, second)).toMatchObject({ attempts: [] })
  expect(await cancels(system, second, cancellation)).toMatchObject({ status: 'CANCELLED' })
  expect(await cancels(system, first, cancellation)).toMatchObject(reused)
  expect(await standingOf(system, first)).toMatchObject({ status: 'PENDING' })
})

/** A person decides about the refund of a purchase. */
async function decides({ payment }: System, { id }: Purchase, verb: 'retryRefund' | 'resolveRefund'): Promise<void> {
  const { rows } = await payment.database.pool.query<{ id: string }>('select id from refunds where booking_id = $1', [
    id,
  ])
  const query = `mutation ($input: DecideRefundInput!) { outcome: ${verb}(input: $input) { __typename } }`
  const input = { refundId: rows[0]?.id, note: 'they wrote to us', idempotencyKey: newId() }
  const { data } = await payment.graph(anAdmin('FINANCE'), query, { input })
  expect(data.outcome).toEqual({ __typename: 'Refund' })
}

async function refundsOf({ payment }: System, { id }: Purchase) {
  const { rows } = await payment.database.pool.query<{ status: string; amount: number; attempt: number }>(
    'select status, amount::float as amount, attempt from refunds where booking_id = $1 order by created_at',
    [id],
  )
  return rows
}

async function attemptIs(system: System, purchase: Purchase, status: string): Promise<void> {
  await waitFor(`the attempt to be ${status}`, async () => {
    return (await moneyOf(system, purchase))?.attempts.at(-1) === status
  })
}
