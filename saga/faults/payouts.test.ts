import { newId } from '@tikitu/runtime/ids'
import { anAdmin, aPartnerUser, waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import { endEvent } from '../../services/booking/test/story.ts'
import { askSandbox } from '../../services/payment/test/sandbox.ts'
import { chargesIn } from '../test/bank.ts'
import { faultsOf } from '../test/fault.ts'
import {
  aTicketHolder,
  becomes,
  cancels,
  confirms,
  aHolder,
  moneyOf,
  pays,
  standingOf,
  type Purchase,
} from '../test/purchase.ts'
import type { System } from '../test/system.ts'
import { arrive, webhooksOf } from '../test/webhooks.ts'

const { fault } = faultsOf()

const REFUND = `mutation ($input: RefundBookingInput!) { outcome: refundBooking(input: $input) { __typename } }`

fault(19, async (system) => {
  const purchase = await aTicketHolder(system)
  const amount = purchase.total * 0.6
  const wish = async () => {
    const input = { bookingId: purchase.id, amount, reason: 'The sound was bad.', idempotencyKey: newId() }
    const { data } = await system.booking.graph(aPartnerUser(purchase.sale.partnerId), REFUND, { input })
    return String(data.outcome.__typename)
  }
  const answers = await Promise.all([wish(), wish(), wish()])
  expect(answers.toSorted()).toEqual(['Booking', 'RefundTooLarge', 'RefundTooLarge'])
  await waitFor('the part to be back', async () => (await moneyOf(system, purchase))?.returned === amount)

  // A wish that booking would never have sent: payment looks for itself.
  const asked = system.network.arrived.find(
    ({ event }) => event.type === 'booking.refund_requested' && event.partitionkey === purchase.id,
  )
  const beyond = newId()
  await system.network.slip('payment', {
    ...asked!.event,
    id: newId(),
    data: { ...(asked!.event.data as object), refundId: beyond, amount: purchase.total },
  })
  await waitFor('a person to be asked', async () => {
    const { rows } = await system.payment.database.pool.query(
      `select from refunds where id = $1 and status = 'MANUAL_REVIEW'`,
      [beyond],
    )
    return rows.length === 1
  })
  expect(await moneyOf(system, purchase)).toMatchObject({ returned: amount })
  const tooMuch = 'update payments set refund_reserved = captured + 1 where booking_id = $1'
  await expect(system.payment.database.pool.query(tooMuch, [purchase.id])).rejects.toThrow('check constraint')
})

const PAID = `mutation ($input: MarkSettlementPaidInput!) { outcome: markSettlementPaid(input: $input) { __typename } }`

fault(
  30,
  async (system) => {
    const purchase = await aPaidOut(system)
    await isDisputed(system, purchase, 'LOST', async (_ref, dispute) => askSandbox('POST', `disputes/${dispute}/close`))
    // What the partner was paid for a sale that was undone is kept from the next payout; the platform gives its share up.
    expect(await payable(system, purchase.sale.partnerId)).toBe(-purchase.total * 0.95)
    expect(await standingOf(system, purchase)).toMatchObject({ status: 'COMPLETED' })
  },
  'lost',
)

fault(
  30,
  async (system) => {
    const purchase = await aPaidOut(system)
    await isDisputed(system, purchase, 'WON', (_ref, dispute) => win(dispute))
    expect(await payable(system, purchase.sale.partnerId)).toBe(0)
    expect(await standingOf(system, purchase)).toMatchObject({ status: 'COMPLETED', tickets: 2 })
  },
  'won',
)

fault(
  30,
  async (system) => {
    const purchase = await aTicketHolder(system)
    await isDisputed(system, purchase, 'DISPUTED', dispute)
    await becomes(system, purchase, 'CHARGEBACK')
    await isDisputed(system, purchase, 'WON', (_ref, dispute) => win(dispute))
    await becomes(system, purchase, 'CONFIRMED')
    expect(await standingOf(system, purchase)).toMatchObject({ tickets: 2 })
    expect(await moneyOf(system, purchase)).toMatchObject({ taken: purchase.total, returned: 0 })
  },
  'before the event, won while the seats are free',
)

fault(
  30,
  async (system) => {
    const seatNos = [3, 4]
    const purchase = await aTicketHolder(system, { seatNos })
    await isDisputed(system, purchase, 'DISPUTED', dispute)
    await becomes(system, purchase, 'CHARGEBACK')
    await aTicketHolder(system, { sale: purchase.sale, seatNos })
    await isDisputed(system, purchase, 'WON', (_ref, dispute) => win(dispute))
    await becomes(system, purchase, 'REFUNDED')
    expect(await moneyOf(system, purchase)).toMatchObject({ taken: purchase.total, returned: purchase.total })
  },
  'before the event, won when the seats are somebody else’s',
)

fault(
  30,
  async (system) => {
    const purchase = await aTicketHolder(system)
    await isDisputed(system, purchase, 'DISPUTED', dispute)
    await becomes(system, purchase, 'CHARGEBACK')
    await isDisputed(system, purchase, 'LOST', async (_ref, dispute) => askSandbox('POST', `disputes/${dispute}/close`))
    expect(await standingOf(system, purchase)).toMatchObject({ status: 'CHARGEBACK', tickets: 0 })
    expect(await moneyOf(system, purchase)).toMatchObject({ returned: 0 })
  },
  'before the event, lost',
)

fault(
  30,
  async (system) => {
    const purchase = await aTicketHolder(system)
    // The bank was quicker than the buyer, and booking has not heard of it.
    system.network.keep('payment.disputed')
    await isDisputed(system, purchase, 'DISPUTED', dispute)
    await cancels(system, purchase)
    await system.network.letGo()
    await becomes(system, purchase, 'CANCELLING')
    await isDisputed(system, purchase, 'LOST', async (_ref, dispute) => askSandbox('POST', `disputes/${dispute}/close`))
    await becomes(system, purchase, 'CANCELLED')
    // Promised, and paid by the bank: not a second time by us.
    const { ref } = await namesOf(system, purchase)
    const charges = await chargesIn(system.payment.database)
    expect(charges.find((charge) => charge.ref === ref)).toMatchObject({ taken: purchase.total, returned: 0 })
  },
  'of a booking that its buyer cancels meanwhile',
)

fault(
  30,
  async (system) => {
    const purchase = await aHolder(system)
    const attempt = await pays(system, purchase)
    system.network.keep('payment.succeeded')
    await confirms(system, purchase, attempt)
    await isDisputed(system, purchase, 'DISPUTED', dispute)
    await waitFor('booking to hear of the dispute', async () => {
      const { rows } = await system.booking.database.pool.query('select from booking_disputes where booking_id = $1', [
        purchase.id,
      ])
      return rows.length === 1
    })
    await system.network.letGo()
    await becomes(system, purchase, 'CHARGEBACK')
    await isDisputed(system, purchase, 'WON', (_ref, dispute) => win(dispute))
    await becomes(system, purchase, 'CONFIRMED')
  },
  'that booking hears of before the payment',
)

fault(
  30,
  async (system) => {
    const purchase = await aTicketHolder(system)
    const { ref } = await namesOf(system, purchase)
    const { id } = await dispute(ref)
    await system.payment.runJob('payment.find_disputes')
    await becomes(system, purchase, 'CHARGEBACK')
    await win(id)
    await system.payment.runJob('payment.find_disputes')
    await becomes(system, purchase, 'CONFIRMED')
  },
  'and no webhook comes',
)

const dispute = (ref: string) => askSandbox('POST', `test_helpers/payment_intents/${ref}/dispute`)

const win = (dispute: string) =>
  askSandbox('POST', `disputes/${dispute}`, { 'evidence[uncategorized_text]': 'winning_evidence' })

/** A purchase whose event is over, whose partner was paid, and whose payment the buyer's bank has taken back. */
async function aPaidOut(system: System): Promise<Purchase> {
  const purchase = await aTicketHolder(system)
  const { partnerId } = purchase.sale
  await endEvent(system.booking.database, purchase.sale.eventId)
  await system.booking.runJob('bookings.complete')
  await becomes(system, purchase, 'COMPLETED')
  await waitFor('a settlement', async () => {
    await system.payment.runJob('payment.settle')
    return (await settlementOf(system, partnerId)) !== undefined
  })
  const input = {
    settlementId: await settlementOf(system, partnerId),
    bankReference: 'TRANSFER 1',
    idempotencyKey: newId(),
  }
  const { data } = await system.payment.graph(anAdmin('FINANCE'), PAID, { input })
  expect(data.outcome).toMatchObject({ __typename: 'Settlement' })
  expect(await payable(system, partnerId)).toBe(0)
  await isDisputed(system, purchase, 'DISPUTED', dispute)
  return purchase
}

/** Something happens to the dispute of a purchase at the provider, which tells us. */
async function isDisputed(
  system: System,
  purchase: Purchase,
  status: string,
  happens: (ref: string, dispute: string) => Promise<unknown>,
): Promise<void> {
  const { ref, dispute: known } = await namesOf(system, purchase)
  await happens(ref, known ?? '')
  await arrive(system, await webhooksOf(system, purchase))
  await waitFor(`the payment to be ${status}`, async () => {
    return (await moneyOf(system, purchase))?.attempts.at(-1) === status
  })
}

/** What the provider calls the payment of a purchase, and its dispute. */
async function namesOf({ payment }: System, { id }: Purchase): Promise<{ ref: string; dispute: string | null }> {
  const { rows } = await payment.database.pool.query<{ ref: string; dispute: string | null }>(
    `select p.provider_ref as ref, d.provider_ref as dispute
       from payments p left join disputes d on d.payment_id = p.id where p.booking_id = $1`,
    [id],
  )
  if (!rows[0]) throw new Error('there is no such payment')
  return rows[0]
}

async function settlementOf({ payment }: System, partnerId: string): Promise<string | undefined> {
  const { rows } = await payment.database.pool.query<{ id: string }>(
    'select id from settlements where partner_id = $1',
    [partnerId],
  )
  return rows[0]?.id
}

/** What the ledger says is still to be paid to a partner. */
async function payable({ payment }: System, partnerId: string): Promise<number> {
  const { rows } = await payment.database.pool.query<{ owed: number }>(
    `select coalesce(sum(amount), 0)::float as owed from ledger_entries
      where partner_id = $1 and account = 'PARTNER_PAYABLE'`,
    [partnerId],
  )
  return rows[0]?.owed ?? NaN
}
