import type { Database } from '@tikitu/runtime/database'
import { disagreements, type BookingRow, type PaymentRow } from '../../scripts/test/books.ts'
import { brokenInvariants } from '../../services/booking/test/story.ts'
import type { Charge } from './bank.ts'

/** Where money and tickets are written down: two databases, and the provider's own books. */
export interface Books {
  readonly booking: Database
  readonly payment: Database
  readonly charges: () => Promise<readonly Charge[]>
}

/**
 * What is wrong while nothing is under way any more, one sentence each: a charge without tickets or a refund, tickets
 * without a charge, a booking charged twice, a ledger that is not zero, an inventory that is not sound.
 */
export async function wrongIn({ booking, payment, charges }: Books): Promise<string[]> {
  const [payments, bookings] = [await paymentRows(payment, await charges()), await bookingRows(booking)]
  return [
    ...disagreements(payments, bookings),
    ...chargedTwice(payments),
    ...(await openInVain(payment)),
    ...(await ledgerErrors(payment)),
    ...(await brokenInvariants(booking)),
  ]
}

async function paymentRows(database: Database, charges: readonly Charge[]): Promise<PaymentRow[]> {
  const { rows } = await database.pool.query<PaymentRow & { ref: string | null; paidOtherwise: number }>(
    `select p.id, p.booking_id as "bookingId", p.status, p.captured::float, p.refunded::float,
            (p.contested + p.lost)::float as disputed, p.provider_ref as ref,
            p.refund_reserved::float as "refundReserved",
            -- What a person or the buyer's bank gave back, which the provider has no refund for.
            (select coalesce(sum(r.amount), 0) from refunds r
              where r.payment_id = p.id and r.status = 'SUCCEEDED' and (r.paid_outside or exists (
                select from disputes d where d.payment_id = p.id and d.provider_ref = r.provider_ref)))::float as "paidOtherwise",
            -coalesce((select sum(amount) from ledger_entries l
                        where l.payment_id = p.id and account = 'BUYER'), 0)::float as posted
       from payments p`,
  )
  const known = new Set(rows.map(({ ref }) => ref))
  const ours = rows.map(({ ref, paidOtherwise, ...row }) => {
    const charge = charges.find((other) => other.ref === ref)
    return { ...row, taken: charge?.taken ?? 0, returned: (charge?.returned ?? 0) + paidOtherwise }
  })
  const others = charges
    .filter(({ ref, taken }) => taken > 0 && !known.has(ref))
    .map(({ ref, taken, returned }) => ({
      id: ref,
      bookingId: '',
      status: 'unknown to us',
      captured: 0,
      refunded: 0,
      disputed: 0,
      refundReserved: 0,
      posted: 0,
      taken,
      returned,
    }))
  return [...ours, ...others]
}

async function bookingRows({ pool }: Database): Promise<BookingRow[]> {
  const { rows } = await pool.query<BookingRow>(
    `select id, status, total::float, quantity,
            (select count(*) from tickets t where t.booking_id = b.id and t.status <> 'CANCELLED')::int as tickets,
            array(select payment_id::text from booking_payments p where p.booking_id = b.id) as "paymentIds"
       from bookings b where reference is not null`,
  )
  return rows
}

function chargedTwice(payments: readonly PaymentRow[]): string[] {
  const kept = payments.filter(({ taken, returned }) => taken > returned)
  return [...Map.groupBy(kept, ({ bookingId }) => bookingId)]
    .filter(([, ofBooking]) => ofBooking.length > 1)
    .map(([bookingId, ofBooking]) => `booking ${bookingId} is charged ${ofBooking.length} times`)
}

/** Attempts that could still take money for which nobody would get tickets. */
async function openInVain({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select p.id from payments p join payment_requests r using (booking_id)
      where p.status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING') and r.status = 'CANCELLED'`,
  )
  return rows.map(({ id }) => `payment ${id} is open, and its booking wants no money`)
}

async function ledgerErrors({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ what: string; sum: string }>(
    `select 'transaction ' || transaction_key as what, sum(amount)::text as sum
       from ledger_entries group by transaction_key having sum(amount) <> 0
      union all
     select 'all of ' || currency, sum(amount)::text from ledger_entries group by currency having sum(amount) <> 0`,
  )
  return rows.map(({ what, sum }) => `the ledger is not zero: ${what} has ${sum}`)
}
