import { expect, it } from 'vitest'
import { disagreements, type BookingRow, type PaymentRow } from './books.ts'

const booking: BookingRow = { id: 'b', status: 'CONFIRMED', total: 100, quantity: 2, tickets: 2, paymentIds: ['p'] }
const paid: PaymentRow = {
  id: 'p',
  bookingId: 'b',
  status: 'SUCCEEDED',
  captured: 100,
  refundReserved: 0,
  refunded: 0,
  disputed: 0,
  taken: 100,
  returned: 0,
  posted: 100,
}
const declined: PaymentRow = { ...paid, id: 'd', status: 'FAILED', captured: 0, taken: 0, posted: 0 }
const givenBack: PaymentRow = {
  ...paid,
  status: 'REFUNDED',
  refundReserved: 100,
  refunded: 100,
  returned: 100,
  posted: 0,
}
const cancelled: BookingRow = { ...booking, status: 'CANCELLED', tickets: 0 }

it('tickets that were paid once, and money that went back, agree', () => {
  expect(disagreements([declined, paid], [booking])).toEqual([])
  expect(disagreements([givenBack], [cancelled])).toEqual([])
  expect(disagreements([], [{ ...booking, total: 0, paymentIds: [] }])).toEqual([])
})

it('one of two tickets that was given back, and a payment that a bank took back, agree', () => {
  const inPart = { ...paid, status: 'PARTIALLY_REFUNDED', refundReserved: 50, refunded: 50, returned: 50, posted: 50 }
  expect(disagreements([inPart], [{ ...booking, tickets: 1 }])).toEqual([])
  const lost = { ...paid, status: 'LOST', disputed: 100, posted: 0 }
  expect(disagreements([lost], [{ ...cancelled, status: 'CHARGEBACK' }])).toEqual([])
})

it.each<[string, PaymentRow[], BookingRow[], RegExp]>([
  ['the provider took money that we do not know of', [{ ...declined, taken: 100 }], [], /took 100, and 0 is written/],
  ['the provider gave back more than we know of', [{ ...paid, returned: 5 }], [booking], /gave 5 back, and 0 is/],
  ['a refund has not arrived', [{ ...paid, refundReserved: 100 }], [booking], /of 100 promised back, 0 arrived/],
  ['the ledger says something else', [{ ...paid, posted: 0 }], [booking], /ledger says 0, not 100/],
  ['booking has not heard of the payment', [paid], [{ ...booking, paymentIds: [] }], /does not know of it/],
  ['money without tickets', [paid], [cancelled], /money for booking b, which is CANCELLED, and no refund/],
  [
    'what a bank did not take back of a payment whose tickets were taken',
    [{ ...paid, status: 'LOST', disputed: 60, posted: 40 }],
    [{ ...cancelled, status: 'CHARGEBACK' }],
    /40 is neither with the buyer nor paid for tickets/,
  ],
  ['tickets without money', [], [booking], /0 payments cover it/],
  ['tickets after the money went back', [givenBack], [booking], /given back, and booking b has 2 tickets/],
  ['too few tickets', [paid], [{ ...booking, tickets: 1 }], /it has 1 of 2 tickets/],
  ['tickets of a booking that is over', [givenBack], [{ ...cancelled, tickets: 1 }], /it has 1 tickets/],
  ['a booking whose money is on its way', [], [{ ...cancelled, status: 'CANCELLING' }], /has not come back/],
])('finds that %s', (_what, payments, bookings, sentence) => {
  expect(disagreements(payments, bookings).join('\n')).toMatch(sentence)
})
