import { newId } from '@tikitu/runtime/ids'
import { accept } from '@tikitu/runtime/outcome'
import { anAdmin, testService, waitFor, type TestService } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import {
  BookingCancelled,
  BookingConfirmed,
  BookingExpired,
  BookingHeld,
  TicketUsed,
} from '@tikitu/schema/events/booking'
import { PartnerRegistered, PartnerVerified } from '@tikitu/schema/events/partner'
import { PaymentFailed, PaymentSucceeded, RefundSucceeded } from '@tikitu/schema/events/payment'
import { UserRegistered } from '@tikitu/schema/events/user'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aDeed } from '../../test/build.ts'
import { asSuperuser } from '../../test/superuser.ts'
import { recordEvent, verifyAuditLog } from '../audit/audit-log.ts'
import { adminService } from '../service.ts'
import { count, countMoney } from './counters.ts'

let service: TestService

beforeAll(async () => {
  service = await testService(adminService({ bootstrap: null }))
})

beforeEach(() => asSuperuser(service.database, 'delete from platform_counters', 'delete from verified_partners'))

const COUNTERS = `{ platformCounters {
  users partners holds bookingsConfirmed bookingsExpired bookingsCancelled ticketsIssued ticketsUsed paymentsFailed
  gross { amount currency } refunded { amount currency }
} }`

async function counters() {
  const { data, errors } = await service.graph(anAdmin('FINANCE'), COUNTERS)
  expect(errors).toEqual([])
  return data.platformCounters
}

const NOTHING = {
  users: 0,
  partners: 0,
  holds: 0,
  bookingsConfirmed: 0,
  bookingsExpired: 0,
  bookingsCancelled: 0,
  ticketsIssued: 0,
  ticketsUsed: 0,
  paymentsFailed: 0,
  gross: [],
  refunded: [],
}

const at = '2027-05-01T12:00:00.000Z'
const contact = { email: 'a@example.com', firstName: null, lastName: null, language: 'en', timezone: 'UTC' }
const event = { title: 'T', startsAt: at, timezone: 'UTC', venueName: 'V', city: 'C' }
const booking = () => ({ bookingId: newId(), userId: newId(), eventId: newId(), partnerId: newId(), reference: 'R' })
const ended = () => ({ ...booking(), reason: 'r', seats: 2, event, at })
const ticket = () => ({ ticketId: newId(), ticketType: 'Adult', seat: null })
const payment = () => ({ paymentId: newId(), bookingId: newId(), userId: newId() })
const verified = (partnerId: string) => ({
  partnerId,
  ownerId: newId(),
  companyName: 'C',
  commission: { basisPoints: 500, fixedPerTicket: 0, effectiveFrom: at },
  at,
})

describe('the platform’s counters', () => {
  it('are zero when nothing has happened', async () => {
    expect(await counters()).toEqual(NOTHING)
  })

  it('count each thing that happens', async () => {
    const held = { ...booking(), holdId: newId(), seats: 2, expiresAt: at, total: { amount: 5_000, currency: 'EUR' } }
    await service.deliver(UserRegistered, { userId: newId(), ...contact, at })
    await service.deliver(PartnerRegistered, { partnerId: newId(), ownerId: newId(), companyName: 'C', at })
    await service.deliver(BookingHeld, held)
    await service.deliver(BookingHeld, { ...held, holdId: newId() })
    const total = { amount: 5_000, currency: 'EUR' }
    await service.deliver(BookingConfirmed, {
      ...booking(),
      tickets: [ticket(), ticket(), ticket()],
      total,
      event,
      late: false,
      at,
    })
    await service.deliver(BookingExpired, ended())
    await service.deliver(BookingCancelled, { ...ended(), refund: null })
    await service.deliver(TicketUsed, {
      ticketId: newId(),
      bookingId: newId(),
      eventId: newId(),
      partnerId: newId(),
      gate: 'A',
      at,
    })
    await service.deliver(PaymentFailed, { ...payment(), code: 'declined', at })
    expect(await counters()).toEqual({
      ...NOTHING,
      users: 1,
      holds: 2,
      bookingsConfirmed: 1,
      ticketsIssued: 3,
      bookingsExpired: 1,
      bookingsCancelled: 1,
      ticketsUsed: 1,
      paymentsFailed: 1,
    })
  })

  it('count what was delivered many times once, among hundreds that arrive together', async () => {
    const { pool } = service.database
    const holds = Array.from({ length: 400 }, () => newId())
    const data = { userId: newId(), eventId: newId(), partnerId: newId(), seats: 2, expiresAt: at }
    for (let delivery = 0; delivery < 3; delivery++) {
      await pool.query(
        `insert into inbox (id, source, type, version, key, occurred_at, position, correlation_id, data)
         select id, '/tikitu/booking', $2, $3, id, now(), '0', id, $4::jsonb || jsonb_build_object('holdId', id)
           from unnest($1::uuid[]) as id
             on conflict do nothing`,
        [holds, BookingHeld.type, BookingHeld.version, { ...data, total: { amount: 5_000, currency: 'EUR' } }],
      )
      await pool.query(`select pg_notify('inbox', '')`)
      if (delivery === 0) await waitFor('the first', async () => (await counters()).holds > 0)
    }
    await waitFor('all of them', async () => {
      const { rowCount } = await pool.query(`select from inbox where status = 'waiting'`)
      return rowCount === 0
    })
    expect(await counters()).toEqual({ ...NOTHING, holds: holds.length })
  })

  it('count a partner once, however often it is verified', async () => {
    const partnerId = newId()
    await service.deliver(PartnerVerified, verified(partnerId))
    await service.deliver(PartnerVerified, verified(partnerId))
    await service.deliver(PartnerVerified, verified(newId()))
    expect(await counters()).toMatchObject({ partners: 2 })
  })

  it('add up money, each currency for itself', async () => {
    for (const [amount, currency] of [
      [5_000, 'EUR'],
      [250, 'EUR'],
      [1_200, 'JPY'],
      [9_000_000_000_000, 'KWD'],
    ] as const) {
      await service.deliver(PaymentSucceeded, { ...payment(), amount, currency, providerRef: 'pi', at })
    }
    await service.deliver(RefundSucceeded, { ...payment(), refundId: newId(), amount: 250, currency: 'EUR', at })
    expect(await counters()).toMatchObject({
      gross: [
        { amount: 5_250, currency: 'EUR' },
        { amount: 1_200, currency: 'JPY' },
        { amount: 9_000_000_000_000, currency: 'KWD' },
      ],
      refunded: [{ amount: 250, currency: 'EUR' }],
    })
  })

  it('add up what forty transactions count at once, in whatever order each does it', async () => {
    const works = [
      (tx: Parameters<typeof count>[0]) => count(tx, 'holds'),
      (tx: Parameters<typeof count>[0]) => count(tx, 'ticketsIssued', 2),
      (tx: Parameters<typeof count>[0]) => countMoney(tx, 'gross', [{ amount: 7, currency: 'EUR' }]),
      (tx: Parameters<typeof count>[0]) => recordEvent(tx, aDeed()),
    ]
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        transact(service.database, async (tx) => {
          const first = index % works.length
          for (const work of [...works.slice(first), ...works.slice(0, first)]) await work(tx)
          return accept()
        }),
      ),
    )
    expect(await counters()).toEqual({
      ...NOTHING,
      holds: 40,
      ticketsIssued: 80,
      gross: [{ amount: 280, currency: 'EUR' }],
    })
    expect(await verifyAuditLog(service.database)).toEqual({ entries: 40, firstBrokenSequence: null })
  })
})
