import type { Database } from '@tikitu/runtime/database'
import { testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { aConfirmed, aHeld, aPending, type Told } from '../../test/story.ts'
import { inventoryFindings } from './audit.sql.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

const broken = async () => {
  const findings = await inventoryFindings(database.orm)
  expect(findings).toHaveLength(10)
  return findings.filter(({ violations }) => violations > 0).map(({ invariant }) => invariant)
}

/** Each fault that the audit is there for, and how it is planted in an otherwise sound database. */
const FAULTS: readonly { invariant: string; of: () => Promise<Told>; plant: string }[] = [
  {
    invariant: 'a seat in two live bookings',
    of: () => aConfirmed(database),
    plant: `insert into bookings (event_id, partner_id, user_id, idempotency_key, request_hash, quantity, seat_nos, lines, total, currency, expires_at)
            select event_id, partner_id, user_id, id || ' twin', 'planted', quantity, seat_nos, lines, total, currency, now() + interval '1 hour'
              from bookings where id = $1`,
  },
  {
    invariant: 'a live booking whose seat names another booking',
    of: () => aPending(database),
    plant: `update event_seats set booking_id = null, expires_at = '-infinity' where booking_id = $1 and seat_no = 0`,
  },
  {
    invariant: 'a sold seat without a confirmed booking',
    of: () => aPending(database),
    plant: `update event_seats set expires_at = 'infinity' where booking_id = $1 and seat_no = 0`,
  },
  {
    invariant: 'a held seat that names no held booking',
    of: () => aHeld(database),
    plant: `update bookings set status = 'RELEASED' where id = $1`,
  },
  {
    invariant: 'a capacity that is not what is available and what is taken',
    of: () => aHeld(database, { units: 2 }),
    plant: `update admission_stock set available = available + 1
             where ticket_type_id = (select ticket_type_id from bookings where id = $1)`,
  },
  {
    invariant: 'a confirmed booking without its number of tickets',
    of: () => aConfirmed(database),
    plant: `delete from tickets where booking_id = $1 and no = 2`,
  },
  {
    invariant: 'a payment with neither tickets nor a refund, or with both',
    of: () => aConfirmed(database),
    plant: `insert into booking_refunds (refund_id, booking_id, payment_id, amount, reason, status, requested_at)
            select uuidv7(), booking_id, payment_id, amount, 'planted', 'REQUESTED', now() from booking_payments where booking_id = $1`,
  },
  {
    invariant: 'a payment with neither tickets nor a refund, or with both',
    of: () => aPending(database),
    plant: `insert into booking_payments (payment_id, booking_id, amount, currency, outcome, at)
            select uuidv7(), id, total, currency, 'REFUND', now() from bookings where id = $1`,
  },
  {
    invariant: 'a confirmed booking without exactly one good payment, or a free one with any',
    of: () => aConfirmed(database),
    plant: `delete from booking_payments where booking_id = $1`,
  },
  {
    invariant: 'a live ticket of a booking that is not confirmed',
    of: () => aPending(database),
    plant: `insert into tickets (id, booking_id, event_id, user_id, ticket_type_id, seat_no, no, price, status)
            select uuidv7(), b.id, b.event_id, b.user_id, t.id, 0, 1, 0, 'ACTIVE'
              from bookings b join ticket_types t on t.event_id = b.event_id and t.no = 1 where b.id = $1`,
  },
  {
    invariant: 'a buyer with more live tickets of an event than the event ever allowed',
    of: () => aConfirmed(database, { maxTicketsPerBuyer: 2 }),
    plant: `insert into bookings (event_id, partner_id, user_id, idempotency_key, request_hash, quantity, seat_nos, lines, total, currency, expires_at)
            select event_id, partner_id, user_id, id || ' more', 'planted', 1, '{5}', lines, total, currency, now() + interval '1 hour'
              from bookings where id = $1`,
  },
  {
    invariant: 'a buyer with more live tickets of an event than the event ever allowed',
    of: () => aHeld(database, { units: 2, maxTicketsPerBuyer: 2 }),
    plant: `update bookings set quantity = 3 where id = $1`,
  },
]

test.each(FAULTS)('finds $invariant', async ({ invariant, of, plant }) => {
  const booking = await of()
  expect(await broken()).toEqual([])
  const { rowCount } = await database.pool.query(plant, [booking.id])
  expect(rowCount).toBe(1)
  expect(await broken()).toContain(invariant)
  await removeAll(booking)
})

/** The fault goes with the booking and its event, so that the next one begins sound. */
async function removeAll({ sale: { eventId } }: Told): Promise<void> {
  for (const table of ['booking_refunds', 'booking_payments', 'tickets'])
    await database.pool.query(
      `delete from ${table} where booking_id in (select id from bookings where event_id = $1)`,
      [eventId],
    )
  for (const table of ['bookings', 'event_seats', 'admission_stock'])
    await database.pool.query(`delete from ${table} where event_id = $1`, [eventId])
}

test('an empty database is sound', async () => {
  expect(await broken()).toEqual([])
})
