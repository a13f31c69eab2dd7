import { redriveEvent, skipEvent } from '@tikitu/runtime/events'
import { newId } from '@tikitu/runtime/ids'
import { waitFor } from '@tikitu/runtime/testing'
import { PaymentFailed, PaymentSucceeded } from '@tikitu/schema/events/payment'
import { expect } from 'vitest'
import { faultsOf } from '../test/fault.ts'
import type { Parcel } from '../test/network.ts'
import {
  aHolder,
  becomes,
  begins,
  cancels,
  checksOut,
  confirms,
  moneyOf,
  pays,
  standingOf,
  triesToPay,
  type Purchase,
} from '../test/purchase.ts'
import type { System } from '../test/system.ts'

const { fault } = faultsOf()

const backwards = (parcels: readonly Parcel[]) => parcels.toReversed()
const TICKETS = { status: 'CONFIRMED', tickets: 2 }

fault(7, async (system) => {
  const purchase = await aHolder(system)
  const paymentId = await pays(system, purchase)
  system.network.down()
  expect(await confirms(system, purchase, paymentId)).toMatchObject({ status: 'SUCCEEDED' })
  await system.payment.stop()
  expect(await standingOf(system, purchase)).toMatchObject({ status: 'PENDING' })
  system.network.up()
  await system.payment.start()
  await becomes(system, purchase, 'CONFIRMED')
})

fault(8, async (system) => {
  const purchase = await aHolder(system)
  system.network.next('booking.payment_requested', 'forget to say so')
  system.network.next(PaymentSucceeded.type, 'forget to say so')
  await confirms(system, purchase, await pays(system, purchase))
  const arrivals = (type: string) => parcelsOf(system, purchase, type).length
  await waitFor('both to be sent again', () =>
    [PaymentSucceeded.type, 'booking.payment_requested'].every((type) => arrivals(type) >= 2),
  )
  expect(await standingOf(system, purchase)).toMatchObject(TICKETS)
  expect(await kept(system, purchase)).toEqual([`${PaymentSucceeded.type}: handled`])
})

fault(9, async (system) => {
  system.network.decide(() => 'deliver twice')
  const purchase = await aHolder(system)
  await confirms(system, purchase, await pays(system, purchase))
  await becomes(system, purchase, 'CONFIRMED')
  await system.network.repeatEverything()
  expect(await standingOf(system, purchase)).toMatchObject(TICKETS)
  expect(await moneyOf(system, purchase)).toMatchObject({ taken: purchase.total, attempts: ['SUCCEEDED'] })
  expect(await kept(system, purchase)).toEqual([`${PaymentSucceeded.type}: handled`])
})

fault(
  10,
  async (system) => {
    const purchase = await aHolder(system)
    system.network.keep('booking.payment_requested', 'booking.payment_cancel_requested')
    await checksOut(system, purchase)
    await cancels(system, purchase)
    await waitFor('both', () => system.network.kept.length === 2)
    await system.network.letGo(backwards)
    expect(await begins(system, purchase)).toMatchObject({ __typename: 'BookingNotPayable' })
    expect(await moneyOf(system, purchase)).toMatchObject({ taken: 0, attempts: [] })
  },
  'a cancellation before what it cancels',
)

fault(
  10,
  async (system) => {
    const purchase = await aHolder(system)
    system.network.keep(PaymentFailed.type, PaymentSucceeded.type)
    await confirms(system, purchase, await pays(system, purchase), 'tok_declined')
    const id = await triesToPay(system, purchase)
    await confirms(system, purchase, id)
    await waitFor('both', () => system.network.kept.length === 2)
    await system.network.letGo(backwards)
    await becomes(system, purchase, 'CONFIRMED')
    await waitFor('both to be handled', async () => (await kept(system, purchase)).length === 2)
    expect(await standingOf(system, purchase)).toMatchObject(TICKETS)
  },
  'a success before the failure that it followed',
)

fault(11, async (system) => {
  const [poisoned, healthy] = [await aHolder(system), await aHolder(system)]
  const paymentId = await pays(system, poisoned)
  const poison = await slipPoison(system, poisoned)
  await waitFor('the poison to be dead', async () =>
    (await kept(system, poisoned)).includes(`${PaymentFailed.type}: dead`),
  )

  await confirms(system, poisoned, paymentId)
  await waitFor('the payment to wait', async () =>
    (await kept(system, poisoned)).includes(`${PaymentSucceeded.type}: waiting`),
  )
  await confirms(system, healthy, await pays(system, healthy))
  await becomes(system, healthy, 'CONFIRMED')
  expect(await standingOf(system, poisoned)).toMatchObject({ status: 'PENDING' })

  expect(await skipEvent(system.booking.database.orm, poison)).toBe(true)
  await becomes(system, poisoned, 'CONFIRMED')
})

fault(12, async (system) => {
  const purchase = await aHolder(system)
  const handled: string[] = []
  let isFlaky = true
  system.booking.disturb(({ name, about }, moment) => {
    if (about !== purchase.id) return
    if (isFlaky && name.endsWith(PaymentFailed.type)) throw new Error('not today')
    if (moment === 'after') handled.push(name)
  })
  await confirms(system, purchase, await pays(system, purchase), 'tok_declined')
  const id = await triesToPay(system, purchase)
  await confirms(system, purchase, id)
  await diesAtTheNextFailure(system, purchase)
  await waitFor('the flaky one to be dead', async () =>
    (await kept(system, purchase)).includes(`${PaymentFailed.type}: dead`),
  )
  await waitFor('the next to wait behind it', async () =>
    (await kept(system, purchase)).includes(`${PaymentSucceeded.type}: waiting`),
  )
  expect(handled).toEqual([])

  isFlaky = false
  expect(await redriveEvent(system.booking.database.orm, await deadOf(system, purchase))).toBe(true)
  await becomes(system, purchase, 'CONFIRMED')
  expect(handled).toEqual([PaymentFailed.type, PaymentSucceeded.type].map((type) => `booking handles ${type}`))
})

fault(
  28,
  async (system) => {
    const purchase = await aHolder(system)
    const paymentId = await pays(system, purchase)
    system.network.down()
    await confirms(system, purchase, paymentId)
    await cancels(system, purchase)
    system.network.up()
    await becomes(system, purchase, 'REFUNDED')
  },
  'broker',
)

function parcelsOf({ network }: System, { id }: Purchase, type: string): Parcel[] {
  return network.arrived.filter(({ event }) => event.partitionkey === id && event.type === type)
}

/** What is in booking's inbox about a booking, in order: the type of each event, and what became of it. */
async function kept({ booking }: System, { id }: Purchase): Promise<string[]> {
  const { rows } = await booking.database.pool.query<{ kept: string }>(
    `select type || ': ' || status as kept from inbox where key = $1 order by sequence`,
    [id],
  )
  return rows.map((row) => row.kept)
}

async function deadOf({ booking }: System, { id }: Purchase): Promise<string> {
  const { rows } = await booking.database.pool.query<{ id: string }>(
    `select id from inbox where key = $1 and status = 'dead'`,
    [id],
  )
  return rows[0]?.id ?? ''
}

/** Its next attempt is the last one, and due: eleven have failed in the last minutes. */
async function diesAtTheNextFailure(system: System, { id }: Purchase): Promise<void> {
  await waitFor('a first failure', async () => {
    const { rowCount } = await system.booking.database.pool.query(
      `update inbox set attempts = 11, next_attempt_at = now() where key = $1 and status = 'waiting' and attempts > 0`,
      [id],
    )
    return rowCount === 1
  })
}

/** Slips an event about a purchase that nobody can read; answers with its id. */
async function slipPoison({ network }: System, { id: bookingId }: Purchase): Promise<string> {
  const id = newId()
  const sample = network.arrived.at(-1)
  if (!sample) throw new Error('nothing has arrived yet')
  await network.slip('booking', {
    ...sample.event,
    id,
    type: PaymentFailed.type,
    partitionkey: bookingId,
    data: { bookingId, code: 42 },
  })
  return id
}
