import { expect } from 'vitest'
import { brokenInvariants } from '../story.ts'
import type { ExpectedBooking, ExpectedSale } from './expected.ts'
import type { System } from './system.ts'

interface SeenBooking {
  readonly id: string
  readonly status: ExpectedBooking['status']
  readonly total: string
  readonly lasts: number
}

/**
 * Expects that the database says what must be: every booking, seat, unit, ticket, payment and refund. What is out of time
 * may have been noticed at any moment; then the expectation learns of it.
 */
export async function expectAgreement(system: System, sale: ExpectedSale): Promise<void> {
  const { pool } = system.database
  const { eventId, admissionTypeId } = system.sale
  const { rows: seen } = await pool.query<SeenBooking>(
    `select id, status, total, extract(epoch from expires_at - created_at)::float as lasts from bookings where event_id = $1`,
    [eventId],
  )
  for (const booking of sale.bookings) notice(booking, seen.find(({ id }) => id === booking.id)?.status)
  expect(byId(seen.map(({ id, status, total }) => ({ id, status, total: Number(total) })))).toEqual(
    byId(sale.bookings.map(({ id, status, total }) => ({ id, status, total }))),
  )
  for (const { id, status, isOver, extensions } of sale.bookings) {
    const lasts = seen.find((row) => row.id === id)?.lasts ?? 0
    if (status === 'HELD' && !isOver) expect(lasts > 700, `hold ${id} lasts ${lasts} s`).toBe(extensions > 0)
  }

  const { rows: seats } = await pool.query<{ seat_no: number; owner: string | null }>(
    `select seat_no, case when expires_at > now() then booking_id end as owner
       from event_seats where event_id = $1 order by seat_no`,
    [eventId],
  )
  expect(seats).toEqual(seats.map(({ seat_no }) => ({ seat_no, owner: sale.ownerOf(seat_no)?.id ?? null })))

  const { rows: stock } = await pool.query('select available from admission_stock where ticket_type_id = $1', [
    admissionTypeId,
  ])
  expect(stock).toEqual([{ available: sale.unitsCounted }])

  for (const booking of sale.bookings) {
    expect((await system.tickets(booking)).map(visible)).toEqual(booking.tickets.map(visible))
  }

  const { rows: refunds } = await pool.query<{ booking_id: string; payment_id: string; amount: string; done: boolean }>(
    `select r.booking_id, r.payment_id, r.amount, r.status = 'SUCCEEDED' as done
       from booking_refunds r join bookings b on b.id = r.booking_id where b.event_id = $1`,
    [eventId],
  )
  expect(
    byId(
      refunds.map(({ booking_id, payment_id: id, amount, done }) => ({ id, booking_id, amount: Number(amount), done })),
    ),
  ).toEqual(
    byId(
      sale.bookings.flatMap(({ id: booking_id, refunds: all }) =>
        all.map(({ paymentId: id, amount, isDone: done }) => ({ id, booking_id, amount, done })),
      ),
    ),
  )
  expect(await brokenInvariants(system.database)).toEqual([])
}

interface Visible {
  readonly userId: string
  readonly holderName: string | null
  readonly codeVersion: number
  readonly status: string
}

/** What of a ticket can be compared. */
function visible({ userId, holderName, codeVersion, status }: Visible): Visible {
  return { userId, holderName, codeVersion, status }
}

function notice(booking: ExpectedBooking, seen: ExpectedBooking['status'] | undefined): void {
  const waits = booking.status === 'HELD' || booking.status === 'PENDING'
  if (waits && booking.isOver && seen === 'EXPIRED') booking.status = 'EXPIRED'
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((left, right) => (left.id < right.id ? -1 : 1))
}
