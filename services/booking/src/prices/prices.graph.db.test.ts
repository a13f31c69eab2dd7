import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { anAdmin, aPartnerUser, aUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { SettingChanged } from '@tikitu/schema/events/admin'
import { PaymentSucceeded } from '@tikitu/schema/events/payment'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../../test/build.ts'
import { aTicket, scan } from '../../test/doors.ts'
import { aHold, aSale, hours, type HoldFacts, type Sale, type SaleFacts } from '../../test/sales.ts'
import { aConfirmed, aPayment, aPending, brokenInvariants, checkOut } from '../../test/story.ts'
import { defineBooking } from '../service.ts'
import { allFeeTerms } from './fee-terms.sql.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

beforeEach(async () => {
  await booking.database.pool.query('delete from fee_terms')
})

const PRICE = `subtotal { amount } fees { amount } taxes { amount } total { amount currency }`
const HOLD = `query ($id: ID!) { hold(id: $id) { ${PRICE} lines { quantity unitPrice { amount } fees { amount } taxes { amount } } } }`
const BOOKING = `query ($id: ID!) { booking(id: $id) { ${PRICE} status cancellationPolicy { refundBasisPoints }
  lines { total { amount } fees { amount } taxes { amount } } } }`
const QUOTE = `query ($id: ID!) { cancellationQuote(bookingId: $id) { __typename
  ... on CancellationQuote { booking { id } refund { amount currency } kept { amount } until }
  ... on BookingNotCancellable { status } ... on BookingNotFound { bookingId } } }`
const CANCEL = `mutation ($input: CancelBookingInput!) { cancelBooking(input: $input) { __typename } }`
const TYPES = `query ($id: ID!) { event(id: $id) { ticketTypes { price { amount } surcharge { amount currency } } } }`

const TERMS = { feeBasisPoints: 250, feeFixedPerTicket: 50, taxBasisPoints: 2_000 }

/** Puts terms into force so many seconds ago. */
async function terms(secondsAgo: number, { feeBasisPoints, feeFixedPerTicket, taxBasisPoints } = TERMS): Promise<void> {
  await booking.database.pool.query(
    `insert into fee_terms values (clock_timestamp() - make_interval(secs => $1), $2, $3, $4)`,
    [secondsAgo, feeBasisPoints, feeFixedPerTicket, taxBasisPoints],
  )
}

/** A price is read from what was known half a second ago, so a test says what it waits for. */
async function holdPrice(
  hold: { id: string; userId: string },
  isKnown: (price: { total: { amount: number } }) => boolean = () => true,
) {
  const deadline = performance.now() + 5_000
  for (;;) {
    const { data } = await booking.graph(aUser({ userId: hold.userId }), HOLD, { id: hold.id })
    if (isKnown(data.hold)) return data.hold
    if (performance.now() > deadline) throw new Error('the new terms were never read')
  }
}

const bookingPrice = async ({ id, userId }: { id: string; userId: string }) =>
  (await booking.graph(aUser({ userId }), BOOKING, { id })).data.booking

async function held(facts: HoldFacts & SaleFacts = {}, sale?: Sale) {
  const of = sale ?? (await aSale(booking.database, facts))
  return { sale: of, ...(await aHold(booking.database, of, facts)) }
}

test('who may not cancel a booking is quoted nothing, and for them it does not exist', async () => {
  const confirmed = await aConfirmed(booking.database)
  for (const stranger of [nobody(), aUser(), aPartnerUser(newId())])
    expect((await booking.graph(stranger, QUOTE, { id: confirmed.id })).data.cancellationQuote).toEqual({
      __typename: 'BookingNotFound',
      bookingId: confirmed.id,
    })
  const hold = await held()
  for (const id of [newId(), "' or 1=1 --", hold.id])
    expect((await booking.graph(aUser({ userId: hold.userId }), QUOTE, { id })).data.cancellationQuote.__typename).toBe(
      'BookingNotFound',
    )
  const { errors } = await booking.graph(anAdmin('FINANCE'), QUOTE, { id: confirmed.id })
  expect(errors[0]?.extensions['code']).toBe('FORBIDDEN')
})

test('what cannot be cancelled has no quote: too late, or somebody is inside', async () => {
  const late = await aConfirmed(booking.database, { startsAt: hours(5) })
  const used = await aTicket(booking.database, { startsAt: hours(48), doorsAt: hours(-1) })
  accepted(await scan(booking.database, used))
  for (const { id, userId } of [late, used.booking])
    expect((await booking.graph(aUser({ userId }), QUOTE, { id })).data.cancellationQuote).toEqual({
      __typename: 'BookingNotCancellable',
      status: 'CONFIRMED',
    })
  const { data } = await booking.graph(aPartnerUser(late.sale.partnerId), QUOTE, { id: late.id })
  expect(data.cancellationQuote).toMatchObject({ refund: { amount: late.total }, kept: { amount: 0 }, until: null })
})

test('the quote is what cancelling then gives back, by the policy of the purchase', async () => {
  const { database } = booking
  const pending = await aPending(database)
  await database.pool.query(`update bookings set policy = policy || '{"refundBasisPoints": 3333}' where id = $1`, [
    pending.id,
  ])
  const buyer = aUser({ userId: pending.userId })
  const unpaid = (await booking.graph(buyer, QUOTE, { id: pending.id })).data.cancellationQuote
  expect(unpaid).toMatchObject({ refund: { amount: 0 }, kept: { amount: 0 } })
  await booking.deliver(PaymentSucceeded, aPayment(pending))
  const { refund, kept, until } = (await booking.graph(buyer, QUOTE, { id: pending.id })).data.cancellationQuote
  expect([refund, kept]).toEqual([{ amount: 1_667, currency: 'GBP' }, { amount: 3_333 }])
  expect(Date.parse(until)).toBeGreaterThan(Date.now())
  const input = { bookingId: pending.id, reason: 'We cannot come', idempotencyKey: newId() }
  await booking.graph(buyer, CANCEL, { input })
  const [ordered] = (await booking.published('booking.refund_requested')).slice(-1)
  expect(ordered?.data['amount']).toBe(refund.amount)
})

test('the price that a hold shows is what its checkout charges, and its parts add up to it', async () => {
  await terms(60)
  const hold = await held({ seatNos: [0, 1, 2], seatPrice: 3_333 })
  const shown = await holdPrice(hold, ({ total }) => total.amount > 9_999)
  expect(shown).toEqual({
    subtotal: { amount: 9_999 },
    fees: { amount: 400 },
    taxes: { amount: 2_080 },
    total: { amount: 12_479, currency: 'GBP' },
    lines: [{ quantity: 3, unitPrice: { amount: 3_333 }, fees: { amount: 400 }, taxes: { amount: 2_080 } }],
  })
  accepted(await checkOut(booking.database, hold))
  const { lines, ...charged } = await bookingPrice(hold)
  expect(charged).toMatchObject({ subtotal: shown.subtotal, fees: shown.fees, taxes: shown.taxes, total: shown.total })
  expect(lines).toEqual([{ total: { amount: 9_999 }, fees: { amount: 400 }, taxes: { amount: 2_080 } }])
  const [asked] = (await booking.published('booking.payment_requested')).slice(-1)
  // 5 % of the tickets is the partner's commission; fees and taxes are not the partner's either.
  expect(asked?.data).toMatchObject({ amount: 12_479, commission: 500 + 400 + 2_080 })
  await booking.deliver(PaymentSucceeded, aPayment({ ...hold, total: 12_479 }))
  expect(await bookingPrice(hold)).toMatchObject({ status: 'CONFIRMED' })
  expect(await brokenInvariants(booking.database)).toEqual([])
})

test('what changes between hold and checkout is not charged, and not shown', async () => {
  const hold = await held()
  // Until the terms of the test before this one are forgotten.
  const shown = await holdPrice(hold, ({ total }) => total.amount === 5_000)
  await terms(0)
  expect(await holdPrice(hold)).toEqual(shown)
  accepted(await checkOut(booking.database, hold))
  expect((await bookingPrice(hold)).total.amount).toBe(shown.total.amount)
  const later = await held({ seatNos: [5] }, hold.sale)
  accepted(await checkOut(booking.database, later))
  expect((await bookingPrice(later)).fees.amount).toBe(113)
})

test('the settings make the terms, one at a time, and only for holds to come', async () => {
  const { database } = booking
  const change = (key: string, value: number, version: number) =>
    booking.deliver(SettingChanged, { key, value, version, at: new Date().toISOString() })
  await change('booking.feeBasisPoints', 250, 1)
  await change('booking.taxBasisPoints', 2_000, 1)
  await change('booking.holdMinutes', 12, 1)
  const all = await allFeeTerms(database.orm)
  expect(all).toMatchObject([
    { feeBasisPoints: 250, taxBasisPoints: 2_000, feeFixedPerTicket: 0 },
    { feeBasisPoints: 250, taxBasisPoints: 0, feeFixedPerTicket: 0 },
  ])
  const { rows } = await database.pool.query('select min(effective_at) > clock_timestamp() as to_come from fee_terms')
  expect(rows).toEqual([{ to_come: true }])
  const { rows: copies } = await database.pool.query('select count(*)::integer as copied from platform_settings')
  expect(copies).toEqual([{ copied: 3 }])
})

test('a free booking is confirmed at once, whatever the fees', async () => {
  await terms(60)
  const hold = await held({ seatPrice: 0 })
  accepted(await checkOut(booking.database, hold))
  expect(await bookingPrice(hold)).toMatchObject({ status: 'CONFIRMED', fees: { amount: 0 }, total: { amount: 0 } })
})

test('what is added to a ticket is shown before anybody holds one', async () => {
  await terms(60)
  const sale = await aSale(booking.database, { seatPrice: 3_333, unitPrice: 0 })
  const hold = await held({ seatNos: [0] }, sale)
  const { fees, taxes } = await holdPrice(hold, ({ total }) => total.amount > 3_333)
  const { data } = await booking.graph(nobody(), TYPES, { id: sale.eventId })
  expect(data.event.ticketTypes).toEqual([
    { price: { amount: 3_333 }, surcharge: { amount: fees.amount + taxes.amount, currency: 'GBP' } },
    { price: { amount: 0 }, surcharge: { amount: 0, currency: 'GBP' } },
  ])
})
