import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { openKeyring } from '../src/tickets/keyring.ts'
import {
  admissionStock,
  bookings,
  events,
  eventSeats,
  partners,
  planRows,
  planSeats,
  seatingPlans,
  ticketTypes,
  venues,
} from '../src/tables.ts'
import { and, eq, inArray, sql } from 'drizzle-orm'

/** The secret of every test. */
export const TICKET_KEY_SECRET = 'a secret for ticket keys that is only used in tests'

/** Signs codes as the service under test does. */
export const keyring = openKeyring(TICKET_KEY_SECRET)

const HOUR = 3_600_000

/** So many hours from now; a negative number lies in the past. */
export const hours = (count: number) => new Date(Date.now() + count * HOUR)

/** What may be said about a sale; everything has a default. */
export interface SaleFacts {
  readonly status?: 'DRAFT' | 'PUBLISHED' | 'CANCELLED' | 'COMPLETED'
  readonly startsAt?: Date
  readonly endsAt?: Date
  readonly doorsAt?: Date
  readonly salesOpenAt?: Date
  readonly salesCloseAt?: Date
  /** Of each of its twelve seats; 2,500 unless said. */
  readonly seatPrice?: number
  /** Of each unit of general admission; 1,000 unless said. */
  readonly unitPrice?: number
  /** Units of general admission that there are; 10 unless said. */
  readonly capacity?: number
  readonly currency?: string
  readonly commission?: { readonly basisPoints: number; readonly fixedPerTicket: number }
}

/** An event on sale. */
export interface Sale {
  readonly eventId: string
  readonly partnerId: string
  /** Sells the seats 0 to 11. */
  readonly seatedTypeId: string
  /** General admission. */
  readonly admissionTypeId: string
  readonly facts: SaleFacts
}

const SEATS = 12

/** An event with one row of twelve seats and general admission, in a week unless said, on sale since yesterday. */
export async function aSale({ orm }: Pick<Database, 'orm'>, facts: SaleFacts = {}): Promise<Sale> {
  const [partnerId, venueId, planId, eventId, seatedTypeId, admissionTypeId] = Array.from({ length: 6 }, newId) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const startsAt = facts.startsAt ?? hours(7 * 24)
  const capacity = facts.capacity ?? 10
  const { basisPoints, fixedPerTicket } = facts.commission ?? { basisPoints: 500, fixedPerTicket: 0 }
  const terms = { commissionBasisPoints: basisPoints, commissionFixedPerTicket: fixedPerTicket }
  await orm.insert(partners).values({ partnerId, status: 'VERIFIED', ...terms, changedAt: hours(-48) })
  await orm.insert(venues).values({
    venueId,
    partnerId,
    name: 'Town hall',
    city: 'Leeds',
    country: 'GB',
    timezone: 'Europe/London',
    capacity: 1_000,
    isActive: true,
    version: 1,
  })
  await orm.insert(seatingPlans).values({ planId, venueId, partnerId, name: 'Hall', version: 1, seatCount: SEATS })
  await orm.insert(planRows).values({ planId, rowNo: 0, section: 'Stalls', row: 'C', baseSeat: 0, width: SEATS })
  const seatNos = Array.from({ length: SEATS }, (_, seatNo) => seatNo)
  await orm.insert(planSeats).values(
    seatNos.map((seatNo) => ({
      planId,
      seatNo,
      seatId: `C-${seatNo + 1}`,
      rowNo: 0,
      number: String(seatNo + 1),
      category: 'A',
      accessible: false,
    })),
  )
  await orm.insert(events).values({
    id: eventId,
    partnerId,
    venueId,
    seatingPlanId: planId,
    title: 'Tosca',
    category: 'MUSIC',
    status: facts.status ?? 'PUBLISHED',
    startsAt,
    endsAt: facts.endsAt ?? new Date(startsAt.getTime() + 3 * HOUR),
    doorsAt: facts.doorsAt ?? new Date(startsAt.getTime() - HOUR),
    timezone: 'Europe/London',
    salesOpenAt: facts.salesOpenAt ?? hours(-24 * 30),
    salesCloseAt: facts.salesCloseAt ?? startsAt,
    currency: facts.currency ?? 'GBP',
    maxTicketsPerBuyer: 100,
    createdAt: hours(-24 * 31),
    publishedAt: hours(-24 * 30),
  })
  const type = { eventId, minPerBooking: 1, maxPerBooking: 10 }
  await orm.insert(ticketTypes).values([
    {
      ...type,
      id: seatedTypeId,
      no: 1,
      name: 'Stalls',
      seated: true,
      category: 'A',
      price: facts.seatPrice ?? 2_500,
      capacity: SEATS,
    },
    {
      ...type,
      id: admissionTypeId,
      no: 2,
      name: 'Standing',
      seated: false,
      price: facts.unitPrice ?? 1_000,
      capacity,
    },
  ])
  await orm.insert(admissionStock).values({ ticketTypeId: admissionTypeId, eventId, capacity, available: capacity })
  await orm.insert(eventSeats).values(seatNos.map((seatNo) => ({ eventId, seatNo, ticketTypeNo: 1 })))
  await orm.transaction((tx) => keyring.createEventKey(tx, eventId))
  return { eventId, partnerId, seatedTypeId, admissionTypeId, facts }
}

/** What may be said about a hold. */
export interface HoldFacts {
  readonly userId?: string
  /** Which seats; 0 and 1 unless said. */
  readonly seatNos?: readonly number[]
  /** Units of general admission instead of seats. */
  readonly units?: number
  /** Minutes from now; 10 unless said, and a negative number lies in the past. */
  readonly minutes?: number
}

/** A hold as `holdSeats` or `holdGeneralAdmission` would have made it, whether or not the places are free. */
export async function aHold({ orm }: Pick<Database, 'orm'>, sale: Sale, facts: HoldFacts = {}) {
  const { eventId, partnerId } = sale
  const { units } = facts
  const id = newId()
  const userId = facts.userId ?? newId()
  const seatNos = units === undefined ? [...(facts.seatNos ?? [0, 1])] : null
  const quantity = units ?? seatNos?.length ?? 0
  const unitPrice = units === undefined ? (sale.facts.seatPrice ?? 2_500) : (sale.facts.unitPrice ?? 1_000)
  const ticketTypeId = units === undefined ? sale.seatedTypeId : sale.admissionTypeId
  const expiresAt = hours((facts.minutes ?? 10) / 60)
  await orm.insert(bookings).values({
    id,
    eventId,
    partnerId,
    userId,
    idempotencyKey: id,
    requestHash: 'made by a test',
    quantity,
    ticketTypeId: units === undefined ? null : ticketTypeId,
    seatNos,
    lines: [{ ticketTypeId, quantity, unitPrice }],
    total: quantity * unitPrice,
    currency: sale.facts.currency ?? 'GBP',
    expiresAt,
  })
  if (seatNos !== null) {
    await orm
      .update(eventSeats)
      .set({ bookingId: id, expiresAt })
      .where(and(eq(eventSeats.eventId, eventId), inArray(eventSeats.seatNo, seatNos)))
  } else {
    await orm
      .update(admissionStock)
      .set({
        available: sql`${admissionStock.available} - ${quantity}`,
        nextDue: sql`least(${admissionStock.nextDue}, ${expiresAt.toISOString()}::timestamptz)`,
      })
      .where(eq(admissionStock.ticketTypeId, sale.admissionTypeId))
  }
  return { id, userId, quantity, total: quantity * unitPrice }
}
