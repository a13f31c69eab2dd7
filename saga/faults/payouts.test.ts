import { newId } from '@tikitu/runtime/ids'
import { anAdmin, aPartnerUser, waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import { endEvent } from '../../services/booking/test/story.ts'
import { askSandbox } from '../../services/payment/test/sandbox.ts'
import { faultsOf } from '../test/fault.ts'
import { aTicketHolder, becomes, moneyOf, standingOf, type Purchase } from '../test/purchase.ts'
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

fault(30, async (system) => {
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

  await isDisputed(system, purchase, 'DISPUTED', (ref) =>
    askSandbox('POST', `test_helpers/payment_intents/${ref}/dispute`),
  )
  await isDisputed(system, purchase, 'LOST', async (_ref, dispute) => askSandbox('POST', `disputes/${dispute}/close`))
  // What the partner was paid for a sale that was undone is kept from the next payout; the platform gives its share up.
  expect(await payable(system, partnerId)).toBe(-purchase.total * 0.95)
  expect(await standingOf(system, purchase)).toMatchObject({ status: 'COMPLETED' })
})

/** Something happens to the dispute of a purchase at the provider, which tells us. */
async function isDisputed(
  system: System,
  purchase: Purchase,
  status: string,
  happens: (ref: string, dispute: string) => Promise<unknown>,
): Promise<void> {
  const { rows } = await system.payment.database.pool.query<{ ref: string; dispute: string | null }>(
    `select p.provider_ref as ref, d.provider_ref as dispute
       from payments p left join disputes d on d.payment_id = p.id where p.booking_id = $1`,
    [purchase.id],
  )
  await happens(rows[0]?.ref ?? '', rows[0]?.dispute ?? '')
  await arrive(system, await webhooksOf(system, purchase))
  await waitFor(`the payment to be ${status}`, async () => {
    return (await moneyOf(system, purchase))?.attempts.at(-1) === status
  })
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
